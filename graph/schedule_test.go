package graph

import (
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/tensor"
)

// unscheduled compiles without the pass.
func unscheduled(t *testing.T, f func() *Program) *Program {
	t.Helper()
	for k := range passes {
		if passes[k].name == "schedule" {
			pass := passes[k].run
			passes[k].run = func(*compilation) error { return nil }
			defer func() { passes[k].run = pass }()
		}
	}
	return f()
}

// A gradient that nothing reads follows what it reads, so that this is freed: the same bits in less memory.
func TestSchedule(t *testing.T) {
	for name, build := range map[string]func() *graphtest.Net{
		"rows":   func() *graphtest.Net { return mlp(t, tensor.Float32, 16, 20, op.ReLU, 24, 24, 24, 24, 3) },
		"images": func() *graphtest.Net { return imageNet(t, tensor.Float32, 16) },
	} {
		var o *graphtest.Objective
		step := func() *Program {
			o = objective(t, build(), 16, "mse")
			setBatch(t, o, name)
			p := compile(t, o.Graph, Outputs(o.Cost))
			run(t, p)
			return p
		}
		before := unscheduled(t, step)
		var want [][]float64
		for _, n := range o.Params {
			want = append(want, grad(t, n))
		}
		p := step()
		for k, n := range o.Params {
			equal(t, n.Name(), grad(t, n), want[k], 0)
		}
		if p.Bytes() >= before.Bytes() {
			t.Errorf("%s: %d bytes, %d without the pass", name, p.Bytes(), before.Bytes())
		}
		made, gradients := map[*value]int{}, map[*value]bool{}
		for _, g := range p.grads {
			gradients[g.from] = true
		}
		for k, i := range p.instrs {
			made[i.out] = k
			last := -1
			for _, v := range i.in {
				if at, ok := made[v]; ok {
					last = max(last, at)
				}
			}
			for between := last + 1; gradients[i.out] && between < k; between++ { // others of the same value may come first
				if j := p.instrs[between]; !gradients[j.out] && len(j.in) > 0 {
					t.Errorf("%s: %v waits for %v, which it does not read", name, i.op, j.op)
				}
			}
		}
	}
}
