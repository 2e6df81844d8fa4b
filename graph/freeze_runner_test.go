package graph

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// freezeCases are networks whose inputs are so many numbers a row.
func freezeCases(t *testing.T, dt tensor.Dtype) map[string]*Network {
	masked := mlp(t, dt, 2, 30, op.ReLU, 70, 40, 10)
	images := normNet(newMaker(t, dt))
	sequence := newMaker(t, dt, "sequence")
	x := sequence.input("x", 2, 5, 8)
	w := op.AttentionWeights{Query: sequence.param("q", 8, 12), Key: sequence.param("k", 8, 12), Value: sequence.param("v", 8, 9),
		Out: sequence.param("o", 9, 8), OutBias: sequence.param("ob", 8)}
	y := must(op.MultiHeadAttention(x, x, x, w, 3, nil))
	y = must(op.Linear(y, sequence.param("last", 8, 20), nil, op.GELU, 0))
	plain := newMaker(t, dt, "plain")
	p := must(gorgonia.Tanh(plain.plain(plain.input("x", 4, 20), "one", 50)))
	kept := must(gorgonia.HadamardProd(plain.param("two.weight", 50, 40), plain.param("two.mask", 50, 40)))
	p = must(gorgonia.Rectify(must(gorgonia.Mul(p, kept))))
	return map[string]*Network{
		"mlp": mlp(t, dt, 2, 30, op.Tanh, 70, 40, 10), "images": images, "sequence": sequence.done(y),
		"masked": mask(t, masked, map[string][]int{"dense1": {0, 5, 9}, "dense2": {3}}), "plain": plain.done(p),
	}
}

// sameRows compares what two runners say of rows, bit by bit.
func sameRows(t *testing.T, what string, got, want *Runner, x []float32) {
	t.Helper()
	a, b := predicted(t, got, x), predicted(t, want, x)
	if !slices.Equal(a, b) {
		i := 0
		for a[i] == b[i] {
			i++
		}
		t.Fatalf("%s: value %d is %v, want %v", what, i, a[i], b[i])
	}
}

// freezing freezes a runner.
func freezing(t *testing.T, r *Runner) *Runner {
	t.Helper()
	if err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	return r
}

func rowsOf(r *Runner, n int) []float32 {
	x := make([]float32, n*r.InputWidth())
	for i := range x {
		x[i] = float32((i*7919)%2003)/1001 - 1
	}
	return x
}

func eachISA(t *testing.T, f func(name string)) {
	was := kernels.ISA()
	defer func() { _ = kernels.SetISA(was) }()
	for _, name := range kernels.ISAs() {
		if err := kernels.SetISA(name); err != nil {
			t.Fatal(err)
		}
		f(name)
	}
}

// A frozen runner gives the bits of one that is not, for any number of rows and threads and with each instruction set,
// also one that matrices were not packed for.
func TestFreezeGivesTheSameBits(t *testing.T) {
	defer workers.Set(0)
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for name, net := range freezeCases(t, dt) {
			frozen := freezing(t, runner(t, net, 0))
			eachISA(t, func(isa string) {
				here, free := freezing(t, runner(t, net, 0)), runner(t, net, 0)
				for _, rows := range []int{1, 2, 3, 7, 33, 130} {
					for _, threads := range []int{1, 2} {
						workers.Set(threads)
						what := fmt.Sprintf("%s of %v, %s, %d rows, %d threads", name, dt, isa, rows, threads)
						x := rowsOf(free, rows)
						sameRows(t, what, here, free, x)
						sameRows(t, what+", packed before", frozen, free, x)
					}
				}
			})
		}
	}
}

