package criteria

import (
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gtrain/gtrain/internal/workers"
)

// No more units are scored at one time than the user gave threads, whatever the processor has, and the scores are the
// same.
func TestUnitsAreScoredOnTheThreadsGiven(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	defer workers.Set(0)
	s := UnitStats{Layer: "l", Units: 64, Activations: make([]float32, 64*50)}
	for i := range s.Activations {
		s.Activations[i] = float32(i%17) / float32(i%5+1)
	}
	var want []float64
	for _, threads := range []int{1, 2, 3, 5, 8, 0} {
		workers.Set(threads)
		before := runtime.NumGoroutine()
		var now, most, goroutines atomic.Int32
		raise := func(m *atomic.Int32, n int32) {
			for old := m.Load(); n > old && !m.CompareAndSwap(old, n); old = m.Load() {
			}
		}
		scores, err := eachUnit(s, func(w *scratch, unit int, x []float64) (float64, error) {
			raise(&most, now.Add(1))
			raise(&goroutines, int32(runtime.NumGoroutine()))
			defer now.Add(-1)
			runtime.Gosched()
			sum := 0.0
			for i := range x {
				sum += x[i]
				x[i] = 0
			}
			return sum, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if limit := int32(workers.Threads()); most.Load() > limit {
			t.Errorf("%d units at one time with %d threads", most.Load(), limit)
		}
		if threads == 1 && int(goroutines.Load()) > before {
			t.Errorf("%d goroutines with one thread, %d before", goroutines.Load(), before)
		}
		if want == nil {
			want = scores
		}
		if !slices.Equal(scores, want) {
			t.Errorf("%d threads: other scores", threads)
		}
	}
}

// The error is that of the first unit that has one, however units were shared out.
func TestEachUnitNamesTheUnit(t *testing.T) {
	defer workers.Set(0)
	bad := errors.New("bad")
	for _, threads := range []int{1, 0} {
		workers.Set(threads)
		_, err := eachUnit(UnitStats{Units: 9, Activations: make([]float32, 9)},
			func(_ *scratch, unit int, _ []float64) (float64, error) {
				if unit >= 4 {
					return 0, bad
				}
				return 1, nil
			})
		if !errors.Is(err, bad) || err.Error() != "unit 4: bad" {
			t.Errorf("%d threads: %v", threads, err)
		}
	}
}
