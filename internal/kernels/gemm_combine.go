package kernels

import "unsafe"

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

// combination computes columns j0 to j1 of c.
func (w *tileWork[T]) combination(g *gemmArgs[T], s *tileSet, j0, j1 int) {
	o, c, kc := opsOf[T](), g.c[j0:j1], g.depth(s)
	w.combineRows(g, s, j0, c, 0, kc)
	if kc < g.k && len(w.pa) < len(c) {
		w.pa = aligned[T](len(c))
	}
	for p := kc; p < g.k; p += kc {
		sums := w.pa[:len(c)]
		w.combineRows(g, s, j0, sums, p, min(p+kc, g.k))
		o.add(c, c, sums)
	}
	if g.bias != nil {
		o.add(c, c, g.bias[j0:j1])
	}
	if g.act != Identity {
		o.act[g.act](c, c, g.slope)
	}
}

// combineRows computes c from columns from j of rows p to pe of B.
func (w *tileWork[T]) combineRows(g *gemmArgs[T], s *tileSet, j int, c []T, p, pe int) {
	clear(c)
	size, n, groups := int(unsafe.Sizeof(*new(T))), len(c), (pe-p)/combineRows
	t := &w.combine
	*t = combineArgs{a: addr(g.a, p), b: addr(g.b, p*g.brs+j), step: uintptr(g.brs * size), c: addr(c, 0), groups: groups,
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
		t.a, t.b, t.groups = addr(g.a, p), addr(g.b, p*g.brs+j), 1
		s.combine[pe-p](args)
	}
}
