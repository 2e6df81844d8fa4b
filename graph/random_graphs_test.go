package graph

import (
	"fmt"
	"math"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// randomGraph writes what Gorgonia's users write: layers, activations, broadcasts in every pattern, constants on either
// side, values that are used again.
type randomGraph struct {
	*maker
	rt    *rapid.T
	pool  gorgonia.Nodes // matrices with a row for each example
	count int
}

func (r *randomGraph) pick() *gorgonia.Node { return r.pool[r.n("node", len(r.pool))] }
func (r *randomGraph) n(what string, n int) int {
	return rapid.IntRange(0, n-1).Draw(r.rt, what)
}

func (r *randomGraph) weights(shape ...int) *gorgonia.Node {
	r.count++
	p := r.Param(fmt.Sprint("p", r.count), shape...)
	for i, f := range numbers(r.T, p.Value()) {
		if d, ok := p.Value().(*tensor.Dense); ok {
			d.Float64s()[i] = f / 2
		}
	}
	return p
}

// number is a scalar: a constant, an expression of constants, a parameter, a sum or a mean.
func (r *randomGraph) number() *gorgonia.Node {
	c := func() *gorgonia.Node {
		return gorgonia.NewConstant(rapid.SampledFrom([]float64{0, 0.5, 1, -1, 2}).Draw(r.rt, "constant"))
	}
	switch r.n("number", 6) {
	case 0, 1, 2:
		return c()
	case 3:
		return must(gorgonia.Add(r.Net.Graph.AddNode(gorgonia.NewConstant(0.75)), gorgonia.NewConstant(1.5)))
	case 4:
		return r.weights()
	default:
		return must(gorgonia.Mean(must(gorgonia.Tanh(r.pick()))))
	}
}

func (r *randomGraph) layer(x *gorgonia.Node) *gorgonia.Node {
	units := rapid.SampledFrom([]int{1, 2, 3, 5, 8}).Draw(r.rt, "units")
	z := must(gorgonia.Mul(x, r.weights(x.Shape()[1], units)))
	row, left, right := gorgonia.Nodes{r.weights(units), r.weights(1, units)}[r.n("bias", 2)], []byte{0}, []byte{0}
	switch r.n("broadcast", 6) {
	case 0, 1, 2:
		z = must(gorgonia.BroadcastAdd(z, row, nil, right))
	case 3:
		z = must(gorgonia.BroadcastAdd(row, z, left, nil))
	case 4:
		z = must(gorgonia.BroadcastSub(z, row, nil, right))
	default:
		z = must(gorgonia.BroadcastSub(row, z, left, nil))
	}
	if r.n("keep", 4) == 0 {
		r.pool = append(r.pool, z)
	}
	return r.activation(z)
}

func (r *randomGraph) activation(x *gorgonia.Node) *gorgonia.Node {
	kind := r.n("activation", 10)
	if (kind == 5 || kind == 6) && x.Shape()[1] == 1 {
		kind = 1 // a softmax over one class is 1 but for rounding, its logarithm 0: comparisons would tell
	}
	switch kind {
	case 0:
		return must(gorgonia.Sigmoid(x))
	case 1:
		return must(gorgonia.Tanh(x))
	case 2:
		return must(gorgonia.Softplus(x))
	case 3:
		return must(gorgonia.Rectify(x))
	case 4:
		return must(gorgonia.HadamardProd(x, must(gorgonia.Gt(x, gorgonia.NewConstant(0.0), true))))
	case 5:
		return must(gorgonia.SoftMax(x, 1))
	case 6:
		return must(gorgonia.LogSoftMax(x, 1))
	case 7:
		return must(op.Activate(x, op.GELU, 0))
	case 8:
		return must(op.Activate(x, op.ReLU, 0))
	default:
		return x
	}
}

func (r *randomGraph) grow() {
	x := r.pick()
	y := r.pick()
	if !x.Shape().Eq(y.Shape()) {
		y = must(gorgonia.Tanh(x))
	}
	batch, width := x.Shape()[0], x.Shape()[1]
	var n *gorgonia.Node
	switch r.n("operation", 16) {
	case 0, 1, 2, 3:
		n = r.layer(x)
	case 4:
		n = r.activation(x)
	case 5:
		n = must(gorgonia.Add(x, y))
	case 6:
		n = must(gorgonia.HadamardProd(x, y))
	case 7:
		n = must(gorgonia.HadamardDiv(x, must(gorgonia.Exp(must(gorgonia.Tanh(y))))))
	case 8:
		s := r.number()
		ops := []func(a, b *gorgonia.Node) (*gorgonia.Node, error){gorgonia.Add, gorgonia.Sub, gorgonia.HadamardProd}
		f := ops[r.n("with a number", 3)]
		if r.n("side", 2) == 0 {
			n = must(f(x, s))
		} else {
			n = must(f(s, x))
		}
	case 9:
		n = must(gorgonia.Square(must(gorgonia.Tanh(x))))
	case 10:
		n = must(gorgonia.Log(must(gorgonia.Add(must(gorgonia.Square(x)), gorgonia.NewConstant(0.5)))))
	case 11: // by row
		row := r.weights(width)
		n = must(gorgonia.BroadcastHadamardProd(x, row, nil, []byte{0}))
		if r.n("divide", 2) == 0 {
			n = must(gorgonia.BroadcastHadamardDiv(x, must(gorgonia.Exp(row)), nil, []byte{0}))
		}
	case 12: // by column
		n = must(gorgonia.BroadcastAdd(x, r.weights(batch), nil, []byte{1}))
	case 13: // a gate that is not its own input
		cmp := []func(a, b *gorgonia.Node, same bool) (*gorgonia.Node, error){gorgonia.Gt, gorgonia.Gte,
			gorgonia.Lt}[r.n("comparison", 3)]
		n = must(gorgonia.HadamardProd(y, must(cmp(x, gorgonia.NewConstant(
			rapid.SampledFrom([]float64{0, 0, 0.25}).Draw(r.rt, "threshold")), true))))
	case 14:
		n = must(gorgonia.Reshape(must(gorgonia.Sin(must(gorgonia.Reshape(x, tensor.Shape{width * batch})))),
			tensor.Shape{batch, width}))
	default:
		n = r.Dense(x, fmt.Sprint("dense", r.count), 1+r.n("units", 6), rapid.SampledFrom(op.Activations()).Draw(r.rt, "act"))
		r.count++
	}
	r.pool = append(r.pool, n)
}

// Programs of random graphs compute what the operations compute one by one, whatever is visible, whatever is bound
// next, and leave alone what is the user's.
func TestRandomGraphs(t *testing.T) {
	taped, agreed := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		r := &randomGraph{maker: newMaker(t, tensor.Float64, fmt.Sprint(rapid.IntRange(0, 1000).Draw(rt, "seed"))), rt: rt}
		x := r.Input("x", 1+r.n("batch", 5), 1+r.n("features", 6))
		r.pool = append(r.pool, x)
		for range 1 + r.n("operations", 10) {
			r.grow()
		}
		out := r.pool[len(r.pool)-1]
		cost := must(gorgonia.Mean(must(gorgonia.HadamardProd(out, r.Input("r", out.Shape()...)))))
		order, err := op.Order(gorgonia.Nodes{cost}, nil)
		if err != nil {
			rt.Fatal(err)
		}
		var wrt gorgonia.Nodes
		for _, p := range r.Net.Params {
			if op.Set(order)[p] {
				wrt = append(wrt, p)
			}
		}
		if len(wrt) > 0 {
			if _, err := gorgonia.Grad(cost, wrt...); err != nil {
				rt.Skip("Gorgonia has no gradient: ", err)
			}
		}
		roots := append(gorgonia.Nodes{cost}, r.pool...)
		for _, p := range wrt {
			roots = append(roots, p.Deriv())
		}
		extra := r.pick()
		for _, opts := range [][]Option{{Outputs(cost)}, {Outputs(cost, extra)}, nil} {
			p := compile(t, r.Net.Graph, opts...)
			for step := range 3 {
				switch step {
				case 1: // the same memory, other numbers
					fill(x.Value(), r.Floats(x.Shape().TotalSize()))
				case 2: // other memory
					for _, n := range append(gorgonia.Nodes{x}, r.Net.Params...) {
						if n.IsScalar() {
							continue
						}
						fresh := newDense(tensor.Float64, numbers(t, n.Value()), n.Shape()...)
						fresh.Float64s()[0] += 0.25
						if err := gorgonia.Let(n, fresh); err != nil {
							rt.Fatal(err)
						}
					}
				}
				want, err := reference(r.Net.Graph, roots)
				if err != nil {
					rt.Skip("Gorgonia cannot: ", err)
				}
				scale := 1.0
				for _, v := range want {
					for _, f := range numbers(t, v) {
						scale = math.Max(scale, math.Abs(f))
					}
				}
				if !(scale < 15) { // beyond, Gorgonia's sigmoid and softplus are cut off
					rt.Skip("numbers too large to compare")
				}
				check := func(what string, v gorgonia.Value, n *gorgonia.Node) {
					got, exp := numbers(t, v), numbers(t, want[n])
					if len(got) != len(exp) {
						rt.Fatalf("%s: %d numbers, want %d", what, len(got), len(exp))
					}
					for i := range exp {
						if !(math.Abs(got[i]-exp[i]) <= 1e-12*scale) {
							rt.Fatalf("%s, step %d, element %d: %v, want %v\n%s", what, step, i, got[i], exp[i], ops(p))
						}
					}
				}
				run(t, p)
				if err := verifyMemory(&p.compilation); err != nil {
					rt.Fatal(err)
				}
				check("cost", cost.Value(), cost)
				if len(opts) == 0 || len(p.outputs) == 2 {
					check("visible node", extra.Value(), extra)
				}
				if len(opts) == 0 {
					for _, n := range r.pool {
						check("node "+n.Name(), n.Value(), n)
					}
				}
				for _, n := range wrt {
					g, err := n.Grad()
					if err != nil {
						rt.Fatal(err)
					}
					check("gradient of "+n.Name(), g, n.Deriv())
				}
				for n, v := range want { // the user's memory, and constants
					if n.Op() == nil || op.IsConstant(n.Op()) {
						equal(t, "input "+n.Name(), numbers(t, n.Value()), numbers(t, v), 0)
					}
				}
			}
		}
		want, err := reference(r.Net.Graph, roots)
		if err != nil {
			rt.Fatal(err)
		}
		taped++
		if tapeAgrees(t, r.Net.Graph, cost, wrt, want) {
			agreed++
		}
	})
	t.Logf("TapeMachine agrees on %d of %d graphs", agreed, taped)
	if agreed*2 < taped {
		t.Errorf("TapeMachine agrees on %d of %d graphs only: the reference is doubtful", agreed, taped)
	}
}

func tapeAgrees(t testing.TB, g *gorgonia.ExprGraph, cost *gorgonia.Node, wrt gorgonia.Nodes,
	want map[*gorgonia.Node]gorgonia.Value) bool {
	var got gorgonia.Value
	gorgonia.Read(cost, &got)
	vm := gorgonia.NewTapeMachine(g, gorgonia.BindDualValues(wrt...))
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		return false
	}
	same := func(v gorgonia.Value, n *gorgonia.Node) bool {
		a, b := numbers(t, v), numbers(t, want[n])
		for i := range b {
			if !(math.Abs(a[i]-b[i]) <= 1e-9*math.Max(1, math.Abs(b[i]))) {
				return false
			}
		}
		return len(a) == len(b)
	}
	ok := same(got, cost)
	for _, n := range wrt {
		d, err := n.Grad()
		ok = ok && err == nil && same(d, n.Deriv())
	}
	return ok
}
