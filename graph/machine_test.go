package graph

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// seen is what a program saw of one value.
type seen struct {
	what    string
	kind    string // Go type and shape: programs assert them
	numbers []float64
}

// witness is a program under test: it looks at values while it runs.
type witness struct {
	t    *testing.T
	on   func(g *gorgonia.ExprGraph, opts ...gorgonia.VMOpt) gorgonia.VM
	seen []seen
	kept []func() // looks at values at the end
}

func (w *witness) see(what string, v gorgonia.Value) {
	w.t.Helper()
	s := seen{what: what, kind: "nothing"}
	if v != nil {
		s.kind = fmt.Sprintf("%T of %T, %v", v, v.Data(), v.Shape())
		s.numbers = numbers(w.t, v)
	}
	w.seen = append(w.seen, s)
}

func (w *witness) value(n *gorgonia.Node) { w.t.Helper(); w.see("value of "+n.Name(), n.Value()) }

func (w *witness) grad(n *gorgonia.Node) {
	w.t.Helper()
	g, err := n.Grad()
	if err != nil {
		w.seen = append(w.seen, seen{what: "gradient of " + n.Name(), kind: "none"})
		return
	}
	w.see("gradient of "+n.Name(), g)
}

// keep looks at a value now and when the program ends.
func (w *witness) keep(what string, v gorgonia.Value) {
	w.t.Helper()
	w.see(what, v)
	w.kept = append(w.kept, func() { w.see(what+", kept", v) })
}

func (w *witness) run(vm gorgonia.VM) { w.t.Helper(); run(w.t, vm); vm.Reset() }

func (w *witness) differentiate(cost *gorgonia.Node, wrt ...*gorgonia.Node) {
	w.t.Helper()
	if _, err := gorgonia.Grad(cost, wrt...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *witness) all() []seen {
	for _, look := range w.kept {
		look()
	}
	return w.seen
}

// sameAsTape runs a program on Gorgonia's machine and on ours, and compares what it saw.
func sameAsTape(t *testing.T, program func(w *witness)) {
	t.Helper()
	theirs := &witness{t: t, on: func(g *gorgonia.ExprGraph, opts ...gorgonia.VMOpt) gorgonia.VM {
		return gorgonia.NewTapeMachine(g, opts...)
	}}
	program(theirs)
	ours := &witness{t: t, on: func(g *gorgonia.ExprGraph, opts ...gorgonia.VMOpt) gorgonia.VM { return NewMachine(g, opts...) }}
	program(ours)
	wants, gots := theirs.all(), ours.all()
	if len(wants) != len(gots) || len(gots) == 0 {
		t.Fatalf("%d values seen, want %d and more than none", len(gots), len(wants))
	}
	for i, want := range wants {
		if gots[i].kind != want.kind {
			t.Errorf("%d: %s is a %s, want %s", i, want.what, gots[i].kind, want.kind)
			continue
		}
		equal(t, fmt.Sprint(i, ": ", want.what), gots[i].numbers, want.numbers, 1e-9)
	}
}

// Every node of the forward part, and every gradient, is the same kind of thing as TapeMachine's, with the same numbers.
func TestMachineEqualsTapeMachine(t *testing.T) {
	for _, c := range gorgoniaCases() {
		t.Run(c.name, func(t *testing.T) {
			sameAsTape(t, func(w *witness) {
				m := newMaker(t, tensor.Float64, c.name)
				out := c.build(m)
				forward := m.net.Graph.AllNodes()
				if !c.noGrad {
					w.differentiate(scalarCost(m, out), m.net.Params...)
				}
				w.run(w.on(m.net.Graph, gorgonia.TraceExec()))
				for _, n := range forward {
					if n.Op() != nil || c.name != "Reshape" { // Gorgonia's reshape shares memory, and what follows writes to x
						w.value(n)
					}
					if !c.noGrad {
						w.grad(n)
					}
				}
			})
		})
	}
}

// Values that a program keeps are its own: the next run writes to others.
func TestMachineKeepsValues(t *testing.T) {
	for name, program := range map[string]func(w *witness){
		"a result of two inputs in turn": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.node("state", 2)
			q := must(gorgonia.Mul(x, gorgonia.NewConstant(10.0)))
			vm := w.on(m.net.Graph)
			for _, v := range [][]float64{{1, 2}, {3, 4}, {5, 6}} {
				let(w.t, x, newDense(tensor.Float64, v, 2))
				w.run(vm)
				w.keep("Q", q.Value())
			}
		},
		"the slice behind a value": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.node("x", 3)
			y := must(gorgonia.Square(x))
			vm := w.on(m.net.Graph)
			var rows [][]float64
			for range 3 {
				let(w.t, x, newDense(tensor.Float64, m.floats(3), 3))
				w.run(vm)
				rows = append(rows, y.Value().Data().([]float64))
			}
			for _, r := range rows {
				w.see("row", newDense(tensor.Float64, r, 3))
			}
		},
		"losses of epochs": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, p := m.node("x", 4, 3), m.param("w", 3, 2)
			loss := must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Mul(x, p))))))
			w.differentiate(loss, p)
			vm := w.on(m.net.Graph, gorgonia.BindDualValues(p))
			for range 4 {
				w.run(vm)
				w.keep("loss", loss.Value())
				step(w.t, gorgonia.NewVanillaSolver(gorgonia.WithLearnRate(0.1)), p)
			}
		},
		"hidden states": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			h, u := m.node("h", 1, 3), m.node("u", 3, 3)
			next := must(gorgonia.Tanh(must(gorgonia.Mul(h, u))))
			vm := w.on(m.net.Graph)
			for range 4 {
				w.run(vm)
				w.keep("h", next.Value())
				let(w.t, h, next.Value())
			}
		},
		"a result and what the graph reads": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.node("x", 2, 2)
			y := must(gorgonia.Exp(x))
			z := must(gorgonia.Sum(y))
			var read gorgonia.Value
			gorgonia.Read(y, &read)
			vm := w.on(m.net.Graph)
			w.run(vm)
			w.keep("z", z.Value())
			w.see("read", read) // TapeMachine writes the next one into the same memory
			let(w.t, x, newDense(tensor.Float64, m.floats(4), 2, 2))
			w.run(vm)
			w.keep("z", z.Value())
			w.see("read", read)
		},
		"gradients without BindDualValues": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, p := m.node("x", 3), m.param("w", 3)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.HadamardProd(must(gorgonia.Square(x)), must(gorgonia.Square(p)))))), p)
			vm := w.on(m.net.Graph)
			for range 3 {
				let(w.t, x, newDense(tensor.Float64, m.floats(3), 3))
				w.run(vm)
				g, _ := p.Grad()
				w.keep("gradient", g)
			}
		},
		"integers and comparisons": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.node("x", 4)
			y := must(gorgonia.Gt(x, gorgonia.NewConstant(0.0), false))
			vm := w.on(m.net.Graph)
			for range 2 {
				let(w.t, x, newDense(tensor.Float64, m.floats(4), 4))
				w.run(vm)
				w.keep("x > 0", y.Value())
			}
		},
	} {
		t.Run(name, func(t *testing.T) { sameAsTape(t, program) })
	}
}

