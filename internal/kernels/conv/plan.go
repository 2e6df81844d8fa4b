package conv

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels"
)

// How a convolution is computed with vectors. An image is copied once, with its padding, so that what a weight meets at
// all places of the output is the image itself, moved: out[f][place] = Σ_p w[f][p]·image[place + offset[p]], a matrix
// product whose second operand is read through a table of offsets and never written out. Where the stride is not 1, the
// copy holds each residue of rows and columns by itself, so that neighbouring places stay neighbours. The gradient of
// the input is such a sum too, over a copy of the output's gradient and with the weights turned round; with a stride,
// there is one for each residue. Where rows are too short for vectors, the operand is written out for a few images at a
// time after all.

// A convSweep is all the sums of a pass.
type convSweep struct {
	copy             convCopy
	sums             []convSum
	images           int // that are computed at a time
	groups           int
	filters          int  // results
	plane            int  // elements of a result
	copySize         int  // elements of an image's copy
	spread           bool // results go to planes of their own, of which merge takes every strideW-th column
	colsSize, rawOut int  // elements of buffers for sums that are written out
}

// A convSum is one sum of products over a copy, with a result for each place.
type convSum struct {
	h, w    int      // places, row by row
	k       int      // weights of a filter
	offsets []uint32 // bytes, of each weight's element
	places  []uint32 // for each part of a vector, bytes into the copy and into the result
	blocks  []convBlock
	half    bool // parts are half as long
	out     int  // with spread: index of the first result
	plane   int  // elements from result to result
	taps    []int
	weights int // index of the first packed weight
	gather  *convGather
	stacked bool // one filter at a time; see conv_stack.go
	grid    grid
}

// A convGather says how an operand is written out: as a k×width matrix, of all places of the images of a unit.
type convGather struct {
	offsets, places []int // of elements in the copy
	results         []int // where each place's result goes
	width           int
}

// A convBlock is parts of rows that lie together; lo and hi bound what they write.
type convBlock struct{ first, parts, lo, hi int }

// convBlockPlaces is about the number of places of a block: few enough for what they read to stay in the second-level
// cache while one filter after the other goes over it.
const convBlockPlaces = 512

// partsPerTile is what the number of a block's parts is rounded up to; every kernel's tile divides it.
const partsPerTile = 4

// A grid is where places and their results lie: the index of the first and the distance from row to row.
type grid struct{ in, inStep, out, outStep int }

// arrange lays out the places of a sum.
func (s *convSum) arrange(g grid, lanes, size int, p *convSweep) {
	h, w := s.h, s.w
	s.grid = g
	if p.filters/p.groups <= stackFilters && w >= lanes && h > 1 {
		s.stacked = true
		return
	}
	if g.inStep == w && g.outStep == w { // one long row
		h, w = 1, h*w
	}
	if w < lanes {
		s.half = true
		lanes /= 2
	}
	if w < lanes {
		s.half = false
		s.writeOut(g, size, p)
		return
	}
	perRow := kernels.CeilDiv(w, lanes)
	if h == 1 {
		// the last part overlaps the one before, so both must be in the same block
		cut := max(convBlockPlaces/lanes, 2)
		for i := 0; i < perRow; {
			end := min(i+cut, perRow)
			if perRow-end < 2 {
				end = perRow
			}
			s.block(g, lanes, size, w, 0, 1, i, end)
			i = end
		}
		return
	}
	rows := max(1, convBlockPlaces/(perRow*lanes))
	for y := 0; y < h; y += rows {
		s.block(g, lanes, size, w, y, min(y+rows, h), 0, perRow)
	}
}

// block adds the parts i0 to i1 of rows y0 to y1.
func (s *convSum) block(g grid, lanes, size, w, y0, y1, i0, i1 int) {
	b := convBlock{first: len(s.places) / 2, lo: g.out + y0*g.outStep + i0*lanes}
	for y := y0; y < y1; y++ {
		for i := i0; i < i1; i++ {
			x := min(i*lanes, w-lanes)
			b.hi = g.out + y*g.outStep + x + lanes
			s.places = append(s.places, uint32((g.in+y*g.inStep+x)*size), uint32((g.out+y*g.outStep+x)*size))
		}
	}
	b.parts = len(s.places)/2 - b.first
	for last := len(s.places) - 2; len(s.places)/2%partsPerTile != 0; {
		s.places = append(s.places, s.places[last], s.places[last+1])
	}
	s.blocks = append(s.blocks, b)
}

// gatherPlaces is how many places of short rows are computed at a time, if there are as many.
const gatherPlaces = 64

// writeOut lays out the places of a sum whose operand is written out.
func (s *convSum) writeOut(g grid, size int, p *convSweep) {
	t := &convGather{}
	for y := range s.h {
		for x := range s.w {
			t.places = append(t.places, g.in+y*g.inStep+x)
			t.results = append(t.results, g.out+y*g.outStep+x)
		}
	}
	for i, o := range s.offsets {
		t.offsets = append(t.offsets, int(o)/size)
		s.offsets[i] = 0
	}
	s.gather = t
	p.images = max(p.images, kernels.CeilDiv(gatherPlaces, len(t.places)))
}

