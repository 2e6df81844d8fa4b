package gemm

import (
	"math"
	"runtime"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// Products on processors with vectors. A tile of c, up to rows×2 vectors, stays in registers while the kernel adds up
// its products in the order of p; every element is one chain of multiply-adds, so it does not matter which kernel
// computes it. The loops around the tiles follow Goto and van de Geijn 2008, "Anatomy of High-Performance Matrix
// Multiplication": a block of B fits the second-level cache, a panel of A the first.

const maxTileRows = 14

// tileArgs is what a tile kernel reads; its layout is known to the assembly (asm/gemm.go). Addresses are integers for
// the kernel advances them, possibly behind the end of a slice; gemmTiles keeps the slices alive.
type tileArgs struct {
	a, aStep        uintptr
	b, bStep, bNext uintptr
	c, cStep        uintptr
	k, tiles        int
	bias            uintptr
	alpha, beta     uint64 // bits of a T
	slope           uint64
	flags           uint64
	mask            uint64
}

type tileFunc func(t *[15]uint64)

// tileSet is the kernels of one instruction set and element type. The first index is the form of A: 0 row by row, 1
// column by column; the second the number of rows.
type tileSet struct {
	rows, lanes int
	one         [2][maxTileRows + 1]tileFunc // one vector wide, masked
	two         [2][maxTileRows + 1]tileFunc
	edge        [2][maxTileRows + 1]tileFunc // two vectors wide, the second masked
	four        [2][maxTileRows + 1]tileFunc // for few rows
	eight       [2][maxTileRows + 1]tileFunc

	dots         []tileFunc                          // by number of rows, if there are any; see dot
	combine      [combineRows + 1]func(t *[8]uint64) // by number of rows, if there are any; see combination
	pack1, pack2 func(dst, src, step uintptr, n int, mask1, mask2 uint64)
	transpose    func(dst, dstStep, src, srcStep uintptr, rows, cols, n int)
}

// maskBits are the vectors that AVX2 takes for masks: lanes ones and then zeroes, from a suitable offset.
var (
	maskBits32 = [16]uint32{
		math.MaxUint32, math.MaxUint32, math.MaxUint32, math.MaxUint32,
		math.MaxUint32, math.MaxUint32, math.MaxUint32, math.MaxUint32,
	}
	maskBits64 = [8]uint64{math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64}
)

// mask is the form in which kernels take a mask of the first n lanes.
func mask[T kernels.Float](s *tileSet, n int) uint64 {
	n = max(0, min(n, s.lanes))
	switch {
	case kernels.IsF32[T]() && s.lanes == 8:
		return uint64(uintptr(unsafe.Pointer(&maskBits32[8-n])))
	case !kernels.IsF32[T]() && s.lanes == 4:
		return uint64(uintptr(unsafe.Pointer(&maskBits64[4-n])))
	}
	return 1<<n - 1
}

// tileWork is what one thread needs to compute a part of a product.
type tileWork[T kernels.Float] struct {
	args    tileArgs
	combine combineArgs
	pa, pb  []T      // packed panels
	serial  uint64   // of the product that pb is of, if all of its B is there
	_       [16]byte // whole cache lines: kernels write args all the time
}

var (
	tileWorks32 kernels.Shelf[tileWork[float32]]
	tileWorks64 kernels.Shelf[tileWork[float64]]
)

func tileWorksOf[T kernels.Float]() *kernels.Shelf[tileWork[T]] {
	if kernels.IsF32[T]() {
		return (*kernels.Shelf[tileWork[T]])(unsafe.Pointer(&tileWorks32))
	}
	return (*kernels.Shelf[tileWork[T]])(unsafe.Pointer(&tileWorks64))
}

func gemmTiles[T kernels.Float](g *gemmArgs[T], s *tileSet) {
	var team *workers.Team
	if g.work() >= gemmParallelFrom {
		team = workers.Acquire()
	}
	if team == nil {
		f := tileWorksOf[T]()
		w := f.Get()
		switch {
		case g.panels != nil:
			w.packed(g, s, 0, g.m, 0, g.n)
		case g.isDot(s):
			w.dot(g, s, 0, g.n)
		case g.isCombination(s):
			w.combination(g, s)
		default:
			w.block(g, s, 0, g.m, 0, g.n)
		}
		f.Put(w)
	} else {
		tileJobOf[T](team).product(g, s)
	}
	runtime.KeepAlive(g.a)
	runtime.KeepAlive(g.b)
	runtime.KeepAlive(g.c)
	runtime.KeepAlive(g.bias)
	runtime.KeepAlive(g.panels)
}
