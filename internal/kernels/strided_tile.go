package kernels

// tile is how a transposition goes: neighbours along the run are far apart in the view, but those along another axis lie
// side by side. Both are walked in blocks, so that every cache line that is fetched is used whole.
type tile struct {
	outer  *walk // the axes but the run and the dense one: its offsets are those in the contiguous tensor and in the view
	dense  int   // size of the axis that is dense in the view
	hop    int   // distance of its neighbours in the contiguous tensor
	width  int   // of a block of it
	blocks int
}

// tileSide is the side of a block in elements: two of 32×32 float64 fill half of the first-level cache.
const tileSide = 32

func newTile(w *walk) *tile {
	if w.stride[0] <= 1 || w.run < 4 {
		return nil
	}
	at := -1
	for k, s := range w.step[0] {
		if s == 1 && w.dims[k] >= 4 {
			at = k
		}
	}
	if at < 0 {
		return nil
	}
	t := &tile{dense: w.dims[at]}
	var dims, near, far []int
	size := w.run
	for k := len(w.dims) - 1; k >= 0; k-- {
		if k == at {
			t.hop = size
		} else {
			dims, near, far = append(dims, w.dims[k]), append(near, size), append(far, w.step[0][k])
		}
		size *= w.dims[k]
	}
	for l, r := 0, len(dims)-1; l < r; l, r = l+1, r-1 {
		dims[l], dims[r], near[l], near[r], far[l], far[r] = dims[r], dims[l], near[r], near[l], far[r], far[l]
	}
	// newWalk takes the last axis for the run: one of size 1 would be dropped, so the rows are set here
	t.outer = &walk{dims: dims, step: [2][]int{near, far}, rows: 1, run: 1}
	for _, d := range dims {
		t.outer.rows *= d
	}
	t.width = min(tileSide, t.dense)
	t.blocks = (t.dense + t.width - 1) / t.width
	return t
}

func (t *tile) items() int { return t.outer.rows * t.blocks }

// block gives the place of an item: where it begins in the contiguous tensor and in the view, and how wide it is.
func (s *Strided) block(item int) (near, far, width int) {
	t := s.tile
	c := t.outer.seek(item / t.blocks)
	lo := item % t.blocks * t.width
	return c.at[0] + lo*t.hop, s.offset + c.at[1] + lo, min(t.width, t.dense-lo)
}

func gatherTile[T Float](s *Strided, dst, src []T, item int) {
	near, far, width := s.block(item)
	run, stride, hop := s.w.run, s.w.stride[0], s.tile.hop
	for lo := 0; lo < run; lo += tileSide {
		n := min(tileSide, run-lo)
		for a := range width {
			d, at := dst[near+a*hop+lo:][:n], far+a+lo*stride
			for i := range d {
				d[i] = src[at]
				at += stride
			}
		}
	}
}

func scatterTile[T Float](s *Strided, dst, src []T, item int) {
	near, far, width := s.block(item)
	run, stride, hop := s.w.run, s.w.stride[0], s.tile.hop
	for lo := 0; lo < run; lo += tileSide {
		n := min(tileSide, run-lo)
		for a := range width {
			v, at := src[near+a*hop+lo:][:n], far+a+lo*stride
			for _, x := range v {
				dst[at] = x
				at += stride
			}
		}
	}
}
