package conv

import (
	"runtime"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// The gradient of the input of a convolution that makes images smaller. What each place of the output has to give to
// its elements of the input, Σ_f w[f,p]·dy[f,place], is a matrix product over no more than the output's places; it is
// computed for a few weights p at a time and added where it belongs.

// A convScatter is the plan for that.
type convScatter struct {
	sum  convSum // over the filters of a group; its places are those of dy
	taps []convTap
}

// A convTap is the rows×cols places whose weight falls on the input, the first at out in dy's plane and at in in dx's.
type convTap struct{ in, out, rows, cols int }

// scatterPlan is the plan, or nil if the sums over the input's own places do less.
func scatterPlan(s ConvShape, lanes, size int) *convScatter {
	oh, ow := s.Out()
	_, fg, _ := s.group()
	const gain = 1.25 // of products, that adding up takes
	if s.StrideW != 1 || s.StrideH != 1 || oh*ow < lanes/2 || fg < 8 ||
		float64(s.Height*kernels.RoundUp(s.Width, lanes)) < gain*float64(kernels.RoundUp(oh*ow, lanes)) {
		return nil
	}
	p := &convScatter{sum: convSum{h: 1, w: oh * ow, k: fg, plane: oh * ow}}
	for f := range fg {
		p.sum.offsets = append(p.sum.offsets, uint32(f*oh*ow*size))
	}
	if p.sum.w < lanes {
		p.sum.half = true
		lanes /= 2
	}
	p.sum.block(grid{}, lanes, size, p.sum.w, 0, 1, 0, kernels.CeilDiv(p.sum.w, lanes))
	for ky := range s.KernelH {
		top := ky*s.DilationH - s.PadTop
		y0, y1 := reach(oh, s.Height, 1, top)
		for kx := range s.KernelW {
			left := kx*s.DilationW - s.PadLeft
			x0, x1 := reach(ow, s.Width, 1, left)
			p.taps = append(p.taps, convTap{in: (y0+top)*s.Width + x0 + left, out: y0*ow + x0, rows: y1 - y0, cols: x1 - x0})
		}
	}
	return p
}

// scatter computes the gradient of the input.
func (j *convJob[T]) scatter() {
	j.set = convOpsOf[T]().conv
	threads := workers.Threads()
	for len(j.works) < threads {
		j.works = append(j.works, new(convWork[T]))
	}
	// all channels of an image, or parts of them if there are few images
	j.part = j.Channels / j.Groups
	if j.Batch*j.Groups%threads != 0 && j.Batch*j.Groups < 4*threads {
		j.part = kernels.CeilDiv(j.part, threads)
	}
	j.stage = convScatters
	perGroup := kernels.CeilDiv(j.Channels/j.Groups, j.part)
	kernels.SpreadOver(len(j.works), j.Batch*j.Groups*perGroup, 1, j.Batch*j.macs()/convWorkPerElement, j)
	runtime.KeepAlive(j.dy)
	runtime.KeepAlive(j.x)
}

// scatterUnit computes the gradient of some channels of a group of an image.
func (j *convJob[T]) scatterUnit(w *convWork[T], u int) {
	p := j.byScatter
	cg, fg, _ := j.group()
	perGroup := kernels.CeilDiv(cg, j.part)
	c0 := u % perGroup * j.part
	c1 := min(c0+j.part, cg)
	u /= perGroup
	g, n := u%j.Groups, u/j.Groups
	size := kernels.SizeOf[T]()
	hw := j.Height * j.Width
	dx := j.x[(n*j.Channels+g*cg+c0)*hw:][:(c1-c0)*hw]
	clear(dx)
	funcs, parts := j.set.full, 2*j.set.lanes/j.set.part
	if p.sum.half {
		funcs, parts = j.set.half, 4
	}
	most := len(funcs) - 1
	w.raw = grown(w.raw, most*p.sum.plane)
	a := &w.args
	*a = convArgs{
		aStep: uintptr(fg * size), x: kernels.Addr(j.dy, (n*j.Filters+g*fg)*j.outH*j.outW),
		offsets: uintptr(unsafe.Pointer(&p.sum.offsets[0])), k: fg, c: kernels.Addr(w.raw, 0), cStep: uintptr(p.sum.plane * size),
	}
	b := p.sum.blocks[0]
	inStep, outStep := uintptr(j.Width*size), uintptr(j.outW*size)
	taps := len(p.taps)
	rows := (c1 - c0) * taps
	for r := 0; r < rows; {
		tile := kernels.TileRows(rows-r, most)
		a.a = kernels.Addr(j.packed, ((g*cg+c0)*taps+r)*fg)
		a.places, a.tiles = uintptr(unsafe.Pointer(&p.sum.places[0])), kernels.CeilDiv(b.parts, parts)
		funcs[tile]((*[12]uint64)(unsafe.Pointer(a)))
		for i := range tile {
			t := &p.taps[(r+i)%taps]
			if t.rows > 0 && t.cols > 0 {
				j.set.addPlane(kernels.Addr(dx, (r+i)/taps*hw+t.in), inStep, kernels.Addr(w.raw, i*p.sum.plane+t.out), outStep, t.rows,
					t.cols)
			}
		}
		r += tile
	}
}

// packTransposed writes the weights of channel c, of all groups together, one row of a group's filters for each.
func (j *convJob[T]) packTransposed(c int) {
	cg, fg, k := j.group()
	taps := j.KernelH * j.KernelW
	w := j.w[c/cg*fg*k+c%cg*taps:]
	dst := j.packed[c*taps*fg:][:taps*fg]
	for f := range fg {
		for t, v := range w[f*k:][:taps] {
			dst[t*fg+f] = v
		}
	}
}
