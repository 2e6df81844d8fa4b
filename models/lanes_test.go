package models

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/threads"
)

// withThreads sets the number of threads for a test, whatever the number of processors.
func withThreads(t testing.TB, n int) {
	procs := runtime.GOMAXPROCS(0)
	if n > procs {
		runtime.GOMAXPROCS(n)
	}
	before := threads.Set(n)
	t.Cleanup(func() {
		threads.Set(before)
		runtime.GOMAXPROCS(procs)
	})
}

// lanesModel is a classifier of 6 features and predictions of some rows of it.
func lanesModel(t *testing.T, rows int) (m *Model, x []float32) {
	net := build(t, Sequential(Input(6), Dense(40), BatchNorm(), Activate(Tanh), Dense(300), Activate(ReLU), Dense(3), Softmax()),
		Options{Seed: 1})
	x = make([]float32, rows*6)
	r := random.New(1, "lanes")
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return &Model{Net: net, Classes: []string{"a", "b", "c"}, Features: make([]string, 6)}, x
}

// Calls side by side, of many batch sizes, give the bits of calls one after the other. Run with -race.
func TestPredictorSideBySide(t *testing.T) {
	withThreads(t, 4)
	m, x := lanesModel(t, 400)
	serial, err := m.Predictor()
	if err != nil {
		t.Fatal(err)
	}
	sizes := []int{1, 2, 7, 63, 64, 65, 130, 257, 400}
	want := map[int][]float32{}
	for _, n := range sizes {
		if want[n], err = serial.Predict(x[:n*6]); err != nil {
			t.Fatal(err)
		}
	}
	p, err := m.Predictor()
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 10 {
		all.Go(func() {
			for k := range 30 {
				n := sizes[(g+k)%len(sizes)]
				if g == 0 {
					threads.Set(1 + k%4) // calls obey it from then on
				}
				if got, err := p.Predict(x[:n*6]); err != nil || !slices.Equal(got, want[n]) {
					t.Errorf("%d rows: other numbers, error %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
	if n := p.lanes.made.Load(); n < 1 || n > 4 {
		t.Errorf("%d lanes with at most 4 threads", n)
	}
	for i, l := range p.lanes.all[:p.lanes.made.Load()] {
		if l.used.Load() {
			t.Errorf("lane %d is still in use", i)
		}
	}
}

// As many calls as threads have a lane; the next one waits for one, and a smaller budget holds for lanes that exist.
func TestLanesAreBoundedByTheThreads(t *testing.T) {
	withThreads(t, 3)
	m, _ := lanesModel(t, 1)
	p, err := m.Predictor()
	if err != nil {
		t.Fatal(err)
	}
	l := p.lanes
	held := []*lane{l.take(), l.take(), l.take()}
	if held[0] == held[1] || held[1] == held[2] || held[0] == held[2] {
		t.Fatal("two calls have one lane")
	}
	var got atomic.Bool
	next := make(chan *lane)
	go func() {
		v := l.take()
		got.Store(true)
		next <- v
	}()
	for l.waiting.Load() == 0 {
		runtime.Gosched()
	}
	if got.Load() || l.made.Load() != 3 {
		t.Fatal("a fourth call has a lane")
	}
	l.give(held[1])
	if v := <-next; v != held[1] {
		t.Error("the call that waited has another lane than the one given back")
	}
	for _, v := range held {
		l.give(v)
	}
	threads.Set(1)
	only := l.take()
	if v := l.tryFrom(0, 3); v != nil {
		t.Error("two calls at a time with one thread")
	}
	l.give(only)
}

// One goroutine needs one lane, and a call allocates its result alone.
func TestPredictorAllocatesItsResultAlone(t *testing.T) {
	withThreads(t, 2)
	m, x := lanesModel(t, 3)
	p, err := m.Predictor()
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(50, func() {
		if _, err := p.Predict(x); err != nil {
			t.Fatal(err)
		}
	}); n != 1 {
		t.Errorf("%v allocations a call, want 1", n)
	}
	if n := p.lanes.made.Load(); n != 1 {
		t.Errorf("%d lanes for one goroutine", n)
	}
}
