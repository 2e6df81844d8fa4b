package graph

import (
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Whole programs see the same on both machines, step by step.
func TestMachinePrograms(t *testing.T) {
	for name, program := range map[string]func(w *witness){
		"precompiled with duals": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, p := m.Node("x", 4, 3), m.Param("w", 3, 2)
			cost := must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Mul(x, p))))))
			var c gorgonia.Value
			gorgonia.Read(cost, &c)
			w.differentiate(cost, p)
			prog, at, err := gorgonia.Compile(m.Net.Graph)
			if err != nil {
				w.t.Fatal(err)
			}
			vm := w.on(m.Net.Graph, gorgonia.WithPrecompiled(prog, at), gorgonia.BindDualValues(p))
			for range 5 {
				w.run(vm)
				w.see("c", c)
				w.grad(p)
				step(w.t, gorgonia.NewRMSPropSolver(gorgonia.WithBatchSize(4)), p)
			}
			w.value(p)
		},
		"convnet": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 3, 1, 8, 8)
			k, v := m.Param("k", 2, 1, 3, 3), m.Param("v", 32, 3)
			y := m.Node("y", 3, 3)
			h := must(gorgonia.Rectify(must(gorgonia.Conv2d(x, k, tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))))
			h = must(gorgonia.MaxPool2D(h, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
			h = must(gorgonia.Reshape(h, tensor.Shape{3, 32}))
			out := must(gorgonia.SoftMax(must(gorgonia.Mul(h, v))))
			cost := must(gorgonia.Neg(must(gorgonia.Mean(must(gorgonia.Log(must(gorgonia.HadamardProd(out, must(gorgonia.Abs(y))))))))))
			w.differentiate(cost, k, v)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(k, v))
			adam := gorgonia.NewAdamSolver(gorgonia.WithBatchSize(3))
			for range 6 {
				w.run(vm)
				w.value(cost)
				w.grad(k)
				w.grad(v)
				step(w.t, adam, k, v)
			}
		},
		"float32 scalar graph": func(w *witness) {
			m := newMaker(w.t, tensor.Float32)
			a, b := m.Param("a"), m.Param("b")
			c := must(gorgonia.Add(must(gorgonia.Mul(a, b)), must(gorgonia.Square(a))))
			w.differentiate(c, a, b)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(a, b))
			for range 3 {
				w.run(vm)
				w.value(c)
				w.grad(a)
				w.grad(b)
				g, _ := a.Grad()
				w.keep("g", g)
			}
		},
		"two costs": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			a := m.Param("a", 3)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(a)))), a)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Exp(a)))), a)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(a))
			w.run(vm)
			w.grad(a)
			w.run(vm)
			w.grad(a)
		},
		"lstm steps with reads": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			h, x, u, v := m.Node("h", 1, 4), m.Node("x", 1, 3), m.Param("u", 4, 4), m.Param("v", 3, 4)
			outs := make([]gorgonia.Value, 4)
			cur := h
			var losses *gorgonia.Node
			for i := range 4 {
				cur = must(gorgonia.Tanh(must(gorgonia.Add(must(gorgonia.Mul(cur, u)), must(gorgonia.Mul(x, v))))))
				gorgonia.Read(cur, &outs[i])
				l := must(gorgonia.Sum(must(gorgonia.Slice(cur, gorgonia.S(0), gorgonia.S(1, 3)))))
				if losses == nil {
					losses = l
				} else {
					losses = must(gorgonia.Add(losses, l))
				}
			}
			w.differentiate(losses, u, v)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(u, v))
			for range 3 {
				w.run(vm)
				for i := range outs {
					w.see("out", outs[i])
				}
				w.value(losses)
				step(w.t, gorgonia.NewAdamSolver(), u, v)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}
