package training

import (
	"sync"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/workers"
)

// feeder gathers the next batch while the present one is computed, in the time that the kernels' workers would otherwise
// wait. It alternates between two batches for each batch size, so that one is filled while the other is computed on.
type feeder struct {
	t      *Trainer
	pairs  map[int]*pair // by size
	spare  workers.Spare
	gather func(lo, hi int) // bound once, so that a step allocates nothing

	// the batch that is being gathered
	fed fed
	mu  sync.Mutex
	err error
}

// pair is two batches that are used in turn.
type pair struct {
	of   [2]*batch
	next int
}

// fed is a batch: the program that will run it, its rows, and where the sequence of batches stands after it.
type fed struct {
	p     *batchProgram
	batch *batch
	rows  []int
	after data.Cursor
}

// feedValues is how many values a worker gathers at a time: what main memory gives in about a microsecond.
const feedValues = 1024

func (t *Trainer) newFeeder() *feeder {
	f := &feeder{t: t, pairs: map[int]*pair{}}
	f.gather = func(lo, hi int) { f.fail(f.fed.batch.features(t.data, f.fed.rows, lo, hi)) }
	return f
}

func (f *feeder) fail(err error) {
	if err != nil {
		f.mu.Lock()
		f.err = err
		f.mu.Unlock()
	}
}

// next begins to gather the next batch; ok is false at the end of an epoch. wait must follow before anything else.
func (f *feeder) next() (b fed, ok bool, err error) {
	if b.rows, ok = f.t.batches.Next(); !ok {
		return b, false, nil
	}
	b.after = f.t.batches.Cursor()
	if b.p, err = f.t.program(len(b.rows)); err != nil {
		return b, false, err
	}
	two := f.pairs[len(b.rows)]
	if two == nil {
		other, err := b.p.another()
		if err != nil {
			return b, false, err
		}
		two = &pair{of: [2]*batch{b.p.batch, other}}
		f.pairs[len(b.rows)] = two
	}
	b.batch, two.next = two.of[two.next], 1-two.next
	f.fed, f.err = b, nil
	f.fail(b.batch.answers(f.t.data, b.rows))
	f.spare.Begin(len(b.rows), feedValues/max(1, f.t.data.Width()), f.gather)
	return b, true, nil
}

// wait returns when the batch has been gathered.
func (f *feeder) wait() error {
	f.spare.Finish()
	return f.err
}
