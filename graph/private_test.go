package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// An operation with a field that is missing runs through its own Do; a program of nodes that cannot be read is an error, and
// so are options that cannot.
func TestProgramWithoutAField(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	x := m.Input("x", 3, 4)
	sum := must(gorgonia.Sum(must(gorgonia.Tanh(x)), 1))
	run(t, compile(t, m.Net.Graph, Outputs(sum)))
	want := numbers(t, sum.Value())
	restore := private.Break("sumOp", "along")
	p := compile(t, m.Net.Graph, Outputs(sum))
	run(t, p)
	equal(t, "through Do", numbers(t, sum.Value()), want, 1e-15)
	if last := p.Listing()[p.Len()-1]; last.Kernel {
		t.Errorf("%+v has a kernel", last)
	}
	restore()
	for _, c := range []struct {
		typ, field string
		opts       []Option
		fails      bool
	}{{"Node", "children", nil, true}, {"tapeMachine", "runFlags", nil, false},
		{"tapeMachine", "runFlags", []Option{EvalMode()}, true}} {
		restore := private.Break(c.typ, c.field)
		_, err := Compile(m.Net.Graph, c.opts...)
		if c.fails != (err != nil) || err != nil && !strings.Contains(err.Error(), c.typ) {
			t.Errorf("without %s.%s: %v", c.typ, c.field, err)
		}
		restore()
	}
}