// Gradients add up with BindDualValues and are new without it, as TapeMachine's.
func TestMachineAccumulates(t *testing.T) {
	type setup struct {
		m       *maker
		x, a, b *gorgonia.Node
		cost    *gorgonia.Node
	}
	make := func(w *witness) setup {
		m := newMaker(w.t, tensor.Float64)
		s := setup{m: m, x: m.node("x", 4, 3), a: m.param("a", 3, 2), b: m.param("b", 2)}
		h := must(gorgonia.BroadcastAdd(must(gorgonia.Mul(s.x, s.a)), s.b, nil, []byte{0}))
		s.cost = must(gorgonia.Mean(must(gorgonia.Square(must(gorgonia.Tanh(h))))))
		w.differentiate(s.cost, s.a, s.b)
		return s
	}
	look := func(w *witness, s setup) { w.grad(s.a); w.grad(s.b); w.value(s.cost) }
	for name, program := range map[string]func(w *witness){
		"three runs without a step": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.net.Graph, gorgonia.BindDualValues(s.a, s.b))
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"a step after every second run": func(w *witness) {
			s := make(w)
			vm, adam := w.on(s.m.net.Graph, gorgonia.BindDualValues(s.a, s.b)), gorgonia.NewAdamSolver()
			for i := range 6 {
				let(w.t, s.x, newDense(tensor.Float64, s.m.floats(12), 4, 3))
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
			vm := w.on(s.m.net.Graph, gorgonia.BindDualValues(s.b))
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"of all nodes": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.net.Graph, gorgonia.BindDualValues())
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"none": func(w *witness) {
			s := make(w)
			vm := w.on(s.m.net.Graph)
			for range 3 {
				w.run(vm)
				look(w, s)
			}
		},
		"on top of a gradient that is there": func(w *witness) {
			s := make(w)
			gorgonia.WithGrad(newDense(tensor.Float64, []float64{10, 20}, 2))(s.b)
			vm := w.on(s.m.net.Graph, gorgonia.BindDualValues(s.a, s.b))
			w.run(vm)
			look(w, s)
			w.run(vm)
			look(w, s)
		},
		"a machine without it beside one with it": func(w *witness) {
			s := make(w)
			training, evaluation := w.on(s.m.net.Graph, gorgonia.BindDualValues(s.a, s.b)), w.on(s.m.net.Graph)
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
			x, a, b := m.node("x", 4), m.param("a"), m.param("b", 1)
			y := must(gorgonia.BroadcastAdd(must(gorgonia.HadamardProd(x, a)), b, nil, []byte{0}))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(y)))), a, b)
			vm := w.on(m.net.Graph, gorgonia.BindDualValues(a, b))
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
			vm := w.on(s.m.net.Graph, gorgonia.BindDualValues(s.a))
			w.run(vm)
			g, _ := s.a.Grad()
			w.run(vm)
			w.see("kept gradient", g)
			let(w.t, s.a, newDense(tensor.Float64, s.m.floats(6), 3, 2))
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
			x := m.param("x", 2)
			y := must(gorgonia.Square(x))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(y)))), x)
			vm := w.on(m.net.Graph)
			w.run(vm)
			w.grad(y)
			w.grad(x)
		},
		"every layer of a perceptron": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.node("x", 5, 4)
			var layers gorgonia.Nodes
			h := x
			for i, units := range []int{6, 3, 2} {
				h = m.plain(h, fmt.Sprint("dense", i), units)
				layers = append(layers, h)
				h = must(gorgonia.Tanh(h))
				layers = append(layers, h)
			}
			cost := must(gorgonia.Mean(must(gorgonia.Square(h))))
			w.differentiate(cost, m.net.Params...)
			vm := w.on(m.net.Graph)
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
			x := m.param("x", 3, 4)
			p := must(gorgonia.SoftMax(x))
			l := must(gorgonia.Log(p))
			cost := must(gorgonia.Neg(must(gorgonia.Mean(must(gorgonia.HadamardProd(l, m.node("y", 3, 4)))))))
			w.differentiate(cost, x)
			w.run(w.on(m.net.Graph))
			for _, n := range (gorgonia.Nodes{x, p, l, cost}) {
				w.grad(n)
			}
		},
		"a convolution": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x, k := m.param("x", 1, 2, 5, 5), m.param("k", 3, 2, 3, 3)
			y := must(gorgonia.Conv2d(x, k, tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
			a := must(gorgonia.Rectify(y))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(a)))), x, k)
			w.run(w.on(m.net.Graph))
			for _, n := range (gorgonia.Nodes{a, y, x, k}) {
				w.grad(n)
			}
		},
		"a value used twice": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.param("x", 3)
			y := must(gorgonia.Exp(x))
			z := must(gorgonia.HadamardProd(y, must(gorgonia.Sin(y))))
			w.differentiate(must(gorgonia.Sum(z)), x)
			w.run(w.on(m.net.Graph))
			for _, n := range (gorgonia.Nodes{x, y, z}) {
				w.grad(n)
			}
		},
		"through the derivative's own node": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.param("x", 2, 3)
			y := must(gorgonia.Sigmoid(x))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Cube(y)))), x)
			w.run(w.on(m.net.Graph))
			w.value(y.Deriv())
			w.value(x.Deriv())
		},
		"summed up on computed nodes": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.param("x", 2)
			y := must(gorgonia.Square(x))
			w.differentiate(must(gorgonia.Sum(must(gorgonia.Square(y)))), x)
			vm := w.on(m.net.Graph, gorgonia.BindDualValues(x, y))
			for range 2 {
				w.run(vm)
				w.grad(y) // but not its value: without TraceExec TapeMachine lets later operations overwrite it
				w.grad(x)
			}
		},
		"an expression of gradients": func(w *witness) {
			m := newMaker(w.t, tensor.Float64)
			x := m.param("x", 3)
			grads, err := gorgonia.Grad(must(gorgonia.Sum(must(gorgonia.Cube(x)))), x)
			if err != nil {
				w.t.Fatal(err)
			}
			s := must(gorgonia.Square(grads[0]))
			norm := must(gorgonia.Sum(s))
			w.run(w.on(m.net.Graph, gorgonia.TraceExec()))
			w.value(grads[0])
			w.value(s)
			w.value(norm)
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
					y := must(f(m.param("x", shape...)))
					vm := w.on(m.net.Graph)
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
			x, b := m.node("x", 4), m.param("b", 1)
			w.differentiate(must(gorgonia.Sum(must(gorgonia.BroadcastHadamardProd(x, b, nil, []byte{0})))), b)
			vm := w.on(m.net.Graph, gorgonia.BindDualValues(b))
			w.run(vm)
			w.grad(b)
			w.run(vm)
			w.grad(b)
		})
	})
}
