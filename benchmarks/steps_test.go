package benchmarks

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
)

// eachCase runs f for every network and batch size; for the convolutional ones 8 stands for the larger batches, which
// take seconds with Gorgonia's machine.
func eachCase(t *testing.T, f func(t *testing.T, n Network, batch int)) {
	for _, n := range Networks() {
		batches := n.Batches
		if !n.IsPerceptron() {
			batches = []int{1, 8}
		}
		for _, batch := range batches {
			t.Run(fmt.Sprintf("%s/batch=%d", n.Name, batch), func(t *testing.T) { f(t, n, batch) })
		}
	}
}

func steps(t *testing.T, n int, step func() error) {
	t.Helper()
	for range n {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStepsAllocateNothing(t *testing.T) {
	eachCase(t, func(t *testing.T, n Network, batch int) {
		training, err := NewTraining(n, batch, CheckedRate)
		if err != nil {
			t.Fatal(err)
		}
		inference, err := NewInference(n, batch)
		if err != nil {
			t.Fatal(err)
		}
		for what, step := range map[string]func() error{"training": training.Step, "inference": inference.Step} {
			steps(t, 2, step)
			if got := testing.AllocsPerRun(3, func() { steps(t, 1, step) }); got != 0 {
				t.Errorf("a step of %s makes %v allocations", what, got)
			}
			// AllocsPerRun uses one processor. With all of them the runtime itself allocates now and then, but not at each step.
			fewest := uint64(math.MaxUint64)
			for range 5 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				steps(t, 1, step)
				runtime.ReadMemStats(&after)
				fewest = min(fewest, after.Mallocs-before.Mallocs)
			}
			if fewest != 0 {
				t.Errorf("a step of %s makes at least %d allocations with all threads", what, fewest)
			}
		}
	})
}

// What is compared for speed does the same work: the same losses at every step, the same probabilities.
func TestSameWork(t *testing.T) {
	t.Cleanup(func() { gorgonia.Use(gonum.Implementation{}) })
	eachCase(t, func(t *testing.T, n Network, batch int) {
		if !n.ForGorgonia() {
			return
		}
		training, err := NewTraining(n, batch, CheckedRate)
		if err != nil {
			t.Fatal(err)
		}
		program, err := NewProgram(n, batch, true)
		if err != nil {
			t.Fatal(err)
		}
		if err := Machines()[0].On(program, CheckedRate); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			steps(t, 1, training.Step)
			steps(t, 1, program.Step)
			if d := math.Abs(float64(training.Loss() - program.Loss())); !(d < 1e-4*(1+float64(program.Loss()))) {
				t.Fatalf("step %d: loss %v, Gorgonia's %v", i+1, training.Loss(), program.Loss())
			}
		}
		inference, err := NewInference(n, batch)
		if err != nil {
			t.Fatal(err)
		}
		if program, err = NewProgram(n, batch, false); err != nil {
			t.Fatal(err)
		}
		program.On(gorgonia.NewTapeMachine(program.Graph), nil)
		steps(t, 1, inference.Step)
		steps(t, 1, program.Step)
		sameFloats(t, inference.Output, program.Output.Value().Data().([]float32))
	})
}

func sameFloats(t *testing.T, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, Gorgonia gives %d", len(got), len(want))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i] - w)); !(d < 1e-5) {
			t.Fatalf("probability %d is %v, Gorgonia's %v", i, got[i], w)
		}
	}
}

// An existing program trains the same on every machine.
func TestExistingPrograms(t *testing.T) {
	t.Cleanup(func() { gorgonia.Use(gonum.Implementation{}) })
	for _, e := range ExistingPrograms() {
		t.Run(e.Name, func(t *testing.T) {
			var want, first float32
			for _, m := range Machines() {
				p, err := e.New()
				if err != nil {
					t.Fatal(err)
				}
				if err := m.On(p, CheckedRate); err != nil {
					t.Fatal(err)
				}
				steps(t, 1, p.Step)
				first = p.Loss()
				steps(t, 9, p.Step)
				if want == 0 {
					want = p.Loss()
				}
				if d := math.Abs(float64(p.Loss() - want)); !(d < 1e-4) || !(p.Loss() < first) {
					t.Errorf("%s: loss %v after 10 steps, from %v; with Gorgonia's machine %v", m.Name, p.Loss(), first, want)
				}
			}
		})
	}
}
