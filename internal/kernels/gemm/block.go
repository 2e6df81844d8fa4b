package gemm

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Sizes of blocks: kc×2 vectors of B and rows×kc of A fit the first-level cache, kc×nc of B the second.
const (
	kcBytes = 2048
	ncBytes = 4096
)

// A slab is the part of a product that a block of B takes part in: its rows p to pe, and columns j to je.
type slab struct {
	j, je, p, pe int
	packed       bool // B was copied into panels
}

// slabs calls f for the slabs of columns j0 to j1, in the order in which sums are added up.
func (g *gemmArgs[T]) slabs(s *tileSet, j0, j1 int, packed bool, f func(b slab)) {
	kc, nc := g.depth(s), ncBytes/int(unsafe.Sizeof(*new(T)))
	if !packed {
		nc = j1 - j0
	}
	for j := j0; j < j1; j += nc {
		for p := 0; p < g.k; p += kc {
			f(slab{j, min(j+nc, j1), p, min(p+kc, g.k), packed})
		}
	}
}

// block computes the rows i0 to i1 and columns j0 to j1 of c.
func (w *tileWork[T]) block(g *gemmArgs[T], s *tileSet, i0, i1, j0, j1 int) {
	g.slabs(s, j0, j1, g.mustPackB(s, i1-i0), func(b slab) {
		if b.packed {
			w.pb = room(w.pb, b.panels(s))
			g.packB(s, b, w.pb)
		}
		w.rows(g, s, b, w.pb, i0, i1)
	})
}

// rows adds a slab to the rows i0 to i1 of c. pb holds B's panels, if it is packed.
func (w *tileWork[T]) rows(g *gemmArgs[T], s *tileSet, b slab, pb []T, i0, i1 int) {
	size := int(unsafe.Sizeof(*new(T)))
	packA := b.je-b.j >= 8*s.lanes && g.mustPackA(b.pe-b.p)
	w.constants(g)
	t := &w.args
	t.k = b.pe - b.p
	first, last := b.p == 0, b.pe == g.k
	t.flags = g.flags(first, last)
	if t.beta = kernels.Bits(T(1)); first {
		t.beta = kernels.Bits(g.beta)
	}
	var from, panel uintptr // the first panel, and bytes from one panel of two vectors to the next
	if b.packed {
		from, t.bStep = kernels.Addr(pb, 0), uintptr(2*s.lanes*size)
		panel = uintptr(t.k) * t.bStep
	} else {
		from, t.bStep = kernels.Addr(g.b, b.p*g.brs+b.j), uintptr(g.brs*size)
		panel = uintptr(2 * s.lanes * size)
	}
	for i := i0; i < i1; {
		rows := kernels.TileRows(i1-i, s.rows)
		t.a, t.aStep = kernels.Addr(g.a, i*g.ars+b.p*g.acs), uintptr((g.ars+g.acs-1)*size)
		if packA {
			w.packA(g, s, i, rows, b.p, b.pe)
		}
		w.row(g, s, b, rows, i, from, panel)
		if last {
			g.activate(i, i+rows, b.j, b.je)
		}
		i += rows
	}
}

// depth is how many products are added up at a time: a sum of more is one of such sums.
func (g *gemmArgs[T]) depth(s *tileSet) int {
	size := int(unsafe.Sizeof(*new(T)))
	kc := kcBytes / size
	if size == 8 {
		kc /= 2
	}
	if g.k <= kc {
		return g.k
	}
	return kernels.RoundUp(kernels.CeilDiv(g.k, kernels.CeilDiv(g.k, kc)), s.lanes)
}

// mustPackB reports whether rows rows of c are worth a copy of B. Without it each row of tiles reads B where it lies,
// which costs little while there are few of them. It costs more where a panel is but one line wide, and B leaves the
// first caches or all of its rows fall into the same few sets. A transposed B is always copied.
func (g *gemmArgs[T]) mustPackB(s *tileSet, rows int) bool {
	size := int(unsafe.Sizeof(*new(T)))
	if g.bcs != 1 {
		return true
	}
	most := 12
	if 2*s.lanes*size <= 64 && (g.brs*size%2048 == 0 || g.n*g.k*size > 1<<17) {
		most = 4
	}
	// few rows of a small B stay in the first cache by themselves
	large := g.k > 64 || g.n*g.k*size > 1<<16 || fewSets(g.brs*size, g.k)
	return rows > most*s.rows && g.n > 2*s.lanes && large
}

