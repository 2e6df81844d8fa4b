package gemm

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// One row of c is a combination of B's rows. Tiles go down B's columns, a line or two wide, so every step is on another
// page; where B does not lie in the first caches, it is faster to go along its rows, some at a time, and to let the sums
// wait in memory. Each is the same chain of multiply-adds.

// combineArgs is what the kernels read; its layout is known to the assembly (asm/combine.go).
type combineArgs struct {
	a, b, step, c uintptr
	groups        int
	pairs, full   uintptr
	mask          uint64
}

// combineRows is how many rows one pass over the sums adds.
const combineRows = 8

// isCombination reports whether a product is computed by rows of B. This must not depend on the number of threads.
func (g *gemmArgs[T]) isCombination(s *tileSet) bool {
	return s.combine[combineRows] != nil && g.m == 1 && g.acs == 1 && g.bcs == 1 && g.alpha == 1 && g.beta == 0
}

// combination computes c. Its sums are made of blocks of depth rows, as those of tiles are.
func (w *tileWork[T]) combination(g *gemmArgs[T], s *tileSet) {
	kc := g.depth(s)
	w.combineRows(g, s, 0, g.c[:g.n], 0, kc)
	if kc < g.k {
		w.pa = room(w.pa, g.n)
	}
	for p := kc; p < g.k; p += kc {
		w.combineRows(g, s, 0, w.pa[:g.n], p, min(p+kc, g.k))
		g.addBlock(w.pa)
	}
	g.finishRow(kernels.OpsOf[T](), g.c[:g.n])
}

// addBlock adds the sums of a block to those of the blocks before it.
func (g *gemmArgs[T]) addBlock(sums []T) {
	c := g.c[:g.n]
	kernels.OpsOf[T]().Add(c, c, sums[:g.n])
}

// combine computes a combination on the workers. Workers share the blocks of rows, for B lies row by row: one that reads half
// of each row has the other half in its cache too, by foresight of the processor. Only where there are more workers than
// blocks do they share columns.
func (j *tileJob[T]) combine(threads int) {
	g, kc := &j.g, j.g.depth(j.s)
	blocks := kernels.CeilDiv(g.k, kc)
	j.cols = kernels.RoundUp(kernels.CeilDiv(g.n, max(1, threads/blocks)), 2*j.s.lanes)
	j.across = kernels.CeilDiv(g.n, j.cols)
	j.sums = room(j.sums, (blocks-1)*g.n)
	j.form = formCombine
	j.team.Run(blocks*j.across, 1, j)
	for b := range blocks - 1 {
		g.addBlock(j.sums[b*g.n:])
	}
	g.finishRow(kernels.OpsOf[T](), g.c[:g.n])
}

// combineBlock computes some columns of the sums of one block of rows.
func (j *tileJob[T]) combineBlock(w *tileWork[T], block int) {
	g, kc := &j.g, j.g.depth(j.s)
	b, j0 := block/j.across, block%j.across*j.cols
	c := g.c
	if b > 0 {
		c = j.sums[(b-1)*g.n:]
	}
	w.combineRows(g, j.s, j0, c[j0:min(j0+j.cols, g.n)], b*kc, min((b+1)*kc, g.k))
}

// combineRows computes c from columns from j of rows p to pe of B.
func (w *tileWork[T]) combineRows(g *gemmArgs[T], s *tileSet, j int, c []T, p, pe int) {
	clear(c)
	size, n, groups := int(unsafe.Sizeof(*new(T))), len(c), (pe-p)/combineRows
	t := &w.combine
	*t = combineArgs{a: kernels.Addr(g.a, p), b: kernels.Addr(g.b, p*g.brs+j), step: uintptr(g.brs * size), c: kernels.Addr(c, 0), groups: groups,
		pairs: uintptr(n / (2 * s.lanes) * 2 * s.lanes * size), full: uintptr(n / s.lanes * s.lanes * size)}
	if tail := n % s.lanes; tail > 0 {
		t.mask = mask[T](s, tail)
	}
	args := (*[8]uint64)(unsafe.Pointer(t))
	if groups > 0 {
		s.combine[combineRows](args)
		p += groups * combineRows
	}
	if p < pe {
		t.a, t.b, t.groups = kernels.Addr(g.a, p), kernels.Addr(g.b, p*g.brs+j), 1
		s.combine[pe-p](args)
	}
}
