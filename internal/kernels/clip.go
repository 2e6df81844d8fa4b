package kernels

// Clip computes dst = min(max(x, lo), hi) over len(dst) elements; a NaN stays.
func Clip[T Float](dst, x []T, lo, hi T) {
	x = x[:len(dst)]
	for i, v := range x {
		if v < lo {
			v = lo
		}
		if v > hi {
			v = hi
		}
		dst[i] = v
	}
}

// ClipGrad computes dst = dy where lo ≤ x ≤ hi and 0 elsewhere, over len(dst) elements.
func ClipGrad[T Float](dst, x, dy []T, lo, hi T) {
	x, dy = x[:len(dst)], dy[:len(dst)]
	for i, v := range x {
		if v >= lo && v <= hi {
			dst[i] = dy[i]
		} else {
			dst[i] = 0
		}
	}
}
