package gemm

import (
	"math"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Packed is the right operand of products, op(b), for many products with the same b: a copy of it in panels of two
// vectors, in the order in which tiles read it. It serves any number of products at the same time; Pack must not run
// meanwhile.
//
// Panels fit the instruction set that was in force when they were made. With another one, and where a product is faster
// without them, b itself is read, which must not change therefore until Pack is called again.
type Packed[T kernels.Float] struct {
	k, n     int
	trans    bool
	b        []T
	ldb      int
	set      *tileSet // that the panels are for; nil: there are none
	elements []T
}

// Pack copies op(b), which is k×n, where op transposes if transB says so. It replaces what p held, whose memory it takes
// where that suffices.
func (p *Packed[T]) Pack(transB bool, k, n int, b []T, ldb int) {
	kernels.NeedDims("Pack", k, n)
	if transB {
		kernels.NeedMatrix("Pack", "b", len(b), n, k, ldb)
	} else {
		kernels.NeedMatrix("Pack", "b", len(b), k, n, ldb)
	}
	p.k, p.n, p.trans, p.b, p.ldb = k, n, transB, b, ldb
	if p.set = setOf[T](); p.set == nil || k == 0 || n == 0 {
		p.set = nil
		return
	}
	g := gemmArgs[T]{m: 1, n: n, k: k, b: b, brs: ldb, bcs: 1}
	if transB {
		g.brs, g.bcs = 1, ldb
	}
	if size := k * p.stride(); len(p.elements) < size {
		p.elements = kernels.Aligned[T](size)
	}
	for q, depth := 0, g.depth(p.set); q < k; q += depth {
		s := slab{0, n, q, min(q+depth, k), true}
		g.packB(p.set, s, p.panels(s))
	}
}

// stride is the number of columns of all panels.
func (p *Packed[T]) stride() int { return kernels.RoundUp(p.n, 2*p.set.lanes) }

// panels is where those of a slab begin, whose columns begin where a panel does. Those of one depth lie together.
func (p *Packed[T]) panels(b slab) []T { return p.elements[b.p*p.stride()+b.j*(b.pe-b.p):] }

// Bytes is how much memory the panels take.
func (p *Packed[T]) Bytes() int { return len(p.elements) * int(unsafe.Sizeof(*new(T))) }

// GemmPacked computes c = act(op(a)·b + bias) as GemmBiasAct does, with the same bits, from a right operand in panels:
// op(a) is m×k and c m×n, where b is k×n.
func GemmPacked[T kernels.Float](transA bool, m int, a []T, lda int, b *Packed[T], bias []T, act kernels.Activation, slope T, c []T,
	ldc int) {
	var g gemmArgs[T]
	g.operands("GemmPacked", transA, b.trans, m, b.n, b.k, a, lda, b.b, b.ldb, c, ldc)
	g.layer("GemmPacked", bias, act, slope)
	if b.set != nil && b.set == setOf[T]() && g.readsPanels(b.set) {
		g.panels = b
	}
	g.compute()
}

// WorthPacking reports whether GemmPacked would read panels with the instruction set in force, for operands that lie
// without gaps.
func WorthPacking[T kernels.Float](transA, transB bool, m, n, k int) bool {
	s := setOf[T]()
	if s == nil || n == 0 || k == 0 {
		return false
	}
	g := gemmArgs[T]{m: m, n: n, k: k, ars: k, acs: 1, brs: n, bcs: 1, alpha: 1}
	if transA {
		g.ars, g.acs = 1, m
	}
	if transB {
		g.brs, g.bcs = 1, k
	}
	return g.readsPanels(s)
}

// B's size in bytes from which panels are better than what is made for few rows: from there on it does not lie in the
// caches of a core, and to read it in one piece is what counts.
const (
	oneRowPacked  = 1 << 21
	fewRowsPacked = 1 << 17
)

// readsPanels reports whether panels are better than B where it lies. What is computed by dot products keeps to these,
// for they give other bits.
func (g *gemmArgs[T]) readsPanels(s *tileSet) bool {
	bytes := g.n * g.k * int(unsafe.Sizeof(*new(T)))
	switch {
	case g.m == 0 || g.isDot(s):
		return false
	case g.isCombination(s):
		return bytes > oneRowPacked || g.n <= 2*s.lanes
	case g.bcs == 1 && s.four[0][kernels.TileRows(g.m, s.rows)] != nil:
		return bytes > fewRowsPacked
	}
	return true
}

// packedBytes is how much of B all rows of A pass over before the next part of it is read: it stays in the second-level
// cache.
const packedBytes = 1 << 18

// packed computes the rows i0 to i1 and columns j0 to j1 of c from panels, at the first column of one of which j0 lies.
func (w *tileWork[T]) packed(g *gemmArgs[T], s *tileSet, i0, i1, j0, j1 int) {
	depth, width := g.depth(s), 2*s.lanes
	cols := max(width, packedBytes/int(unsafe.Sizeof(*new(T)))/depth/width*width)
	for j := j0; j < j1; j += cols {
		for p := 0; p < g.k; p += depth {
			b := slab{j, min(j+cols, j1), p, min(p+depth, g.k), true}
			w.rows(g, s, b, g.panels.panels(b), i0, i1)
		}
	}
}

// cutPanels chooses blocks of c whose columns are whole panels. Blocks read the panels where they lie, so that small ones
// are nearly as good as large ones: there are as many as keep all workers busy until the end.
func (j *tileJob[T]) cutPanels(threads int) {
	// elements of c that take as long as reading a row of A or a column of B for them
	const row, column = 8, 4
	j.form = formPacked
	g, width, parts, best := &j.g, 2*j.s.lanes, j.parts(threads), math.MaxInt
	for across := 1; across <= parts; across++ {
		cols := min(kernels.RoundUp(kernels.CeilDiv(g.n, across), width), g.n)
		rows := kernels.CeilDiv(g.m, min(kernels.CeilDiv(parts, across), g.tiles(j.s)))
		blocks := kernels.CeilDiv(g.n, cols) * kernels.CeilDiv(g.m, rows)
		if cost := kernels.CeilDiv(blocks, threads) * (rows*cols + row*rows + column*cols); cost < best {
			best, j.rows, j.cols = cost, rows, cols
		}
	}
	j.count, j.across = kernels.CeilDiv(g.m, j.rows), kernels.CeilDiv(g.n, j.cols)
}
