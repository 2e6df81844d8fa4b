package kernels

// Reduction takes the sum or an extreme of a contiguous tensor over some of its axes.
type Reduction struct {
	kept  *walk // rows of the result; offsets in the tensor
	rest  *walk // the reduced axes but the last; offsets in the tensor
	rows  int   // the last reduced axis
	cols  int   // axes behind it, all kept; 1 if it is the last of all
	width int   // columns of one item of work
	parts int   // items of one row of the result
}

// reduceCols is the number of columns that one item of work reduces.
const reduceCols = 512

// NewReduction describes a reduction of a tensor of this shape over the axes that are marked.
func NewReduction(shape []int, over []bool) *Reduction {
	NeedDims("NewReduction", shape...)
	r := &Reduction{rows: 1, cols: 1}
	var keptDims, keptSteps, restDims, restSteps []int
	stride, found := 1, false
	for k := len(shape) - 1; k >= 0; k-- {
		n := shape[k]
		switch {
		case n == 1:
		case over[k] && (!found || stride == r.rows*r.cols && len(keptDims)+len(restDims) == 0):
			r.rows *= n // neighbours that are reduced together are one axis
			found = true
		case over[k]:
			restDims, restSteps = append(restDims, n), append(restSteps, stride)
		case !found:
			r.cols *= n
		default:
			keptDims, keptSteps = append(keptDims, n), append(keptSteps, stride)
		}
		stride *= n
	}
	r.kept, r.rest = rowsOnly(keptDims, keptSteps), rowsOnly(restDims, restSteps)
	r.width = min(max(r.cols, 1), reduceCols)
	r.parts = (r.cols + r.width - 1) / r.width
	return r
}

// rowsOnly is a walk without a run, of axes that are given from the last to the first.
func rowsOnly(dims, steps []int) *walk {
	w := &walk{rows: 1, run: 1}
	for k := len(dims) - 1; k >= 0; k-- {
		w.dims, w.step[0] = append(w.dims, dims[k]), append(w.step[0], steps[k])
		w.rows *= dims[k]
	}
	return w
}

// Items is the number of items of work, and how many of them make a chunk for Parallel.
func (r *Reduction) Items() (n, grain int) {
	n = r.kept.rows * r.parts
	return n, chunkOf(n, r.rest.rows*r.rows*r.width)
}

// item gives an item's columns of the result, and where they begin in the tensor.
func (r *Reduction) item(i int) (dst, src, width int) {
	row, lo := i/r.parts, i%r.parts*r.width
	c := r.kept.seek(row)
	return row*r.cols + lo, c.at[0] + lo, min(r.width, r.cols-lo)
}

// SumOver computes items lo to hi of the sum. Numbers that lie side by side are added up in compensated float64.
func SumOver[T Float](r *Reduction, dst, x []T, lo, hi int) {
	o := OpsOf[T]()
	for i := lo; i < hi; i++ {
		to, from, width := r.item(i)
		c := r.rest.seek(0)
		if r.cols == 1 {
			var s Neumaier
			for range r.rest.rows {
				for v := x[from+c.at[0]:][:r.rows]; len(v) > 0; {
					n := min(len(v), ReduceBlock)
					s.Add(float64(o.Sum(v[:n])))
					v = v[n:]
				}
				r.rest.next(&c)
			}
			dst[to] = T(s.Value())
			continue
		}
		d := dst[to : to+width]
		clear(d)
		for range r.rest.rows {
			for row := 0; row < r.rows; row += ColSumsRows {
				o.AddRows(min(ColSumsRows, r.rows-row), width, r.cols, d, x[from+c.at[0]+row*r.cols:])
			}
			r.rest.next(&c)
		}
	}
}

// ExtremeOver computes items lo to hi of the maximum, or of the minimum. Where a number is NaN, so is the result.
func ExtremeOver[T Float](r *Reduction, least bool, dst, x []T, lo, hi int) {
	for i := lo; i < hi; i++ {
		to, from, width := r.item(i)
		d := dst[to : to+width]
		c := r.rest.seek(0)
		for k := range r.rest.rows {
			for row := range r.rows {
				v := x[from+c.at[0]+row*r.cols:][:width]
				switch {
				case k == 0 && row == 0:
					copy(d, v)
				case least:
					for j, e := range v {
						if e < d[j] || e != e {
							d[j] = e
						}
					}
				default:
					for j, e := range v {
						if e > d[j] || e != e {
							d[j] = e
						}
					}
				}
			}
			r.rest.next(&c)
		}
	}
}

// ExtremeGrad computes items lo to hi of the gradient of ExtremeOver: dst is of x's shape and gets, of y's gradient dy,
// an even share for each element that equals y, and 0 elsewhere.
func ExtremeGrad[T Float](r *Reduction, dst, x, y, dy []T, lo, hi int) {
	for i := lo; i < hi; i++ {
		to, from, width := r.item(i)
		for j := range width {
			e, ties := y[to+j], 0
			c := r.rest.seek(0)
			for range r.rest.rows {
				for row := range r.rows {
					if x[from+j+c.at[0]+row*r.cols] == e {
						ties++
					}
				}
				r.rest.next(&c)
			}
			part := dy[to+j]
			if ties > 1 {
				part /= T(ties)
			}
			for range r.rest.rows { // next has come back to the beginning
				for row := range r.rows {
					if at := from + j + c.at[0] + row*r.cols; x[at] == e {
						dst[at] = part
					} else {
						dst[at] = 0
					}
				}
				r.rest.next(&c)
			}
		}
	}
}
