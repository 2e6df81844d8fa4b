package gemm

import (
	"math"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// tileJob is a product shared over the workers, cut into blocks of c. Where there is enough to do there are
// more blocks than workers, for cores are not always equally fast. Results do not depend on the blocks.
//
// Panels of B that a product makes are never shared: lines that another core has written come slowly, and waiting for it
// takes time too. Those of a Packed are, for nobody writes them any more.
type tileJob[T kernels.Float] struct {
	g      gemmArgs[T]
	s      *tileSet
	form   tileForm
	works  []*tileWork[T]
	serial uint64 // of the product, by which workers know whose panels they have

	rows, cols, across int // of a block, and blocks side by side
	count              int // of blocks on top of each other that are as high as each other
	sums               []T // of blocks of a combination, but for the first
	team               *workers.Team
}

// tileForm is how blocks are computed.
type tileForm int

const (
	formBlock   tileForm = iota
	formDot              // columns, as dot products
	formCombine          // a combination of B's rows, some of them at a time
	formRows             // rows, from panels of all of B
	formPacked           // blocks, from panels of a Packed
)

var (
	tileJobs32 [workers.Teams]tileJob[float32]
	tileJobs64 [workers.Teams]tileJob[float64]
)

// tileJobOf is a team's job.
func tileJobOf[T kernels.Float](team *workers.Team) *tileJob[T] {
	j := (*tileJob[T])(unsafe.Pointer(&tileJobs64[team.Index()]))
	if kernels.IsF32[T]() {
		j = (*tileJob[T])(unsafe.Pointer(&tileJobs32[team.Index()]))
	}
	j.team = team
	return j
}

// gemmParallelFrom is the number of multiply-adds from which a product is shared over the workers: 4 µs of one core's
// work. Handing over takes 0.2 µs where two cores share a cache and over 1 µs where they do not, so a product that takes
// less gains little and can lose much. An element of B read or of C written counts as four, for where rows or sums are
// few, memory sets the pace.
const gemmParallelFrom = 500_000

func (g *gemmArgs[T]) work() int { return (g.m+4)*g.n*g.k + 4*g.m*g.n }

// product computes g with the job's team, and releases that.
func (j *tileJob[T]) product(g *gemmArgs[T], s *tileSet) {
	j.g, j.s = *g, s
	defer func() {
		j.g = gemmArgs[T]{}
		j.team.Release()
	}()
	threads := j.team.Threads()
	for len(j.works) < j.team.Workers() {
		j.works = append(j.works, new(tileWork[T]))
	}
	switch {
	case g.panels != nil:
		j.cutPanels(threads)
		j.team.Run(j.count*j.across, 1, j)
	case g.isDot(s): // rows must stay together: their number decides how sums are split
		j.form, j.cols = formDot, kernels.RoundUp(kernels.CeilDiv(g.n, threads), 4)
		j.team.Run(kernels.CeilDiv(g.n, j.cols), 1, j)
	case g.isCombination(s):
		j.combine(threads)
	default:
		j.cut(threads)
		if j.across == 1 && g.isSmallB(s) && g.mustPackB(s, j.rows) {
			j.serial++
			j.form, j.count = formRows, min(g.tiles(s), j.parts(threads))
			j.team.Run(j.count, 1, j)
			return
		}
		j.form = formBlock
		j.team.Run(kernels.CeilDiv(g.m, j.rows)*j.across, 1, j)
	}
}

// parts is how many blocks there should be where small ones are as good as large ones: a whole number for each worker, of
// enough work each.
func (j *tileJob[T]) parts(threads int) int {
	const most = 8
	return threads * max(1, min(most, j.g.work()/(threads*gemmParallelFrom)))
}

// isSmallB reports whether B is one slab and quickly copied, so that each worker may copy all of it.
func (g *gemmArgs[T]) isSmallB(s *tileSet) bool {
	const most = 192 << 10
	size := int(unsafe.Sizeof(*new(T)))
	return g.depth(s) == g.k && g.n*size <= ncBytes && g.n*g.k*size <= most
}

// cut chooses blocks of c. The largest block is to be small, and so are its sides, for they say how much of A and B it
// reads.
func (j *tileJob[T]) cut(parts int) {
	// elements of c that take as long as reading a row of A or a column of B for them
	const row, column = 8, 16
	best := math.MaxInt
	for across := 1; across <= parts; across++ {
		rows, cols := kernels.CeilDiv(j.g.m, max(1, parts/across)), kernels.RoundUp(kernels.CeilDiv(j.g.n, across), j.s.lanes)
		if cost := rows*cols + row*rows + column*cols; cost < best {
			best, j.rows, j.cols = cost, rows, cols
		}
	}
	j.across = kernels.CeilDiv(j.g.n, j.cols)
}

// run computes one block; it implements task.
func (j *tileJob[T]) Run(worker, block, _ int) {
	g, s, w := &j.g, j.s, j.works[worker]
	switch j.form {
	case formDot:
		w.dot(g, s, block*j.cols, min((block+1)*j.cols, g.n))
	case formCombine:
		j.combineBlock(w, block)
	case formRows:
		b := slab{0, g.n, 0, g.k, true}
		if w.serial != j.serial {
			w.pb = room(w.pb, b.panels(s))
			g.packB(s, b, w.pb)
			w.serial = j.serial
		}
		tiles := g.tiles(s)
		w.rows(g, s, b, w.pb, g.tileStart(s, block*tiles/j.count), g.tileStart(s, (block+1)*tiles/j.count))
	case formPacked: // blocks on top of each other go to one worker, whose cache then has the panels
		i, c := block%j.count*j.rows, block/j.count*j.cols
		w.packed(g, s, i, min(i+j.rows, g.m), c, min(c+j.cols, g.n))
	case formBlock:
		i, c := block/j.across*j.rows, block%j.across*j.cols
		w.block(g, s, i, min(i+j.rows, g.m), c, min(c+j.cols, g.n))
	}
}

// tiles is how many rows of tiles the product has.
func (g *gemmArgs[T]) tiles(s *tileSet) int { return kernels.CeilDiv(g.m, s.rows) }

// tileStart is the first row of a row of tiles, where all are as equally high as can be.
func (g *gemmArgs[T]) tileStart(s *tileSet, tile int) int {
	n := g.tiles(s)
	return tile*(g.m/n) + min(tile, g.m%n)
}
