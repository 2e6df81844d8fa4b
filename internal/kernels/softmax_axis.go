package kernels

import "math"

// SoftmaxColumns is Softmax down the columns of x instead of along its rows, or LogSoftmax where log is true; dst may be x.
func SoftmaxColumns[T Float](rows, cols int, log bool, dst, x []T) {
	needRows("SoftmaxColumns", rows, cols, dst, x)
	if rows*cols == 0 {
		return
	}
	o := opsOf[T]()
	buf := borrow[T](2 * cols)
	defer buf.giveBack()
	top, sum := buf.x[:cols], buf.x[cols:2*cols]
	copy(top, x[:cols])
	for i := 1; i < rows; i++ {
		for j, v := range x[i*cols : (i+1)*cols] {
			if v > top[j] || v != v {
				top[j] = v
			}
		}
	}
	if log {
		each := borrow[T](cols)
		defer each.giveBack()
		row := each.x[:cols]
		clear(sum)
		for i := range rows {
			d := dst[i*cols : (i+1)*cols]
			o.sub(d, x[i*cols:(i+1)*cols], top)
			o.exp(row, d)
			o.add(sum, sum, row)
		}
		o.log(sum, sum)
		for i := range rows {
			d := dst[i*cols : (i+1)*cols]
			o.sub(d, d, sum)
		}
		return
	}
	clear(sum)
	for i := range rows {
		d := dst[i*cols : (i+1)*cols]
		o.sub(d, x[i*cols:(i+1)*cols], top)
		o.exp(d, d)
		o.add(sum, sum, d)
	}
	for i := range rows {
		d := dst[i*cols : (i+1)*cols]
		o.div(d, d, sum)
	}
}

// SoftmaxColumnsGrad is the gradient of SoftmaxColumns, given its output y: y·(dy − Σ y·dy), or dy − e^y·Σ dy where log is
// true, the sums down the columns. dst must be neither y nor dy.
func SoftmaxColumnsGrad[T Float](rows, cols int, log bool, dst, y, dy []T) {
	needRows("SoftmaxColumnsGrad", rows, cols, dst, y)
	need("SoftmaxColumnsGrad", "dy", len(dy), rows*cols)
	o := opsOf[T]()
	buf := borrow[T](cols)
	defer buf.giveBack()
	sum := buf.x[:cols]
	clear(sum)
	for i := range rows {
		lo, hi := i*cols, (i+1)*cols
		d, v, g := dst[lo:hi], y[lo:hi], dy[lo:hi]
		if log {
			o.add(sum, sum, g)
			continue
		}
		o.mul(d, v, g)
		o.add(sum, sum, d)
	}
	for i := range rows {
		lo, hi := i*cols, (i+1)*cols
		d, v, g := dst[lo:hi], y[lo:hi], dy[lo:hi]
		if log {
			o.exp(d, v)
			o.mul(d, d, sum)
			o.sub(d, g, d)
			continue
		}
		o.sub(d, g, sum)
		o.mul(d, d, v)
	}
}

// LogSoftmaxGrad computes the gradient of LogSoftmax's input, row by row, given its output y: dst = dy − e^y·Σ dy, the
// sum in float64. dst may be dy.
func LogSoftmaxGrad[T Float](rows, cols int, dst, y, dy []T) {
	needRows("LogSoftmaxGrad", rows, cols, dst, y)
	need("LogSoftmaxGrad", "dy", len(dy), rows*cols)
	for lo := 0; lo < rows*cols; lo += cols {
		d, v, g := dst[lo:lo+cols], y[lo:lo+cols], dy[lo:lo+cols]
		sum := float64(Sum(g))
		for j := range d {
			d[j] = T(float64(g[j]) - math.Exp(float64(v[j]))*sum)
		}
	}
}