// mustPackA reports whether a panel of A, so many products deep, is copied for its many uses: only where A would not stay
// in the caches, being large, or being read column by column with a stride that makes lines fall into few sets.
func (g *gemmArgs[T]) mustPackA(depth int) bool {
	size := int(unsafe.Sizeof(*new(T)))
	if g.m*g.k*size > 1<<19 {
		return true
	}
	return g.acs != 1 && fewSets(g.acs*size, depth)
}

// fewSets reports whether so many lines, at addresses so many bytes apart, are too many for the sets of the first-level
// cache that they fall into. Which ones depends on the largest power of two that divides the distance.
func fewSets(stride, lines int) bool {
	const way, ways, line = 4096, 8, 64 // as it is nearly everywhere
	return lines > ways/2*(way/max(line, min(way, stride&-stride)))
}

// constants sets what is the same for all tiles.
func (w *tileWork[T]) constants(g *gemmArgs[T]) {
	w.args.cStep = uintptr(g.ldc * int(unsafe.Sizeof(*new(T))))
	w.args.alpha, w.args.slope = kernels.Bits(g.alpha), kernels.Bits(g.slope)
}

// flags is what a kernel is to do beside adding up products, in the first and the last part of the sums.
func (g *gemmArgs[T]) flags(first, last bool) (f uint64) {
	if g.alpha != 1 {
		f |= kernels.TileAlpha
	}
	if !first || g.beta != 0 {
		f |= kernels.TileBeta
	}
	switch {
	case last && g.act == kernels.ReLU:
		f |= kernels.TileReLU
	case last && g.inLeaky():
		f |= kernels.TileLeaky
	}
	return f
}

// inLeaky reports whether kernels apply the activation as LeakyReLU: Rectify is that of slope 0, for they turn −0 into
// +0 before.
func (g *gemmArgs[T]) inLeaky() bool { return g.act == kernels.LeakyReLU || g.act == kernels.Rectify }

// activate applies the activations that kernels do not, to a part of c that was just written.
func (g *gemmArgs[T]) activate(i0, i1, j0, j1 int) {
	if g.act <= kernels.ReLU || g.inLeaky() {
		return
	}
	f := kernels.OpsOf[T]().Act[g.act]
	for i := i0; i < i1; i++ {
		c := g.c[i*g.ldc+j0 : i*g.ldc+j1]
		f(c, c, g.slope)
	}
}

// row computes the tiles of one row of tiles, of rows rows from i on.
func (w *tileWork[T]) row(g *gemmArgs[T], s *tileSet, b slab, rows, i int, from, panel uintptr) {
	size := int(unsafe.Sizeof(*new(T)))
	form := 1
	if g.acs == 1 {
		form = 0
	}
	t := &w.args
	t.c = kernels.Addr(g.c, i*g.ldc+b.j)
	t.b, t.bias = from, 0
	if b.pe == g.k && g.bias != nil {
		t.bias = kernels.Addr(g.bias, b.j)
	}
	args := (*[15]uint64)(unsafe.Pointer(t))
	vectors := (b.je - b.j) / s.lanes // full ones
	tail := (b.je - b.j) % s.lanes
	run := func(f tileFunc, width int, next uintptr) {
		if n := vectors / width; n > 0 && f != nil {
			t.tiles, t.bNext = n, next
			f(args)
			t.c += uintptr(n * width * s.lanes * size)
			vectors %= width
		}
	}
	if !b.packed {
		run(s.eight[form][rows], 8, uintptr(8*s.lanes*size))
		run(s.four[form][rows], 4, uintptr(4*s.lanes*size))
	}
	run(s.two[form][rows], 2, panel)
	t.tiles = 1
	switch {
	case vectors > 0 && tail > 0:
		t.mask = mask[T](s, tail)
		s.edge[form][rows](args)
	case vectors > 0:
		t.mask = mask[T](s, s.lanes)
		s.one[form][rows](args)
	case tail > 0:
		t.mask = mask[T](s, tail)
		s.one[form][rows](args)
	}
}