// finish sizes what depends on the number of images of a unit.
func (p *convSweep) finish(batch, lanes, size int) {
	p.images = max(1, min(p.images, batch))
	for i := range p.sums {
		s := &p.sums[i]
		if t := s.gather; t != nil {
			t.width = kernels.RoundUp(p.images*len(t.places), lanes)
			for i := range s.offsets {
				s.offsets[i] = uint32(i * t.width * size)
			}
			s.block(grid{}, lanes, size, t.width, 0, 1, 0, t.width/lanes)
			p.colsSize = max(p.colsSize, s.k*t.width)
			p.rawOut = max(p.rawOut, p.filters/p.groups*t.width)
		}
	}
}

// forwardSweep plans the convolution itself.
func forwardSweep(s ConvShape, lanes, size int) *convSweep {
	oh, ow := s.Out()
	cg, _, k := s.group()
	p := &convSweep{images: 1, groups: s.Groups, filters: s.Filters, plane: oh * ow}
	p.copy = forwardCopy(s)
	p.copySize = s.Channels * p.copy.channelStep
	sum := convSum{h: oh, w: ow, k: k, plane: p.plane, offsets: p.copy.offsets(s, cg, size)}
	sum.arrange(grid{inStep: p.copy.wp, outStep: ow}, lanes, size, p)
	p.sums = []convSum{sum}
	p.finish(s.Batch, lanes, size)
	return p
}

// inputSweep plans the gradient of the input.
func inputSweep(s ConvShape, lanes, size int) *convSweep {
	oh, ow := s.Out()
	cg, fg, _ := s.group()
	p := &convSweep{images: 1, groups: s.Groups, filters: s.Channels, plane: s.Height * s.Width, spread: s.StrideW > 1}
	rows := residues(s.Height, s.KernelH, s.StrideH, s.DilationH, s.PadTop)
	cols := residues(s.Width, s.KernelW, s.StrideW, s.DilationW, s.PadLeft)
	c := convCopy{channels: s.Filters, h: oh, w: ow, sh: 1, sw: 1, residues: []int{0}, planes: 1}
	c.top, c.hp = around(rows)
	c.left, c.wp = around(cols)
	c.settle(0)
	p.copy, p.copySize = c, s.Filters*c.channelStep
	out, weights := 0, 0
	for _, a := range rows {
		for _, b := range cols {
			sum := convSum{h: a.n, w: b.n, out: out, plane: a.n * b.n, weights: weights}
			g := grid{in: (a.q0+c.top-a.last())*c.wp + b.q0 + c.left - b.last(), inStep: c.wp, outStep: b.n}
			if !p.spread {
				sum.out, sum.plane = 0, p.plane
				g.out, g.outStep = a.first*s.Width, s.StrideH*s.Width
			}
			out += s.Channels * a.n * b.n
			for f := range fg {
				for i, ky := range a.taps {
					for l, kx := range b.taps {
						if f == 0 {
							sum.taps = append(sum.taps, ky*s.KernelW+kx)
						}
						sum.offsets = append(sum.offsets,
							uint32((f*c.channelStep+(a.last()-a.back[i])*c.wp+b.last()-b.back[l])*size))
					}
				}
			}
			sum.k = len(sum.offsets)
			weights += cg * s.Groups * sum.k
			if sum.k > 0 && sum.plane > 0 && sum.h*sum.w > 0 {
				sum.arrange(g, lanes, size, p)
			}
			p.sums = append(p.sums, sum)
		}
	}
	p.finish(s.Batch, lanes, size)
	return p
}

// A residue is the rows (or columns) y of an input for which (y + padding) mod stride is the same: n of them, from first,
// where y + padding = stride·q + residue and q is q0 and up. taps are the weights that meet them, at rows q − back of the
// output.
type residue struct {
	first, n, q0 int
	taps, back   []int
}

func (r residue) last() int {
	m := 0
	for _, b := range r.back {
		m = max(m, b)
	}
	return m
}

func residues(size, kernel, stride, dilation, pad int) []residue {
	rs := make([]residue, stride)
	for i := range rs {
		r := &rs[i]
		r.q0 = max(0, kernels.CeilDiv(pad-i, stride))
		if pad < i {
			r.q0 = 0
		}
		r.first = stride*r.q0 + i - pad
		if r.first < size {
			r.n = kernels.CeilDiv(size-r.first, stride)
		}
		for k := range kernel {
			if k*dilation%stride == i {
				r.taps = append(r.taps, k)
				r.back = append(r.back, (k*dilation-i)/stride)
			}
		}
	}
	return rs
}

// around is the padding before an output's gradient, which may be negative, and the rows of its copy, so that it has
// what all residues read.
func around(rs []residue) (before, rows int) {
	before = math.MinInt
	end := math.MinInt
	for _, r := range rs {
		if r.n == 0 || len(r.taps) == 0 {
			continue
		}
		first := r.back[0]
		for _, b := range r.back {
			first = min(first, b)
		}
		before, end = max(before, r.last()-r.q0), max(end, r.q0+r.n-first)
	}
	if end == math.MinInt {
		return 0, 1
	}
	return before, before + end
}

// partLanes is the number of elements of a kernel's part: half an AVX-512 vector or a whole one of AVX2.
func partLanes[T kernels.Float]() int { return 32 / kernels.SizeOf[T]() }
