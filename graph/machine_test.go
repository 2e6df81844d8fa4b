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
				forward := m.Net.Graph.AllNodes()
				if !c.noGrad {
					w.differentiate(scalarCost(m, out), m.Net.Params...)
				}
				w.run(w.on(m.Net.Graph, gorgonia.TraceExec()))
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
