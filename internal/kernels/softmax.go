package kernels

import "math"

// Softmax computes, for each row of x, dst[j] = e^(x[j]−m) / Σ e^(x−m) with m the row's maximum; dst and x are
// rows×cols, and dst may be x.
func Softmax[T Float](rows, cols int, dst, x []T) {
	NeedRows("Softmax", rows, cols, dst, x)
	if rows*cols == 0 {
		return
	}
	o := OpsOf[T]()
	stats := Borrow[T](2 * softmaxChunk)
	defer stats.GiveBack()
	for i := 0; i < rows; i += softmaxChunk {
		n := min(softmaxChunk, rows-i)
		o.softmax(n, cols, dst[i*cols:(i+n)*cols], x[i*cols:(i+n)*cols], stats.X)
	}
}

// softmaxChunk is the number of rows whose statistics are kept at a time.
const softmaxChunk = 64

// LogSoftmax computes the logarithm of Softmax, x − m − ln Σ e^(x−m), without its underflow.
func LogSoftmax[T Float](rows, cols int, dst, x []T) {
	NeedRows("LogSoftmax", rows, cols, dst, x)
	if cols == 0 {
		return
	}
	o := OpsOf[T]()
	for i := range rows {
		v := x[i*cols : (i+1)*cols]
		m := o.Max(v)
		// m and ln Σ may differ in magnitude: subtracting them one after the other keeps both
		d, l := dst[i*cols:(i+1)*cols], T(math.Log(float64(o.SumExp(v, m))))
		o.AddScalar(d, v, -m)
		o.AddScalar(d, d, -l)
	}
}

// SoftmaxGrad computes the gradient with respect to Softmax's input, dst = y·(dy − Σ y·dy), row by row, given its
// output y and that output's gradient dy. All are rows×cols; dst may be y or dy.
func SoftmaxGrad[T Float](rows, cols int, dst, y, dy []T) {
	NeedRows("SoftmaxGrad", rows, cols, dst, y)
	Need("SoftmaxGrad", "dy", len(dy), rows*cols)
	o := OpsOf[T]()
	for i := range rows {
		d, v, g := dst[i*cols:(i+1)*cols], y[i*cols:(i+1)*cols], dy[i*cols:(i+1)*cols]
		s := Dot(v, g)
		if cols > 0 && &d[0] != &v[0] {
			o.AddScalar(d, g, -s)
			o.Mul(d, d, v)
			continue
		}
		for j := range d {
			d[j] = v[j] * (g[j] - s)
		}
	}
}

func NeedRows[T Float](fn string, rows, cols int, dst, x []T) {
	NeedDims(fn, rows, cols)
	Need(fn, "dst", len(dst), rows*cols)
	Need(fn, "x", len(x), rows*cols)
}

func expSumGo[T Float](dst, x []T, shift T) T {
	x = x[:len(dst)]
	var s T
	for i, v := range x {
		e := T(math.Exp(float64(v - shift)))
		dst[i] = e
		s += e
	}
	return s
}

func sumExpGo[T Float](x []T, shift T) T {
	var s T
	for _, v := range x {
		s += T(math.Exp(float64(v - shift)))
	}
	return s
}

// softmax computes the softmax of rows rows, and each row's maximum and sum of exponentials into stats.
func (o *Ops[T]) softmax(rows, cols int, dst, x, stats []T) {
	if o.SoftmaxRows != nil {
		o.SoftmaxRows(rows, cols, dst, x, stats)
		return
	}
	for i := range rows {
		d, v := dst[i*cols:(i+1)*cols], x[i*cols:(i+1)*cols]
		m := o.Max(v)
		s := o.ExpSum(d, v, m)
		o.Scale(d, d, 1/s)
		stats[2*i], stats[2*i+1] = m, s
	}
}
