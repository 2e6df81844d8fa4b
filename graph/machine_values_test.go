package graph

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Values that a program keeps are its own: the next run writes to others.
func TestMachineKeepsValues(t *testing.T) {
	for name, program := range map[string]func(w *witness){
		"a result of two inputs in turn": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("state", 2)
			q := must(gorgonia.Mul(x, gorgonia.NewConstant(10.0)))
			vm := w.on(m.Net.Graph)
			for _, v := range [][]float64{{1, 2}, {3, 4}, {5, 6}} {
				let(w.t, x, newDense(tensor.Float64, v, 2))
				w.run(vm)
				w.keep("Q", q.Value())
			}
		},
		"the slice behind a value": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 3)
			y := must(gorgonia.Square(x))
			vm := w.on(m.Net.Graph)
			var rows [][]float64
			for range 3 {
				let(w.t, x, newDense(tensor.Float64, m.Floats(3), 3))
				w.run(vm)
				rows = append(rows, y.Value().Data().([]float64))
			}
			for _, r := range rows {
				w.see("row", newDense(tensor.Float64, r, 3))
			}
		},
		"losses of epochs": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, p := m.Node("x", 4, 3), m.Param("w", 3, 2)
			loss := must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Mul(x, p))))))
			w.differentiate(loss, p)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(p))
			for range 4 {
				w.run(vm)
				w.keep("loss", loss.Value())
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1)), p)
			}
		},
		"hidden states": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			h, u := m.Node("h", 1, 3), m.Node("u", 3, 3)
			next := must(gorgonia.Tanh(must(gorgonia.Mul(h, u))))
			vm := w.on(m.Net.Graph)
			for range 4 {
				w.run(vm)
				w.keep("h", next.Value())
				let(w.t, h, next.Value())
			}
		},
		"a result and what the graph reads": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 2, 2)
			y := must(gorgonia.Exp(x))
			z := must(gorgonia.Sum(y))
			var read gorgonia.Value
			gorgonia.Read(y, &read)
			vm := w.on(m.Net.Graph)
			w.run(vm)
			w.keep("z", z.Value())
			w.see("read", read) // TapeMachine writes the next one into the same memory
			let(w.t, x, newDense(tensor.Float64, m.Floats(4), 2, 2))
			w.run(vm)
			w.keep("z", z.Value())
			w.see("read", read)
		},
		"gradients without BindDualValues": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, p := m.Node("x", 3), m.Param("w", 3)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.HadamardProd(must(gorgonia.Square(x)), must(gorgonia.Square(p)))))), p)
			vm := w.on(m.Net.Graph)
			for range 3 {
				let(w.t, x, newDense(tensor.Float64, m.Floats(3), 3))
				w.run(vm)
				g, _ := p.Grad()
				w.keep("gradient", g)
			}
		},
		"integers and comparisons": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.Node("x", 4)
			y := must(gorgonia.Gt(x, gorgonia.NewConstant(0.0), false))
			vm := w.on(m.Net.Graph)
			for range 2 {
				let(w.t, x, newDense(tensor.Float64, m.Floats(4), 4))
				w.run(vm)
				w.keep("x > 0", y.Value())
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

// What has one element has the form that Gorgonia gives it: programs assert types.
func TestMachineFormsOfOneElement(t *testing.T) {
	type one = func(x *gorgonia.Node) (*gorgonia.Node, error)
	for name, f := range map[string]one{
		"Tensordot of vectors": func(x *gorgonia.Node) (*gorgonia.Node, error) {
			v := must(gorgonia.Reshape(x, tensor.Shape{x.Shape().TotalSize()}))
			return gorgonia.Tensordot([]int{0}, []int{0}, v, v)
		},
		"a slice of one row":  func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Slice(x, gorgonia.S(1, 2)) },
		"a slice of an index": func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Slice(x, gorgonia.S(0)) },
		"a slice and a square": func(x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Square(must(gorgonia.Slice(x, gorgonia.S(0, 1))))
		},
		"a sum":            func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Sum(x) },
		"a mean along one": func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Mean(x, 0) },
		"a maximum":        func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Max(x, 0) },
		"a sum and a reshape": func(x *gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.Reshape(must(gorgonia.Sum(x)), tensor.Shape{1, 1})
		},
	} {
		for _, shape := range [][]int{{3, 1}, {2}, {2, 1, 1}} {
			if len(shape) == 1 && name == "a maximum" {
				continue
			}
			t.Run(fmt.Sprint(name, " of ", shape), func(t *testing.T) {
				sameAsTape(t, func(w *witness) {
					m := newMaker(t, tensor.Float64)
					y := must(f(m.Param("x", shape...)))
					vm := w.on(m.Net.Graph)
					for range 2 {
						w.run(vm)
						w.value(y)
					}
				})
			})
		}
	}
	t.Run("a gradient of a vector of one", func(t *testing.T) {
		sameAsTape(t, func(w *witness) {
			m := newMaker(t, tensor.Float64)
			x, b := m.Node("x", 4), m.Param("b", 1)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.BroadcastHadamardProd(x, b, nil, []byte{0})))), b)
			vm := w.on(m.Net.Graph, gorgonia.BindDualValues(b))
			w.run(vm)
			w.grad(b)
			w.run(vm)
			w.grad(b)
		})
	})
}
