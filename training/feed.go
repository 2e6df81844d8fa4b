package training

import "github.com/gtrain/gtrain/data"

// feeder gathers the next batch while the present one is computed. It alternates between two programs for each batch
// size, so that one is filled while the other runs, and starts one goroutine for a whole training.
type feeder struct {
	t    *Trainer
	ask  chan fed
	done chan error
	slot int
}

// fed is a batch: the program that will run it, its rows, and where the sequence of batches stands after it.
type fed struct {
	p     *batchProgram
	rows  []int
	after data.Cursor
}

func (t *Trainer) newFeeder() *feeder {
	f := &feeder{t: t, ask: make(chan fed), done: make(chan error)}
	go func() {
		for b := range f.ask {
			f.done <- b.p.gather(t.data, b.rows, true)
		}
	}()
	return f
}

func (f *feeder) close() { close(f.ask) }

// next begins to gather the next batch; ok is false at the end of an epoch. wait must follow before anything else.
func (f *feeder) next() (b fed, ok bool, err error) {
	if b.rows, ok = f.t.batches.Next(); !ok {
		return b, false, nil
	}
	b.after = f.t.batches.Cursor()
	if b.p, err = f.t.program(len(b.rows), f.slot); err != nil {
		return b, false, err
	}
	f.slot = 1 - f.slot
	f.ask <- b
	return b, true, nil
}

func (f *feeder) wait() error { return <-f.done }
