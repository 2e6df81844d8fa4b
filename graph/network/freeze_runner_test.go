package network_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// networksToFreeze are networks whose inputs are so many numbers a row.
func networksToFreeze(t *testing.T, dt tensor.Dtype) map[string]*network.Network {
	out := map[string]*network.Network{}
	for name, net := range graphtest.FreezeCases(t, dt) {
		out[name] = (*network.Network)(net)
	}
	return out
}

// sameRows compares what two runners say of rows, bit by bit.
func sameRows(t *testing.T, what string, got, want *network.Runner, x []float32) {
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
func freezing(t *testing.T, r *network.Runner) *network.Runner {
	t.Helper()
	if err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	return r
}

func rowsOf(r *network.Runner, n int) []float32 {
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
		for name, net := range networksToFreeze(t, dt) {
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
		for name, net := range networksToFreeze(t, dt) {
			before, err := net.Clone()
			if err != nil {
				t.Fatal(err)
			}
			was, frozen := runner(t, before, 0), freezing(t, runner(t, net, 0))
			check := func(what string, want *network.Runner) {
				t.Helper()
				for _, rows := range []int{1, 5, 40, 70} {
					sameRows(t, fmt.Sprintf("%s of %v, %s, %d rows", name, dt, what, rows), frozen, want, rowsOf(frozen, rows))
				}
			}
			sameRows(t, name, frozen, was, rowsOf(frozen, 40))
			for k, p := range net.Tensors() {
				other := newMaker(t, dt, p.Name()).Floats(p.Shape().TotalSize())
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

func TestFrozenRunnerAllocatesNothing(t *testing.T) {
	for name, net := range networksToFreeze(t, tensor.Float32) {
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
	graphtest.WantError(t, r.Freeze(), "dense1.bias", "the graph was built for (5)")
	if !slices.Equal(predicted(t, r, x), want) {
		t.Error("values changed where Freeze failed")
	}
	gorgonia.WithValue(bias)(net.Params[1])
	freezing(t, r)
	if slices.Equal(predicted(t, r, x), want) {
		t.Error("values did not change where Freeze worked")
	}
}