// packA copies a panel of A, in the form that it has.
func (w *tileWork[T]) packA(g *gemmArgs[T], s *tileSet, i, rows, p, pe int) {
	size := int(unsafe.Sizeof(*new(T)))
	k := pe - p
	if len(w.pa) < 2*s.lanes*k {
		w.pa = kernels.Aligned[T](2 * s.lanes * k)
	}
	t := &w.args
	if g.acs == 1 {
		for r := range rows {
			o := (i+r)*g.ars + p
			copy(w.pa[r*k:(r+1)*k], g.a[o:o+k])
		}
		t.a, t.aStep = kernels.Addr(w.pa, 0), uintptr(k*size)
		return
	}
	step := uintptr(g.acs * size)
	if rows <= s.lanes {
		s.pack1(kernels.Addr(w.pa, 0), t.a, step, k, mask[T](s, rows), 0)
		t.aStep = uintptr(s.lanes * size)
	} else {
		s.pack2(kernels.Addr(w.pa, 0), t.a, step, k, mask[T](s, s.lanes), mask[T](s, rows-s.lanes))
		t.aStep = uintptr(2 * s.lanes * size)
	}
	t.a = kernels.Addr(w.pa, 0)
}

// panels is how many elements the panels of a slab have.
func (b slab) panels(s *tileSet) int { return (b.pe - b.p) * kernels.RoundUp(b.je-b.j, 2*s.lanes) }

// room is a buffer of at least n elements: x, if it is long enough.
func room[T kernels.Float](x []T, n int) []T {
	if len(x) < n {
		return kernels.Aligned[T](n)
	}
	return x
}

// packB copies a slab of B into panels of two vectors.
func (g *gemmArgs[T]) packB(s *tileSet, b slab, dst []T) {
	size := int(unsafe.Sizeof(*new(T)))
	k, width := b.pe-b.p, 2*s.lanes
	if g.bcs != 1 {
		for j, at := b.j, 0; j < b.je; j, at = j+width, at+k*width {
			for h := 0; h < min(width, b.je-j); h += s.lanes {
				g.packTransposed(s, dst[at+h:], j+h, min(s.lanes, b.je-j-h), b.p, b.pe)
			}
		}
		return
	}
	// a few rows at a time, for each lies on a page of its own
	const strip = 16
	for q := 0; q < k; q += strip {
		rows := min(strip, k-q)
		for j, at := b.j, q*width; j < b.je; j, at = j+width, at+k*width {
			s.pack2(kernels.Addr(dst, at), kernels.Addr(g.b, (b.p+q)*g.brs+j), uintptr(g.brs*size), rows,
				mask[T](s, b.je-j), mask[T](s, b.je-j-s.lanes))
		}
	}
}

// packTransposed copies columns p to pe of rows j to j+rows of the transposed B into columns of a panel.
func (g *gemmArgs[T]) packTransposed(s *tileSet, dst []T, j, rows, p, pe int) {
	size := int(unsafe.Sizeof(*new(T)))
	k, width := pe-p, 2*s.lanes
	src := g.b[j*g.bcs+p:]
	to, from := kernels.Addr(dst, 0), kernels.Addr(src, 0)
	dstStep, srcStep := uintptr(width*size), uintptr(g.bcs*size)
	blocks := k / s.lanes
	if blocks > 0 {
		s.transpose(to, dstStep, from, srcStep, rows, s.lanes, blocks)
	}
	if rest := k % s.lanes; rest > 0 {
		q := blocks * s.lanes
		s.transpose(to+uintptr(q)*dstStep, dstStep, from+uintptr(q*size), srcStep, rows, rest, 1)
	}
}
