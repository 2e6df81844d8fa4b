package kernels

// walk is the order in which a contiguous tensor is visited together with one or two others that are read at strides.
// Axes of size 1 are dropped, and axes that lie in memory as one are merged; the last axis left is the run, which is
// done in one go, and the others are counted as rows.
type walk struct {
	dims   []int // of the rows; the run is apart
	step   [2][]int
	run    int
	stride [2]int // along the run
	rows   int
}

// maxAxes is the greatest number of axes that a walk may have after merging.
const maxAxes = 16

func newWalk(fn string, dims []int, strides ...[]int) *walk {
	NeedDims(fn, dims...)
	w := &walk{rows: 1, run: 1}
	for k := range dims {
		if dims[k] == 1 {
			continue
		}
		last := len(w.dims) - 1
		merge := last >= 0
		for o, s := range strides {
			merge = merge && w.step[o][last] == s[k]*dims[k]
		}
		if merge {
			w.dims[last] *= dims[k]
		} else {
			w.dims = append(w.dims, dims[k])
			last++
		}
		for o, s := range strides {
			if merge {
				w.step[o][last] = s[k]
			} else {
				w.step[o] = append(w.step[o], s[k])
			}
		}
	}
	if last := len(w.dims) - 1; last >= 0 {
		w.run = w.dims[last]
		for o := range strides {
			w.stride[o] = w.step[o][last]
			w.step[o] = w.step[o][:last]
		}
		w.dims = w.dims[:last]
	}
	if len(w.dims) > maxAxes {
		panic("kernels: " + fn + ": too many axes")
	}
	for _, d := range w.dims {
		w.rows *= d
	}
	return w
}

// cursor is a place in a walk.
type cursor struct {
	index [maxAxes]int
	at    [2]int // offsets of the row
}

// seek goes to a row.
func (w *walk) seek(row int) (c cursor) {
	for k := len(w.dims) - 1; k >= 0; k-- {
		i := row % w.dims[k]
		row /= w.dims[k]
		c.index[k] = i
		for o := range c.at {
			if w.step[o] != nil {
				c.at[o] += i * w.step[o][k]
			}
		}
	}
	return c
}

// next goes on to the following row.
func (w *walk) next(c *cursor) {
	for k := len(w.dims) - 1; k >= 0; k-- {
		c.index[k]++
		wrap := c.index[k] == w.dims[k]
		for o := range c.at {
			if w.step[o] == nil {
				continue
			}
			c.at[o] += w.step[o][k]
			if wrap {
				c.at[o] -= w.dims[k] * w.step[o][k]
			}
		}
		if !wrap {
			return
		}
		c.index[k] = 0
	}
}

// chunkOf says how work of items that each handle size elements is cut for Parallel; grain is the number of items at a
// time, or all of them where the work is too small to be shared.
func chunkOf(items, size int) (grain int) {
	if items*size < ParallelFrom {
		return max(items, 1)
	}
	return max(1, ElementChunk/max(size, 1))
}

// Strided is a view of a tensor: its shape, the distance in elements between neighbours along each axis, 0 for an axis
// that repeats, and the position of its first element. It copies to and from a contiguous tensor of that shape.
type Strided struct {
	w      *walk
	offset int
	tile   *tile // nil: row by row
}

// NewStrided describes a view. Elements must lie inside whatever is passed to the copies.
func NewStrided(shape, strides []int, offset int) *Strided {
	s := &Strided{w: newWalk("NewStrided", shape, strides), offset: offset}
	s.tile = newTile(s.w)
	return s
}

// Items is the number of items of work, and how many of them make a chunk for Parallel.
func (s *Strided) Items() (n, grain int) {
	if s.tile != nil {
		n = s.tile.items()
		return n, chunkOf(n, s.tile.width*s.w.run)
	}
	return s.w.rows, chunkOf(s.w.rows, s.w.run)
}

// Gather copies items lo to hi of the view of src to dst, which is contiguous.
func Gather[T Float](s *Strided, dst, src []T, lo, hi int) {
	if s.tile != nil {
		for i := lo; i < hi; i++ {
			gatherTile(s, dst, src, i)
		}
		return
	}
	n, stride := s.w.run, s.w.stride[0]
	c := s.w.seek(lo)
	for row := lo; row < hi; row++ {
		d, at := dst[row*n:row*n+n], s.offset+c.at[0]
		switch stride {
		case 1:
			copy(d, src[at:at+n])
		case 0:
			Fill(d, src[at])
		default:
			for i := range d {
				d[i] = src[at]
				at += stride
			}
		}
		s.w.next(&c)
	}
}

// Scatter copies items lo to hi of src, which is contiguous, to the view of dst.
func Scatter[T Float](s *Strided, dst, src []T, lo, hi int) {
	if s.tile != nil {
		for i := lo; i < hi; i++ {
			scatterTile(s, dst, src, i)
		}
		return
	}
	n, stride := s.w.run, s.w.stride[0]
	c := s.w.seek(lo)
	for row := lo; row < hi; row++ {
		v, at := src[row*n:row*n+n], s.offset+c.at[0]
		if stride == 1 {
			copy(dst[at:at+n], v)
		} else {
			for _, x := range v {
				dst[at] = x
				at += stride
			}
		}
		s.w.next(&c)
	}
}
