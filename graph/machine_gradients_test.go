package graph

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gradients add up with BindDualValues and are new without it, as TapeMachine's.
func TestMachineAccumulates(t *testing.T) {
	type setup struct {
		m       *maker
		x, a, b *gorgonia.Node
		cost    *gorgonia.Node
	}
	make := func(w *witness) setup {
		m := newMaker(w.t, tensor.Float64)
		s := setup{m: m, x: m.Node("x", 4, 3), a: m.Param("a", 3, 2), b: m.Param("b", 2)}
		h := must(gorgonia.BroadcastAdd(must(gorgonia.Mul(s.x, s.a)), s.b, nil, []byte{0}))
		s.cost = must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Tanh(h))))))
		w.differentiate(s.cost, s.a, s.b)
		return s
	}
	look := func(w *witness, s setup) { w.grad(s.a); w.grad(s.b); w.value(s.cost) }
	for name, program := range map[string]func(w *witness){
		"three runs without a step": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.Net.Graph, gorgonia.BindDualValues(s.a, s.b))
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"a step after every second run": func(w *witness) {
			s := make(w)
			vm, adam := w.on(s.m.Net.Graph, gorgonia.BindDualValues(s.a, s.b)), gorgonia.NewAdamSolver()
			for i := range 6 {
				let(w.t, s.x, newDense(tensor.Float64, s.m.Floats(12), 4, 3))
				w.run(vm)
				look(w, s)
				if i%2 == 1 {
					step(w.t, adam, s.a, s.b)
					look(w, s)
				}
			}
		},
		"of one node alone": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.Net.Graph, gorgonia.BindDualValues(s.b))
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"of all nodes": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.Net.Graph, gorgonia.BindDualValues())
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"none": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.Net.Graph)
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"on top of a gradient that is there": func(w *witness) {
			s := make(w)
			gorgonia.WithGrad(newDense(tensor.Float64, []float64{10, 20}, 2))(s.b)
			vm := w.on(s.m.Net.Graph, gorgonia.BindDualValues(s.a, s.b))
			w.run(vm)
			look(w, s)
			w.run(vm)
			look(w, s)
		},
		"a machine without it beside one with it": func(w *witness) {
			s := make(w)
			training, evaluation := w.on(s.m.Net.Graph, gorgonia.BindDualValues(s.a, s.b)), w.on(s.m.Net.Graph)
			w.run(training)
			look(w, s)
			w.run(evaluation)
			look(w, s)
			step(w.t, gorgonia.NewVanillaSolver(), s.a, s.b)
			w.run(training)
			look(w, s)
		},
		"of scalars and of a vector of one": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, a, b := m.Node("x", 4), m.Param("a"), m.Param("b", 1)
			y := must(gorgonia.BroadcastAdd(must(gorgonia.HadamardProd(x, a)), b, nil, []byte{0}))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(y)))), a, b)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(a, b))
			for range 3 {
				w.run(vm)
				w.grad(a)
				w.grad(b)
			}
			step(w.t, gorgonia.NewVanillaSolver(), a, b)
			w.grad(a)
			w.value(a)
			w.value(b)
		},
		"what is kept follows, and rebinding the parameter keeps it": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.Net.Graph, gorgonia.BindDualValues(s.a))
			w.run(vm)
			g, _ := s.a.Grad()
			w.run(vm)
			w.see("kept gradient", g)
			let(w.t, s.a, newDense(tensor.Float64, s.m.Floats(6), 3, 2))
			w.run(vm)
			look(w, s)
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

// Grad of a node that is computed is the cost's derivative with respect to it.
func TestMachineGradientsOfComputedNodes(t *testing.T) {
	for name, program := range map[string]func(w *witness){
		"a square of a square": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 2)
			y := must(gorgonia.Square(x))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(y)))), x)
			vm := w.on(m.Net.Graph)
			w.run(vm)
			w.grad(y)
			w.grad(x)
		},
		"every layer of a perceptron": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 5, 4)
			var layers gorgonia.Nodes
			h := x
			for i, units := range []int{6, 3, 2} {
				h = m.Plain(h, fmt.Sprint("dense", i), units)
				layers = append(layers, h)
				h = must(gorgonia.Tanh(h))
				layers = append(layers, h)
			}
			cost := must(gorgonia.Mean(must(gorgonia.Square(h))))
			w.differentiate(cost, m.Net.Params...)
			vm := w.on(m.Net.Graph)
			for range 2 {
				w.run(vm)
				for _, n := range layers {
					w.grad(n)
				}
				w.grad(cost)
			}
		},
		"softmax with cross-entropy": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 3, 4)
			p := must(gorgonia.SoftMax(x))
			l := must(gorgonia.Log(p))
			cost := must(gorgonia.Neg(must(gorgonia.Mean(must(gorgonia.HadamardProd(l, m.Node("y", 3, 4)))))))
			w.differentiate(cost, x)
			w.run(w.on(m.Net.Graph))
			for _, n := range (gorgonia.Nodes{x, p, l, cost}) {
				w.grad(n)
			}
		},
		"a convolution": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, k := m.Param("x", 1, 2, 5, 5), m.Param("k", 3, 2, 3, 3)
			y := must(gorgonia.Conv2d(x, k, tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
			a := must(gorgonia.Rectify(y))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(a)))), x, k)
			w.run(w.on(m.Net.Graph))
			for _, n := range (gorgonia.Nodes{a, y, x, k}) {
				w.grad(n)
			}
		},
		"a value used twice": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 3)
			y := must(gorgonia.Exp(x))
			z := must(gorgonia.HadamardProd(y, must(gorgonia.Sin(y))))
			w.differentiate(must(gorgonia.Sum(z)), x)
			w.run(w.on(m.Net.Graph))
			for _, n := range (gorgonia.Nodes{x, y, z}) {
				w.grad(n)
			}
		},
		"through the derivative's own node": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 2, 3)
			y := must(gorgonia.Sigmoid(x))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Cube(y)))), x)
			w.run(w.on(m.Net.Graph))
			w.value(y.Deriv())
			w.value(x.Deriv())
		},
		"summed up on computed nodes": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 2)
			y := must(gorgonia.Square(x))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(y)))), x)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(x, y))
			for range 2 {
				w.run(vm)
				w.grad(y) // but not its value: without TraceExec TapeMachine lets later operations overwrite it
				w.grad(x)
			}
		},
		"an expression of gradients": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Param("x", 3)
			grads, err := gorgonia.Grad(must(gorgonia.Sum(must(gorgonia.Cube(x)))), x)
			if err != nil {
				w.t.Fatal(err)
			}
			s := must(gorgonia.Square(grads[0]))
			norm := must(gorgonia.Sum(s))
			w.run(w.on(m.Net.Graph, gorgonia.TraceExec()))
			w.value(grads[0])
			w.value(s)
			w.value(norm)
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}
