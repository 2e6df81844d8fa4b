package kernels

// SelectRows copies, for matrices lo to hi of size×inner in x, the rows of the given indices to dst, one after the other.
func SelectRows[T Float](size, inner int, indices []int, dst, x []T, lo, hi int) {
	n := len(indices) * inner
	for m := lo; m < hi; m++ {
		from, to := x[m*size*inner:(m+1)*size*inner], dst[m*n:(m+1)*n]
		if inner == 1 {
			for k, i := range indices {
				to[k] = from[i]
			}
			continue
		}
		for k, i := range indices {
			copy(to[k*inner:(k+1)*inner], from[i*inner:])
		}
	}
}

// AddSelected is the gradient of SelectRows: in matrices lo to hi of dst, the rows of the given indices get the sum of
// the rows of dy that were copied from them, in order, and the others 0.
func AddSelected[T Float](size, inner int, indices []int, dst, dy []T, lo, hi int) {
	add := OpsOf[T]().Add
	n := len(indices) * inner
	for m := lo; m < hi; m++ {
		to, from := dst[m*size*inner:(m+1)*size*inner], dy[m*n:(m+1)*n]
		clear(to)
		if inner == 1 {
			for k, i := range indices {
				to[i] += from[k]
			}
			continue
		}
		for k, i := range indices {
			row := to[i*inner : (i+1)*inner]
			add(row, row, from[k*inner:(k+1)*inner])
		}
	}
}

// JoinRows joins matrices side by side: rows lo to hi of dst are those of the parts, one after the other. All have rows
// rows.
func JoinRows[T Float](rows int, dst []T, parts [][]T, lo, hi int) {
	if rows == 0 {
		return
	}
	at := lo * (len(dst) / rows)
	for r := lo; r < hi; r++ {
		for _, p := range parts {
			n := len(p) / rows
			at += copy(dst[at:], p[r*n:(r+1)*n])
		}
	}
}

// PlaceRows is JoinRows with zeros between: in rows lo to hi of dst, each part begins at its start. Starts ascend, and the
// parts do not overlap.
func PlaceRows[T Float](rows int, starts []int, dst []T, parts [][]T, lo, hi int) {
	if rows == 0 {
		return
	}
	width := len(dst) / rows
	for r := lo; r < hi; r++ {
		row, end := dst[r*width:(r+1)*width], 0
		for k, p := range parts {
			n := len(p) / rows
			clear(row[end:starts[k]])
			end = starts[k] + copy(row[starts[k]:], p[r*n:(r+1)*n])
		}
		clear(row[end:])
	}
}
