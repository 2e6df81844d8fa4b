package conv

import (
	"runtime"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// The gradient of the weights: dw[f][p] = Σ over images and places of dy[f][place]·image[place + offset[p]], the dot
// product of two vectors of places. The batch is cut into chunks whose number does not depend on threads, and the sums
// of the chunks are added up in their order.

// convGradArgs is what its kernel reads; its layout is known to the assembly (asm/convgrad.go).
type convGradArgs struct {
	a, aStep, aImage uintptr
	x, xImage        uintptr
	images           int
	places           uintptr
	steps            int
	offsets          uintptr
	tiles            int
	c, cStep         uintptr
	flags            uint64
}

const convGradTaps = 4 // weights that a kernel computes at a time

// A convWeights is the plan of the gradient of the weights.
type convWeights struct {
	copy     convCopy
	copySize int
	offsets  []uint32 // bytes, of each weight's element; filled up to whole groups
	k        int      // so many
	places   []uint32 // bytes, of each part of a vector
	inPlace  bool     // dy serves as it is
	rows     int      // of dy, each cols long, copied dyStep apart, with zeroes between them
	cols     int
	dyStep   int
	dyPlane  int // elements of a filter's copy
	chunk    int // images
	chunks   int
	images   int // that a kernel adds up
	block    int // filters of a unit
	blocks   int
}

const (
	convGradUnits    = 16      // units that a pass is cut into, if it is large enough
	convGradPlaces   = 512     // places that a kernel should at least add up
	convGradStay     = 1024    // places whose gradients, of a few filters, stay in the first-level cache
	convGradCopies   = 1 << 18 // bytes of copies that stay in the second-level cache
	convGradPartials = 1 << 25 // bytes of the chunks' sums
)

func weightsPlan(s ConvShape, lanes, size int) *convWeights {
	oh, ow := s.Out()
	cg, _, k := s.group()
	p := &convWeights{copy: forwardCopy(s), rows: oh, cols: ow}
	wp := p.copy.wp
	if wp == ow {
		p.rows, p.cols = 1, oh*ow
	}
	p.dyStep = kernels.RoundUp(p.cols, lanes)
	length := p.rows * p.dyStep
	if flat := kernels.RoundUp((p.rows-1)*wp+p.cols, lanes); flat < length {
		// with zeroes where the copy has the rest of a row, all places are one long row
		p.dyStep, length = wp, flat
	}
	if p.dyStep == wp {
		for i := range length / lanes {
			p.places = append(p.places, uint32(i*lanes*size))
		}
	} else {
		for y := range p.rows {
			for x := 0; x < p.dyStep; x += lanes {
				p.places = append(p.places, uint32((y*wp+x)*size))
			}
		}
	}
	p.inPlace = p.dyStep == p.cols && len(p.places)%2 == 0 && p.rows*p.cols == length
	if len(p.places)%2 != 0 {
		p.places = append(p.places, p.places[len(p.places)-1])
	}
	p.dyPlane = len(p.places) * lanes
	if !p.inPlace {
		p.copy.settle(lanes)
	}
	p.copySize = s.Channels * p.copy.channelStep
	if !p.copy.direct { // so that the same channel of some images finds room in the first-level cache
		p.copySize += ((kernels.RoundUp(p.copy.channelStep*size, 64)-p.copySize*size)%4096 + 4096) % 4096 / size
	}
	p.offsets = p.copy.offsets(s, cg, size)
	for len(p.offsets)%convGradTaps != 0 {
		p.offsets = append(p.offsets, p.offsets[k-1])
	}
	p.k = len(p.offsets)

	batch := max(s.Batch, 1)
	p.chunk = max(kernels.CeilDiv(batch, convGradUnits), kernels.CeilDiv(convGradPlaces, p.dyPlane),
		kernels.CeilDiv(batch, max(1, convGradPartials/(s.Filters*p.k*size))))
	p.chunk = min(p.chunk, batch)
	p.chunks = kernels.CeilDiv(s.Batch, p.chunk)
	p.block = s.Filters
	if p.chunks < convGradUnits {
		least := 6
		if !p.copy.direct {
			least = 24 // each block copies the image again
		}
		p.block = min(s.Filters, max(least, kernels.RoundUp(kernels.CeilDiv(s.Filters*max(p.chunks, 1), convGradUnits), 6)))
	}
	p.blocks = kernels.CeilDiv(s.Filters, p.block)
	p.images = max(1, min(p.chunk, convGradStay/p.dyPlane, convGradCopies/(p.copySize*size)))
	return p
}

// gradWeights computes the gradient of the weights.
func (j *convJob[T]) gradWeights() {
	p := j.byWeights
	j.set = convOpsOf[T]().conv
	j.partial = grown(j.partial, p.chunks*j.Filters*p.k)
	for len(j.works) < workers.Threads() {
		j.works = append(j.works, new(convWork[T]))
	}
	j.stage = convGradChunks
	kernels.SpreadOver(len(j.works), p.chunks*p.blocks, 1, j.Batch*j.macs()/convWorkPerElement, j)
	j.stage = convGradReduce
	kernels.Spread(j.Filters, kernels.CeilDiv(j.Filters, 8), p.chunks*j.Filters*p.k/4, j)
	runtime.KeepAlive(j.x)
	runtime.KeepAlive(j.dy)
}

// chunk computes the sums of a chunk of images for a block of filters.
func (j *convJob[T]) chunk(w *convWork[T], u int) {
	p := j.byWeights
	size := kernels.SizeOf[T]()
	first, f0 := u/p.blocks*p.chunk, u%p.blocks*p.block
	last, f1 := min(first+p.chunk, j.Batch), min(f0+p.block, j.Filters)
	partial := j.partial[u/p.blocks*j.Filters*p.k:][:j.Filters*p.k]
	cg, fg, _ := j.group()
	c0, c1 := f0/fg*cg, ((f1-1)/fg+1)*cg
	parts := j.set.lanes / j.set.part
	t := &w.grad
	for n := first; n < last; n += p.images {
		images := min(p.images, last-n)
		t.images = images
		x := j.x[n*j.Channels*j.Height*j.Width:]
		t.xImage = uintptr(p.copySize * size)
		if !p.copy.direct {
			w.image = grown(w.image, images*p.copySize)
			for i := range images {
				for c := c0; c < c1; c++ {
					w.copyChannel(j.set, &p.copy, w.image[i*p.copySize+c*p.copy.channelStep:][:p.copy.channelStep],
						j.plane(n+i, c))
				}
			}
			x = w.image
		}
		dy, plane := j.dy[n*j.Filters*j.outH*j.outW:], j.outH*j.outW
		for f := f0; f < f1; {
			g := f / fg
			rows := kernels.TileRows(min(f1, (g+1)*fg)-f, len(j.set.grad)-1)
			a, aStep := dy[f*plane:], plane
			if images > 1 || !p.inPlace {
				w.dy = grown(w.dy, rows*images*p.dyPlane)
				for r := range rows {
					for i := range images {
						copyGrad(j.set, p, w.dy[(r*images+i)*p.dyPlane:], dy[(i*j.Filters+f+r)*plane:])
					}
				}
				a, aStep = w.dy, images*p.dyPlane
			}
			t.aStep, t.aImage = uintptr(aStep*size), uintptr(p.dyPlane*size)
			t.x = kernels.Addr(x, g*cg*p.copy.channelStep)
			for step := 0; step < len(p.places); {
				steps := min(convGradStay/j.set.part, len(p.places)-step) // both are even
				t.places, t.steps = uintptr(unsafe.Pointer(&p.places[step])), steps/parts
				t.a = kernels.Addr(a, step*j.set.part)
				t.offsets, t.tiles = uintptr(unsafe.Pointer(&p.offsets[0])), p.k/convGradTaps
				t.c, t.cStep = kernels.Addr(partial, f*p.k), uintptr(p.k*size)
				if t.flags = 0; n > first || step > 0 {
					t.flags = kernels.TileBeta
				}
				j.set.grad[rows]((*[13]uint64)(unsafe.Pointer(t)))
				step += steps
			}
			f += rows
		}
	}
}

// copyGrad copies the gradient of a filter's result, with zeroes between its rows and behind them.
func copyGrad[T kernels.Float](s *convSet, p *convWeights, dst, src []T) {
	dst = dst[:p.dyPlane]
	if p.inPlace {
		copy(dst, src)
		return
	}
	clear(dst)
	if p.cols >= s.part {
		size := kernels.SizeOf[T]()
		s.copyPlane(kernels.Addr(dst, 0), uintptr(p.dyStep*size), kernels.Addr(src, 0), uintptr(p.cols*size), p.rows, p.cols)
		return
	}
	for y := range p.rows {
		copy(dst[y*p.dyStep:][:p.cols], src[y*p.cols:])
	}
}

// reduce adds up the chunks' sums of a filter.
func (j *convJob[T]) reduce(f int) {
	p := j.byWeights
	_, _, k := j.group()
	add := kernels.OpsOf[T]().Add
	dw := j.w[f*k:][:k]
	if p.chunks == 0 {
		clear(dw)
		return
	}
	copy(dw, j.partial[f*p.k:])
	for c := 1; c < p.chunks; c++ {
		add(dw, dw, j.partial[(c*j.Filters+f)*p.k:][:k])
	}
}
