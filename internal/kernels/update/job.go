package update

import (
	"sync/atomic"
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// updateFrom is the number of elements from which an update is shared over the workers, in chunks of updateChunk; a
// scan of a gradient, which does less for each, is shared from scanFrom on, in chunks of scanChunk. Both are some
// microseconds of work. A sum of squares is cut into the same chunks when one thread computes it.
const (
	updateFrom  = 1 << 15
	updateChunk = 1 << 13
	scanFrom    = 1 << 17
	scanChunk   = 1 << 14
)

// An updateKind is one update formula.
type updateKind int

const (
	sgdKind updateKind = iota
	momentumKind
	nesterovKind
	adamKind
	amsgradKind
	nadamKind
	adamaxKind
	adagradKind
	adadeltaKind
	rmspropKind
	rmspropSlotsKind // with a mean or a buf slot, or a variant
	rpropKind
	asgdKind
	asgdFirstKind // the mean is the weights
	clampKind
	interpolateKind
	numUpdates
)

// An updateFunc is one update formula: x holds the weights, the gradient and the slots, k the constants, both in the
// order of the portable function.
type updateFunc[T kernels.Float] func(x [5][]T, k [10]T)

// updateOps is what an implementation provides for optimizers. Each gives the same bits in all implementations, so the
// assembly has neither fused multiply-adds nor approximations, and the portable functions convert each product that is
// added to something, which keeps the compiler from fusing them.
type updateOps[T kernels.Float] struct {
	apply [numUpdates]updateFunc[T]
	// squares adds up the squares of the elements of x whose index modulo 16 is the same, as far as sixteens go
	squares func(x []T) [16]float64
	residue func(x []T) T // 0 if all elements are finite, else NaN
}

// updateJob is the work of an optimizer shared over the workers. Exactly one of the functions or keep is set.
type updateJob[T kernels.Float] struct {
	apply   updateFunc[T]
	squares func(x []T) [16]float64
	residue func(x []T) T
	keep    []bool

	x        [5][]T
	k        [10]T
	sums     []float64 // of squares, one a chunk
	infinite atomic.Bool
	team     *workers.Team
}

// Each team has a job of each type, so that a call allocates nothing.
var (
	updateJobs32 [workers.Teams]updateJob[float32]
	updateJobs64 [workers.Teams]updateJob[float64]
)

// borrowUpdate acquires a team and its job for work on n elements, or returns nil if the caller should work alone.
func borrowUpdate[T kernels.Float](n, from int) *updateJob[T] {
	if n < from {
		return nil
	}
	team := workers.Acquire()
	if team == nil {
		return nil
	}
	j := (*updateJob[T])(unsafe.Pointer(&updateJobs64[team.Index()]))
	if kernels.IsF32[T]() {
		j = (*updateJob[T])(unsafe.Pointer(&updateJobs32[team.Index()]))
	}
	j.team = team
	return j
}

func (j *updateJob[T]) share(n, chunk int) {
	defer j.clear()
	j.team.Run(n, chunk, j)
}

// clear drops everything but the memory for sums, and gives the team back.
func (j *updateJob[T]) clear() {
	j.apply, j.squares, j.residue, j.keep, j.x = nil, nil, nil, nil, [5][]T{}
	j.team.Release()
}

func (j *updateJob[T]) Run(_, lo, hi int) {
	switch {
	case j.apply != nil:
		x := j.x
		for i := range x {
			if x[i] != nil {
				x[i] = x[i][lo:hi]
			}
		}
		j.apply(x, j.k)
	case j.squares != nil:
		j.sums[lo/scanChunk] = squaresOf(j.squares, j.x[0][lo:hi])
	case j.residue != nil:
		if j.residue(j.x[0][lo:hi]) != 0 {
			j.infinite.Store(true)
		}
	case j.keep != nil:
		zeroUnkeptGo(j.x[0][lo:hi], j.keep[lo:hi])
	}
}

// runUpdate applies a formula to slices of one length.
func runUpdate[T kernels.Float](kind updateKind, x [5][]T, k [10]T) {
	f := updateOpsOf[T]().apply[kind]
	n := len(x[0])
	if j := borrowUpdate[T](n, updateFrom); j != nil {
		j.apply, j.x, j.k = f, x, k
		j.share(n, updateChunk)
		return
	}
	f(x, k)
}
