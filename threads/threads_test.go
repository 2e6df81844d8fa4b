package threads_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/threads"
)

func TestSet(t *testing.T) {
	defer threads.Set(threads.Set(0))
	procs := runtime.GOMAXPROCS(0)
	before := 0
	for _, c := range []struct{ set, want, kept int }{
		{1, 1, 1}, {0, procs, 0}, {procs, procs, procs}, {procs + 5, procs, procs + 5}, {-3, procs, 0},
	} {
		if got := threads.Set(c.set); got != before {
			t.Errorf("Set(%d) returns %d, want %d", c.set, got, before)
		}
		if got := threads.Limit(); got != c.want {
			t.Errorf("Set(%d): the limit is %d, want %d", c.set, got, c.want)
		}
		before = c.kept
	}
}

// It may be set at any time, by anybody; run with -race.
func TestSetFromSeveralGoroutines(t *testing.T) {
	defer threads.Set(threads.Set(0))
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 100 {
				threads.Set((g + i) % 3)
				if n := threads.Limit(); n < 1 || n > runtime.GOMAXPROCS(0) {
					t.Errorf("the limit is %d", n)
				}
			}
		})
	}
	all.Wait()
}
