package graph

import (
	"fmt"
	"hash"
	"testing"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// counted is an operation of a user whose gradient reads what the operation left in state that both hold.
type counted struct{ state *float64 }

func (o *counted) Arity() int    { return 1 }
func (o *counted) Type() hm.Type { a := hm.TypeVariable('a'); return hm.NewFnType(a, a) }
func (o *counted) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	return in[0].(tensor.Shape).Clone(), nil
}
func (o *counted) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	*o.state = in[0].(*tensor.Dense).Float64s()[0] + 10**o.state
	return gorgonia.CloneValue(in[0])
}
func (o *counted) ReturnsPtr() bool      { return false }
func (o *counted) CallsExtern() bool     { return false }
func (o *counted) OverwritesInput() int  { return -1 }
func (o *counted) WriteHash(h hash.Hash) { fmt.Fprintf(h, "counted %p", o) }
func (o *counted) Hashcode() uint32      { return 1 }
func (o *counted) String() string        { return fmt.Sprintf("counted %p", o) }
func (o *counted) DiffWRT(int) []bool    { return []bool{true} }
func (o *counted) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	n, err := gorgonia.ApplyOp(&countedDiff{counted{o.state}}, grad)
	return gorgonia.Nodes{n}, err
}

type countedDiff struct{ counted }

func (o *countedDiff) String() string        { return fmt.Sprintf("countedDiff %p", o.state) }
func (o *countedDiff) WriteHash(h hash.Hash) { fmt.Fprint(h, o.String()) }
func (o *countedDiff) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	v, err := gorgonia.CloneValue(in[0])
	if err == nil {
		v.(*tensor.Dense).Float64s()[0] = *o.state
	}
	return v, err
}

// Operations that hold state in common run in Gorgonia's order, with and without outputs, and none of them is left out.
func TestMachineCommonState(t *testing.T) {
	ints := func(g *gorgonia.ExprGraph, name string, v []int, shape ...int) *gorgonia.Node {
		return gorgonia.NewTensor(g, gorgonia.Int, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(v))))
	}
	ctc := func(m *maker, p *gorgonia.Node, target []int, reduction gorgonia.Reduction) *gorgonia.Node {
		g := m.Net.Graph
		steps, batch := p.Shape()[0], p.Shape()[1]
		lengths, targets := make([]int, batch), make([]int, batch)
		for i := range batch {
			lengths[i], targets[i] = steps, len(target)/batch
		}
		return must(gorgonia.CTCLoss(must(gorgonia.LogSoftMax(p)), ints(g, "target"+p.Name(), target, batch, len(target)/batch),
			ints(g, "inLen"+p.Name(), lengths, batch), ints(g, "targetLen"+p.Name(), targets, batch), reduction))
	}
	for name, program := range map[string]func(w *witness){
		"CTC loss": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			p := m.Param("p", 4, 1, 3)
			c := ctc(m, p, []int{1, 2}, gorgonia.ReductionMean)
			w.differentiate(c, p)
			vm := w.on(m.Net.Graph)
			for range 3 {
				let(w.t, p, newDense(tensor.Float64, m.Floats(12), 4, 1, 3))
				w.run(vm)
				w.value(c)
				w.grad(p)
			}
		},
		"CTC loss of a batch, summed, with a step": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			p := m.Param("p", 6, 2, 4)
			c := ctc(m, p, []int{1, 2, 3, 1}, gorgonia.ReductionSum)
			w.differentiate(c, p)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(p))
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(p)
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.5)), p)
			}
		},
		"CTC loss of a layer": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, p := m.Node("x", 5, 4), m.Param("w", 4, 3)
			h := must(gorgonia.Reshape(must(gorgonia.Mul(x, p)), tensor.Shape{5, 1, 3}))
			c := ctc(m, h, []int{2, 1}, gorgonia.ReductionMean)
			w.differentiate(c, p)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(p))
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(p)
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.5)), p)
			}
		},
		"an operation and a gradient that share a pointer": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 3)
			y := must(gorgonia.ApplyOp(&counted{new(float64)}, x))
			c := must(gorgonia.Sum(must(gorgonia.HadamardProd(y, m.Node("r", 3)))))
			w.differentiate(c, x)
			vm := w.on(m.Net.Graph)
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(x)
			}
		},
		"the pointer of three operations in a row": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			state := new(float64)
			x := m.Param("x", 3)
			y := x
			for range 3 {
				y = must(gorgonia.Tanh(must(gorgonia.ApplyOp(&counted{state}, y))))
			}
			c := must(gorgonia.Sum(y))
			w.differentiate(c, x)
			vm := w.on(m.Net.Graph)
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(x)
			}
		},
		"group norm": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 2, 4, 3, 3)
			y := must(gorgonia.GroupNorm(x, m.Param("scale", 1, 4, 1, 1), m.Param("shift", 1, 4, 1, 1), 2, 4, 1e-5))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(must(gorgonia.Tanh(y)))))), m.Net.Params...)
			vm := w.on(m.Net.Graph)
			for range 2 {
				let(w.t, x, newDense(tensor.Float64, m.Floats(72), 2, 4, 3, 3))
				w.run(vm)
				for _, p := range m.Net.Params {
					w.grad(p)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
	t.Run("what leaves the state is computed though nothing reads it", func(t *testing.T) {
		m := newMaker(t, tensor.Float64)
		state := 0.0
		x := m.Param("x", 3)
		y := must(gorgonia.ApplyOp(&counted{&state}, x))
		if _, err := gorgonia.Grad(must(gorgonia.Sum(y)), x); err != nil {
			t.Fatal(err)
		}
		run(t, compile(t, m.Net.Graph, Outputs()))
		if want := numbers(t, x.Value())[0]; state != want || grad(t, x)[0] != want {
			t.Errorf("state %v and gradient %v, want %v", state, grad(t, x)[0], want)
		}
	})
}
