package graph

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// verifyMemory replays a program and checks that no kernel's output overlaps a value that is still needed: one that a
// later kernel reads, or that outlives the run.
func verifyMemory(c *compilation) error {
	last := map[*value]int{}
	for t, i := range c.instrs {
		if i.out.pinned {
			last[i.out] = len(c.instrs)
		}
		for _, v := range i.in {
			last[v] = max(last[v], t)
		}
	}
	var alive []*value
	for _, v := range c.values {
		if v.data != nil && v.users != nil && (v.node.Op() == nil || op.IsConstant(v.node.Op())) {
			alive = append(alive, v)
			last[v] = len(c.instrs)
		}
	}
	for t, i := range c.instrs {
		lo, hi := span(i.out.data)
		if int(hi-lo) != i.out.shape.TotalSize()*int(i.out.dtype.Size()) {
			return errors.Errorf("node %q has %d bytes for %v", i.node.Name(), hi-lo, i.out.shape)
		}
		for _, v := range alive {
			if inPlace(i, v) && last[v] == t || op.IsView(i.op) && address(v.data) == address(i.in[0].data) {
				continue
			}
			if l, h := span(v.data); last[v] >= t && l < hi && lo < h {
				return errors.Errorf("node %q overwrites %q, which is needed until instruction %d of %d",
					i.node.Name(), v.node.Name(), last[v], len(c.instrs))
			}
		}
		alive = append(alive, i.out)
	}
	return nil
}

// inPlace tells whether an instruction may write over one of its own inputs.
func inPlace(i *instruction, v *value) bool {
	for _, k := range op.InPlace(i.op) {
		if i.in[k] == v {
			return true
		}
	}
	return false
}

// sumOfBuffers is the memory that a program would take without a plan.
func sumOfBuffers(c *compilation) (sum int64) {
	for _, i := range c.instrs {
		sum += bytes(i.out)
	}
	for _, g := range c.grads {
		if g.copy != nil {
			sum += bytes(g.from)
		}
	}
	return sum
}

func TestMemoryPlan(t *testing.T) {
	for _, c := range gorgoniaCases() {
		m := newMaker(t, tensor.Float64, c.name)
		out := c.build(m)
		opts := [][]Option{nil, {Outputs(out)}}
		if !c.noGrad {
			cost := scalarCost(m, out)
			if _, err := gorgonia.Grad(cost, m.Net.Params...); err != nil {
				t.Fatal(err)
			}
			opts = append(opts, []Option{Outputs(cost)})
		}
		for _, o := range opts {
			p := compile(t, m.Net.Graph, o...)
			run(t, p)
			if err := verifyMemory(&p.compilation); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}

// The verifier finds a plan that is wrong.
func TestVerifierFindsOverlap(t *testing.T) {
	net := mlp(t, tensor.Float32, 4, 4, op.Tanh, 16, 16, 16)
	p := compile(t, net.Graph, Outputs(net.Outputs...))
	if err := verifyMemory(&p.compilation); err != nil {
		t.Fatal(err)
	}
	p.instrs[1].out.data = p.instrs[0].out.data
	if err := verifyMemory(&p.compilation); err == nil {
		t.Error("an output on top of its own input was not found")
	}
}

// Inference keeps two layers at a time.
func TestMemoryIsShared(t *testing.T) {
	net := mlp(t, tensor.Float32, 64, 64, op.Tanh, 64, 64, 64, 64, 64, 64, 64, 64)
	p := compile(t, net.Graph, Outputs(net.Outputs...))
	const layer = 64 * 64 * 4
	if got := p.Bytes(); got != 3*layer {
		t.Errorf("%d bytes, want %d: two layers in turn and the output", got, 3*layer)
	}
	o, err := ObjectiveOf(net, 64, "mse")
	if err != nil {
		t.Fatal(err)
	}
	p = compile(t, o.Graph, Outputs(o.Cost))
	if sum := sumOfBuffers(&p.compilation); p.Bytes() >= sum {
		t.Errorf("training takes %d bytes, one buffer each would be %d", p.Bytes(), sum)
	}
}

// On random graphs no two values that are needed at the same time overlap, and results are those of a program that
// shares nothing.
func TestMemoryPlanProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newMaker(t, tensor.Float64, fmt.Sprint(rapid.IntRange(0, 1000).Draw(rt, "seed")))
		batch := rapid.IntRange(1, 9).Draw(rt, "batch")
		pool := gorgonia.Nodes{m.Input("x", batch, rapid.IntRange(1, 20).Draw(rt, "features"))}
		pick := func() *gorgonia.Node { return pool[rapid.IntRange(0, len(pool)-1).Draw(rt, "node")] }
		for k := range rapid.IntRange(1, 12).Draw(rt, "operations") {
			x := pick()
			var n *gorgonia.Node
			switch rapid.IntRange(0, 5).Draw(rt, "operation") {
			case 0:
				n = m.Dense(x, fmt.Sprint("dense", k), rapid.IntRange(1, 20).Draw(rt, "units"), op.Tanh)
			case 1:
				n = must(op.Activate(x, op.GELU, 0))
			case 2:
				n = must(gorgonia.Sigmoid(x))
			case 3:
				n = must(op.Softmax(x))
			case 4:
				n = must(gorgonia.Transpose(must(gorgonia.Transpose(x))))
			default:
				y := pick()
				if x.Shape()[1] != y.Shape()[1] {
					y = x
				}
				n = must(gorgonia.Add(x, y))
			}
			pool = append(pool, n)
		}
		out := pool[len(pool)-1]
		opts := []Option{Outputs(out, pick())}
		if len(m.Net.Params) > 0 {
			cost := scalarCost(m, out)
			var wrt gorgonia.Nodes
			order, err := op.Order(gorgonia.Nodes{cost}, nil)
			if err != nil {
				rt.Fatal(err)
			}
			for _, p := range m.Net.Params {
				if op.Set(order)[p] {
					wrt = append(wrt, p)
				}
			}
			if len(wrt) > 0 {
				if _, err := gorgonia.Grad(cost, wrt...); err != nil {
					rt.Fatal(err)
				}
			}
		}
		results := func(opts ...Option) (r []float64) {
			p := compile(t, m.Net.Graph, opts...)
			for range 2 {
				run(t, p)
			}
			if err := verifyMemory(&p.compilation); err != nil {
				rt.Fatal(err)
			}
			if p.Bytes() > sumOfBuffers(&p.compilation)+int64(op.CacheLine*p.Len()) {
				rt.Fatalf("%d bytes planned where %d would do", p.Bytes(), sumOfBuffers(&p.compilation))
			}
			r = append(r, numbers(t, out.Value())...)
			for _, p := range m.Net.Params {
				if p.Deriv() != nil {
					r = append(r, grad(t, p)...)
				}
			}
			return r
		}
		equal(t, "results", results(opts...), results(), 0)
	})
}
