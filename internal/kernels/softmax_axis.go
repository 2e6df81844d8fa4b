package kernels

import "math"

// SoftmaxColumns is Softmax down the columns of x instead of along its rows, or LogSoftmax where log is true; dst may be x.
func SoftmaxColumns[T Float](rows, cols int, log bool, dst, x []T) {
	NeedRows("SoftmaxColumns", rows, cols, dst, x)
	if rows*cols == 0 {
		return
	}
	o := OpsOf[T]()
	buf := Borrow[T](2 * cols)
	defer buf.GiveBack()
	top, sum := buf.X[:cols], buf.X[cols:2*cols]
	copy(top, x[:cols])
	for i := 1; i < rows; i++ {
		for j, v := range x[i*cols : (i+1)*cols] {
			if v > top[j] || v != v {
				top[j] = v
			}
		}
	}
	if log {
		each := Borrow[T](cols)
		defer each.GiveBack()
		row := each.X[:cols]
		clear(sum)
		for i := range rows {
			d := dst[i*cols : (i+1)*cols]
			o.Sub(d, x[i*cols:(i+1)*cols], top)
			o.Exp(row, d)
			o.Add(sum, sum, row)
		}
		o.Log(sum, sum)
		for i := range rows {
			d := dst[i*cols : (i+1)*cols]
			o.Sub(d, d, sum)
		}
		return
	}
	clear(sum)
	for i := range rows {
		d := dst[i*cols : (i+1)*cols]
		o.Sub(d, x[i*cols:(i+1)*cols], top)
		o.Exp(d, d)
		o.Add(sum, sum, d)
	}
	for i := range rows {
		d := dst[i*cols : (i+1)*cols]
		o.Div(d, d, sum)
	}
}

// SoftmaxColumnsGrad is the gradient of SoftmaxColumns, given its output y: y·(dy − Σ y·dy), or dy − e^y·Σ dy where log is
// true, the sums down the columns. dst must be neither y nor dy.
func SoftmaxColumnsGrad[T Float](rows, cols int, log bool, dst, y, dy []T) {
	NeedRows("SoftmaxColumnsGrad", rows, cols, dst, y)
	Need("SoftmaxColumnsGrad", "dy", len(dy), rows*cols)
	o := OpsOf[T]()
	buf := Borrow[T](cols)
	defer buf.GiveBack()
	sum := buf.X[:cols]
	clear(sum)
	for i := range rows {
		lo, hi := i*cols, (i+1)*cols
		d, v, g := dst[lo:hi], y[lo:hi], dy[lo:hi]
		if log {
			o.Add(sum, sum, g)
			continue
		}
		o.Mul(d, v, g)
		o.Add(sum, sum, d)
	}
	for i := range rows {
		lo, hi := i*cols, (i+1)*cols
		d, v, g := dst[lo:hi], y[lo:hi], dy[lo:hi]
		if log {
			o.Exp(d, v)
			o.Mul(d, d, sum)
			o.Sub(d, g, d)
			continue
		}
		o.Sub(d, g, sum)
		o.Mul(d, d, v)
	}
}

// LogSoftmaxGrad computes the gradient of LogSoftmax's input, row by row, given its output y: dst = dy − e^y·Σ dy, the
// sum in float64. dst may be dy.
func LogSoftmaxGrad[T Float](rows, cols int, dst, y, dy []T) {
	NeedRows("LogSoftmaxGrad", rows, cols, dst, y)
	Need("LogSoftmaxGrad", "dy", len(dy), rows*cols)
	for lo := 0; lo < rows*cols; lo += cols {
		d, v, g := dst[lo:lo+cols], y[lo:lo+cols], dy[lo:lo+cols]
		sum := float64(Sum(g))
		for j := range d {
			d[j] = T(float64(g[j]) - math.Exp(float64(v[j]))*sum)
		}
	}
}
