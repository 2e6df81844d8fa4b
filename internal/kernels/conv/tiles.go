package conv

import (
	"runtime"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// convArgs is what a convolution kernel reads; its layout is known to the assembly (asm/conv.go).
type convArgs struct {
	a, aStep   uintptr
	x, offsets uintptr
	k          int
	places     uintptr
	tiles      int
	c, cStep   uintptr
	bias       uintptr
	slope      uint64
	flags      uint64
}

type (
	convFunc     func(t *[12]uint64)
	convGradFunc func(t *[13]uint64)
)

// convSet is the kernels of one instruction set and element type, by number of filters.
type convSet struct {
	lanes, part int // elements of a vector and of a part
	full, half  []convFunc
	grad        []convGradFunc
	stack, max  []convStackFunc // by number of rows
	addPlane    func(dst, dstStep, src, srcStep uintptr, rows, cols int)
	copyPlane   func(dst, dstStep, src, srcStep uintptr, rows, cols int)
	unzip, zip  func(even, evenStep, odd, oddStep, both, bothStep uintptr, rows, pairs int)
}

// A convTile is filters of one group that a kernel computes at a time.
type convTile struct{ first, rows int }

// convWork is what one worker needs.
type convWork[T kernels.Float] struct {
	args      convArgs
	grad      convGradArgs
	stack     convStackArgs
	image     []T // copies
	cols, raw []T // an operand that is written out, and its results
	out       []T // results before they are merged
	dy        []T
	junk      []T // a row of columns that nothing reads
}

// grown returns a slice of n elements, s if that is long enough; its content is arbitrary, but nothing in it ever held
// anything else than elements.
func grown[T kernels.Float](s []T, n int) []T {
	if len(s) < n {
		return kernels.Aligned[T](n + n/4)
	}
	return s
}

// sweep computes a pass that is made of sums: from src, with weights, into dst.
func (j *convJob[T]) sweep(p *convSweep, src, w, dst []T) {
	j.plan, j.src, j.weights, j.dst = p, src, w, dst
	j.set = convOpsOf[T]().conv
	work := j.Batch * j.macs() / convWorkPerElement
	units := kernels.CeilDiv(j.Batch, p.images)
	threads := workers.Threads()
	for len(j.works) < threads {
		j.works = append(j.works, new(convWork[T]))
	}
	if len(p.sums) == 1 && p.sums[0].gather == nil && !p.spread && units%threads != 0 && units < 4*threads &&
		work >= kernels.ParallelFrom {
		// few images: their parts are shared out
		if !p.copy.direct {
			j.copies = grown(j.copies, j.Batch*p.copySize)
			j.stage = convCopies
			kernels.SpreadOver(len(j.works), j.Batch*p.copy.channels, 1, work, j)
		}
		j.stage = convItems
		j.tiles = j.tiles[:0]
		most := j.maxRows(&p.sums[0])
		for f := 0; f < p.filters/p.groups; {
			rows := kernels.TileRows(p.filters/p.groups-f, most)
			j.tiles = append(j.tiles, convTile{f, rows})
			f += rows
		}
		items := units * p.groups * len(p.sums[0].blocks) * len(j.tiles)
		if p.sums[0].stacked {
			items = units * p.filters
		}
		kernels.SpreadOver(len(j.works), items, max(1, items/(4*threads)), work, j)
	} else {
		j.stage = convUnits
		kernels.SpreadOver(len(j.works), units, 1, work, j)
	}
	runtime.KeepAlive(src)
	runtime.KeepAlive(w)
	runtime.KeepAlive(dst)
	runtime.KeepAlive(j.bias)
}

// convWorkPerElement is the number of multiply-adds that take about as long as an element of an elementwise function.
const convWorkPerElement = 8

func (j *convJob[T]) maxRows(s *convSum) int {
	if s.half {
		return len(j.set.half) - 1
	}
	return len(j.set.full) - 1
}

// copyOne copies channel i of all images into the common copies.
func (j *convJob[T]) copyOne(w *convWork[T], i int) {
	p := j.plan
	hw := p.copy.h * p.copy.w
	w.copyChannel(j.set, &p.copy, j.copies[i*p.copy.channelStep:][:p.copy.channelStep], j.src[i*hw:][:hw])
}

// item computes one tile of filters over one block of places.
func (j *convJob[T]) item(w *convWork[T], i int) {
	p := j.plan
	s := &p.sums[0]
	if s.stacked {
		n, f := i/p.filters, i%p.filters
		j.stacked(w, s, f, j.imageOf(n, f/(p.filters/p.groups)), j.dst[n*p.filters*p.plane:])
		return
	}
	t := j.tiles[i%len(j.tiles)]
	i /= len(j.tiles)
	b := i % len(s.blocks)
	i /= len(s.blocks)
	g, n := i%p.groups, i/p.groups
	j.tile(w, s, g, t, s.blocks[b], j.imageOf(n, g), j.dst[n*p.filters*p.plane:])
}

// imageOf is the address of group g of image n, or of its common copy.
func (j *convJob[T]) imageOf(n, g int) uintptr {
	c := &j.plan.copy
	in := c.channels / j.plan.groups
	if c.direct {
		return kernels.Addr(j.src, (n*c.channels+g*in)*c.h*c.w)
	}
	return kernels.Addr(j.copies, n*j.plan.copySize+g*in*c.channelStep)
}

// unit computes the results of a few images.
func (j *convJob[T]) unit(w *convWork[T], u int) {
	p := j.plan
	first, images := u*p.images, min(p.images, j.Batch-u*p.images)
	hw := p.copy.h * p.copy.w
	image := func(n int) []T { return j.src[(first+n)*p.copy.channels*hw:] }
	if !p.copy.direct {
		w.image = grown(w.image, images*p.copySize)
		for n := range images {
			for c := range p.copy.channels {
				w.copyChannel(j.set, &p.copy, w.image[n*p.copySize+c*p.copy.channelStep:][:p.copy.channelStep],
					image(n)[c*hw:][:hw])
			}
		}
		image = func(n int) []T { return w.image[n*p.copySize:] }
	}
	result := func(n int) []T { return j.dst[(first+n)*p.filters*p.plane:][:p.filters*p.plane] }
	final := result
	if p.spread {
		w.out = grown(w.out, images*p.filters*p.plane)
		result = func(n int) []T { return w.out[n*p.filters*p.plane:][:p.filters*p.plane] }
	}
	for i := range p.sums {
		s := &p.sums[i]
		if s.k == 0 {
			for n := range images {
				if p.spread {
					clear(result(n)[s.out:][:p.filters*s.plane])
				} else {
					j.clearRows(i, result(n))
				}
			}
			continue
		}
		if s.h*s.w == 0 {
			continue
		}
		if s.gather != nil {
			j.gathered(w, s, images, image, result)
			continue
		}
		in := p.copy.channels / p.groups * p.copy.channelStep
		for n := range images {
			src, dst := image(n), result(n)[s.out:]
			if s.stacked {
				for f := range p.filters {
					j.stacked(w, s, f, kernels.Addr(src, f/(p.filters/p.groups)*in), dst)
				}
				continue
			}
			for g := range p.groups {
				for _, b := range s.blocks {
					j.filters(w, s, g, b, kernels.Addr(src, g*in), dst)
				}
			}
		}
	}
	if p.spread {
		for n := range images {
			j.merge(result(n), final(n))
		}
	}
}

// filters computes all filters of a group over a block of places.
func (j *convJob[T]) filters(w *convWork[T], s *convSum, g int, b convBlock, x uintptr, dst []T) {
	most, n := j.maxRows(s), j.plan.filters/j.plan.groups
	for f := 0; f < n; {
		rows := kernels.TileRows(n-f, most)
		j.tile(w, s, g, convTile{f, rows}, b, x, dst)
		f += rows
	}
}

// tile computes a tile of filters of group g over a block of places of the image at x.
func (j *convJob[T]) tile(w *convWork[T], s *convSum, g int, t convTile, b convBlock, x uintptr, dst []T) {
	size := kernels.SizeOf[T]()
	f := g*(j.plan.filters/j.plan.groups) + t.first
	a := &w.args
	a.a, a.aStep = kernels.Addr(j.weights, s.weights+f*s.k), uintptr(s.k*size)
	a.x, a.offsets, a.k = x, uintptr(unsafe.Pointer(&s.offsets[0])), s.k
	a.places = uintptr(unsafe.Pointer(&s.places[2*b.first]))
	if s.gather == nil {
		a.c, a.cStep = kernels.Addr(dst, f*s.plane), uintptr(s.plane*size)
	} else {
		a.c, a.cStep = kernels.Addr(dst, t.first*s.gather.width), uintptr(s.gather.width*size)
	}
	a.bias, a.flags, a.slope = 0, 0, kernels.Bits(j.slope)
	if j.bias != nil {
		a.bias = kernels.Addr(j.bias, f)
	}
	switch j.act {
	case kernels.ReLU:
		a.flags = kernels.TileReLU
	case kernels.LeakyReLU:
		a.flags = kernels.TileLeaky
	}
	funcs, parts := j.set.full, 2*j.set.lanes/j.set.part
	if s.half {
		funcs, parts = j.set.half, 4
	}
	a.tiles = kernels.CeilDiv(b.parts, parts)
	funcs[t.rows]((*[12]uint64)(unsafe.Pointer(a)))
	if j.act > kernels.LeakyReLU && s.gather == nil {
		act := kernels.OpsOf[T]().Act[j.act]
		for r := range t.rows {
			v := dst[(f+r)*s.plane:][b.lo:b.hi]
			act(v, v, j.slope)
		}
	}
}

// gathered computes a sum whose operand is written out.
func (j *convJob[T]) gathered(w *convWork[T], s *convSum, images int, image, result func(n int) []T) {
	p, t := j.plan, s.gather
	places := len(t.places)
	w.cols, w.raw = grown(w.cols, p.colsSize), grown(w.raw, p.rawOut)
	fg := p.filters / p.groups
	in := p.copy.channels / p.groups * p.copy.channelStep
	for g := range p.groups {
		for n := range images {
			src := image(n)[g*in:]
			for i, o := range t.offsets {
				col := w.cols[i*t.width+n*places:][:places]
				for l, at := range t.places {
					col[l] = src[at+o]
				}
			}
		}
		for i := range t.offsets {
			clear(w.cols[i*t.width+images*places : (i+1)*t.width])
		}
		j.filters(w, s, g, s.blocks[0], kernels.Addr(w.cols, 0), w.raw)
		if j.act > kernels.LeakyReLU {
			v := w.raw[:fg*t.width]
			kernels.OpsOf[T]().Act[j.act](v, v, j.slope)
		}
		for n := range images {
			dst := result(n)[s.out:]
			for f := range fg {
				row, plane := w.raw[f*t.width+n*places:][:places], dst[(g*fg+f)*s.plane:]
				for l, at := range t.results {
					plane[at] = row[l]
				}
			}
		}
	}
}
