package criteria

import (
	"strconv"
	"sync"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/gtrain/gtrain/pruning/information"
	"github.com/pkg/errors"
)

// scratch is what one goroutine reuses from unit to unit.
type scratch struct {
	information.Scratch
	codes []int
	x     []float64
}

// eachUnit scores every unit from its activations over the samples, which score may overwrite. Units are shared out to
// the kernels' workers, so that their threads are the user's; as no unit sees another's scratch contents, the scores do
// not depend on how.
func eachUnit(s UnitStats, score func(w *scratch, unit int, x []float64) (float64, error)) ([]float64, error) {
	scores, errs := make([]float64, s.Units), make([]error, s.Units)
	idle := sync.Pool{New: func() any { return &scratch{x: make([]float64, s.Samples())} }}
	workers.Enter()
	defer workers.Leave()
	workers.Parallel(s.Units, 1, func(lo, hi int) {
		w := idle.Get().(*scratch)
		defer idle.Put(w)
		for u := lo; u < hi; u++ {
			for i := range w.x {
				w.x[i] = float64(s.Activations[i*s.Units+u])
			}
			scores[u], errs[u] = score(w, u, w.x)
		}
	})
	for u, err := range errs {
		if err != nil {
			return nil, errors.WithMessagef(err, "unit %d", u)
		}
	}
	return scores, nil
}

// eachVector scores every unit from its weights.
func eachVector(s UnitStats, score func(w []float32) float64) ([]float64, error) {
	scores := make([]float64, s.Units)
	for u, w := range s.Weights {
		scores[u] = score(w)
	}
	return scores, nil
}

// discretise cuts a unit's activations as the options say.
func (w *scratch) discretise(x []float64, o Options) (err error) {
	w.codes, _, err = w.Discretize(w.codes, x, o.Bins, o.Binning)
	return err
}

// classes returns what activations are compared with where they are binned: the labels, or the targets cut into as many
// bins as the activations are, always of equal frequency, so that no class is rare.
func (s UnitStats) classes(o Options) ([]int, error) {
	if s.Labels != nil {
		return s.Labels, nil
	}
	codes, _, err := information.Discretize(nil, widen(s.Targets), o.Bins, information.EqualFrequency)
	return codes, errors.WithMessage(err, "targets")
}

func widen(v []float32) []float64 {
	w := make([]float64, len(v))
	for i, f := range v {
		w[i] = float64(f)
	}
	return w
}

// seed derives the seed of one unit's draws for a purpose.
func (s UnitStats) seed(purpose string, unit int) uint64 {
	return random.Seed(s.Seed, purpose, s.Layer, strconv.Itoa(unit))
}
