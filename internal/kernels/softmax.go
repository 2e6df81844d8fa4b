package kernels

import "math"

// Softmax computes, for each row of x, dst[j] = e^(x[j]−m) / Σ e^(x−m) with m the row's maximum; dst and x are
// rows×cols, and dst may be x.
func Softmax[T Float](rows, cols int, dst, x []T) {
	needRows("Softmax", rows, cols, dst, x)
	if rows*cols == 0 {
		return
	}
	o := opsOf[T]()
	stats := borrow[T](2 * softmaxChunk)
	defer stats.giveBack()
	for i := 0; i < rows; i += softmaxChunk {
		n := min(softmaxChunk, rows-i)
		o.softmax(n, cols, dst[i*cols:(i+n)*cols], x[i*cols:(i+n)*cols], stats.x)
	}
}

// softmaxChunk is the number of rows whose statistics are kept at a time.
const softmaxChunk = 64

// LogSoftmax computes the logarithm of Softmax, x − m − ln Σ e^(x−m), without its underflow.
func LogSoftmax[T Float](rows, cols int, dst, x []T) {
	needRows("LogSoftmax", rows, cols, dst, x)
	if cols == 0 {
		return
	}
	o := opsOf[T]()
	for i := range rows {
		v := x[i*cols : (i+1)*cols]
		m := o.max(v)
		// m and ln Σ may differ in magnitude: subtracting them one after the other keeps both
		d, l := dst[i*cols:(i+1)*cols], T(math.Log(float64(o.sumExp(v, m))))
		o.addScalar(d, v, -m)
		o.addScalar(d, d, -l)
	}
}

// SoftmaxGrad computes the gradient with respect to Softmax's input, dst = y·(dy − Σ y·dy), row by row, given its
// output y and that output's gradient dy. All are rows×cols; dst may be y or dy.
func SoftmaxGrad[T Float](rows, cols int, dst, y, dy []T) {
	needRows("SoftmaxGrad", rows, cols, dst, y)
	need("SoftmaxGrad", "dy", len(dy), rows*cols)
	o := opsOf[T]()
	for i := range rows {
		d, v, g := dst[i*cols:(i+1)*cols], y[i*cols:(i+1)*cols], dy[i*cols:(i+1)*cols]
		s := Dot(v, g)
		if cols > 0 && &d[0] != &v[0] {
			o.addScalar(d, g, -s)
			o.mul(d, d, v)
			continue
		}
		for j := range d {
			d[j] = v[j] * (g[j] - s)
		}
	}
}

func needRows[T Float](fn string, rows, cols int, dst, x []T) {
	needDims(fn, rows, cols)
	need(fn, "dst", len(dst), rows*cols)
	need(fn, "x", len(x), rows*cols)
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
func (o *ops[T]) softmax(rows, cols int, dst, x, stats []T) {
	if o.softmaxRows != nil {
		o.softmaxRows(rows, cols, dst, x, stats)
		return
	}
	for i := range rows {
		d, v := dst[i*cols:(i+1)*cols], x[i*cols:(i+1)*cols]
		m := o.max(v)
		s := o.expSum(d, v, m)
		o.scale(d, d, 1/s)
		stats[2*i], stats[2*i+1] = m, s
	}
}
