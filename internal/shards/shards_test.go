package shards

import (
	"errors"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/workers"
)

// counter is a program that remembers how many rows it was built for and whether it runs.
type counter struct {
	rows    int
	running bool
}

// Every row runs once, in a part of at most Most rows for which the program was built, and the cut is the same for any
// number of threads.
func TestRun(t *testing.T) {
	defer workers.Set(0)
	for _, n := range []int{0, 1, 63, 64, 65, 128, 129, 1000, 4161, 64*70 + 1} {
		var cuts [][]int
		for _, threads := range []int{1, 0} {
			workers.Set(threads)
			const from = 5
			seen, ends := make([]int, n), make([]int, Parts(n))
			s := New(func(rows int) (*counter, error) { return &counter{rows: rows}, nil },
				func(c *counter, part, lo, hi int) error {
					if hi-lo > Most || hi-lo != c.rows || c.running {
						t.Errorf("rows %d to %d through a program for %d, running %v", lo, hi, c.rows, c.running)
					}
					c.running = true
					for i := lo; i < hi; i++ {
						seen[i-from]++
					}
					ends[part] = hi
					c.running = false
					return nil
				})
			for range 2 {
				if err := s.Run(from, from+n); err != nil {
					t.Fatal(err)
				}
			}
			for i, times := range seen {
				if times != 2 {
					t.Fatalf("%d rows: row %d ran %d times in two calls", n, i, times)
				}
			}
			cuts = append(cuts, ends)
			if len(s.Sizes()) > 2 {
				t.Errorf("%d rows need programs for %v", n, s.Sizes())
			}
		}
		if !slices.Equal(cuts[0], cuts[1]) {
			t.Errorf("%d rows: one thread cuts at %v, more at %v", n, cuts[0], cuts[1])
		}
	}
}

func TestErrors(t *testing.T) {
	no, broken := errors.New("no"), errors.New("broken")
	s := New(func(rows int) (int, error) {
		if rows == 7 {
			return 0, no
		}
		return rows, nil
	}, func(_, part, _, _ int) error {
		if part > 0 {
			return broken
		}
		return nil
	})
	if err := s.Run(0, 7); !errors.Is(err, no) {
		t.Errorf("a program that cannot be built: %v", err)
	}
	for range 2 { // the programs came back
		if err := s.Run(0, 300); !errors.Is(err, broken) {
			t.Errorf("a part that fails: %v", err)
		}
	}
	if err := s.Run(0, 60); err != nil {
		t.Errorf("one part: %v", err)
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	s := New(func(rows int) (int, error) { return rows, nil }, func(_, _, _, _ int) error { return nil })
	run := func() {
		if err := s.Run(0, 1000); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(20, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