// A frozen runner sees no change, in place or of what is bound, in a program that exists or not, until it is frozen
// again.
func TestFreezeKeepsValues(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for name, net := range freezeCases(t, dt) {
			before, err := net.Clone()
			if err != nil {
				t.Fatal(err)
			}
			was, frozen := runner(t, before, 0), freezing(t, runner(t, net, 0))
			check := func(what string, want *Runner) {
				t.Helper()
				for _, rows := range []int{1, 5, 40, 70} {
					sameRows(t, fmt.Sprintf("%s of %v, %s, %d rows", name, dt, what, rows), frozen, want, rowsOf(frozen, rows))
				}
			}
			sameRows(t, name, frozen, was, rowsOf(frozen, 40))
			for k, p := range net.Tensors() {
				other := newMaker(t, dt, p.Name()).floats(p.Shape().TotalSize())
				for i := range other {
					other[i] = max(other[i], -other[i]) // a variance stays one
				}
				if k%2 == 0 {
					fill(p.Value(), other)
				} else if err := gorgonia.Let(p, newDense(dt, other, p.Shape()...)); err != nil {
					t.Fatal(err)
				}
			}
			check("changed", was)
			freezing(t, frozen)
			check("frozen again", runner(t, net, 0))
			if slices.Equal(predicted(t, frozen, rowsOf(frozen, 5)), predicted(t, was, rowsOf(was, 5))) {
				t.Errorf("%s: nothing changed", name)
			}
		}
	}
}

func predicted(t *testing.T, r *Runner, x []float32) []float32 {
	t.Helper()
	y, err := r.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// Programs of all sizes share what is frozen: copies are made once.
func TestFreezeShares(t *testing.T) {
	for name, want := range map[string][2]int{"mlp": {0, 3}, "masked": {0, 3}, "images": {2 * 4, 4}, "sequence": {0, 5},
		"plain": {1, 2}} {
		r := freezing(t, runner(t, freezeCases(t, tensor.Float32)[name], 0))
		for _, rows := range []int{7, 40, 128, 130, 200} {
			predicted(t, r, rowsOf(r, rows))
		}
		s := r.snapshot
		if kernels.ISA() == "portable" {
			want[1] = 0
		}
		if len(s.steps) != want[0] || len(s.packs) != want[1] || len(s.copies) != len(s.taken)+len(s.steps) {
			t.Errorf("%s: %d values computed in advance, %d matrices packed and %d copies of %d tensors; want %d and %d", name,
				len(s.steps), len(s.packs), len(s.copies), len(s.taken), want[0], want[1])
		}
		bytes := s.Bytes()
		predicted(t, r, rowsOf(r, 90))
		if s.Bytes() != bytes || bytes == 0 {
			t.Errorf("%s: %d bytes, with another batch size %d", name, bytes, s.Bytes())
		}
	}
}

func TestFrozenRunnerAllocatesNothing(t *testing.T) {
	for name, net := range freezeCases(t, tensor.Float32) {
		r := freezing(t, runner(t, net, 16))
		x := rowsOf(r, 37)
		out := make([]float32, 37*r.Width(0))
		f := func() {
			if err := r.Run(x, out); err != nil {
				t.Fatal(err)
			}
		}
		f()
		if n := testing.AllocsPerRun(20, f); n != 0 {
			t.Errorf("%s: %v allocations a run", name, n)
		}
		if n := testing.AllocsPerRun(20, func() { freezing(t, r) }); n != 0 {
			t.Errorf("%s: freezing again allocates %v times", name, n)
		}
	}
}

func TestFreezeErrors(t *testing.T) {
	net := mlp(t, tensor.Float32, 2, 4, op.ReLU, 5, 3)
	r := freezing(t, runner(t, net, 0))
	x := rowsOf(r, 9)
	want := predicted(t, r, x)
	fill(net.Params[0].Value(), make([]float64, 20))
	small := newDense(tensor.Float32, make([]float64, 4), 4)
	bias := net.Params[1].Value()
	gorgonia.WithValue(small)(net.Params[1])
	wantError(t, r.Freeze(), "dense1.bias", "the graph was built for (5)")
	if !slices.Equal(predicted(t, r, x), want) {
		t.Error("values changed where Freeze failed")
	}
	gorgonia.WithValue(bias)(net.Params[1])
	freezing(t, r)
	if slices.Equal(predicted(t, r, x), want) {
		t.Error("values did not change where Freeze worked")
	}
}
