package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Derivatives and sums behind max pooling are taken in front of it, with TapeMachine's gradients; not where pooling does
// not shrink, where the activation's derivative needs its input, or where a window may lie in the padding.
func TestPoolFusion(t *testing.T) {
	two, three := [2]int{2, 2}, [2]int{3, 3}
	for _, c := range []struct {
		name         string
		pool         op.PoolConfig
		act          op.Activation
		before, sums bool
	}{
		{"relu", op.PoolConfig{Kernel: two}, op.ReLU, true, true},
		{"tanh, ceil", op.PoolConfig{Kernel: two, CeilMode: true}, op.Tanh, true, true},
		{"leaky relu, overlapping", op.PoolConfig{Kernel: three, Stride: two, Pads: pad1.Pads}, op.LeakyReLU, true, true},
		{"sigmoid, no shrinking", op.PoolConfig{Kernel: three, Stride: [2]int{1, 1}, Pads: pad1.Pads}, op.Sigmoid, false,
			false},
		{"gelu", op.PoolConfig{Kernel: two}, op.GELU, false, false},
		{"softplus, dilation", op.PoolConfig{Kernel: two, Dilation: [2]int{3, 1}, Pads: [4]int{0, 1, 1, 0}}, op.Softplus, true,
			false},
		{"identity", op.PoolConfig{Kernel: two}, op.Identity, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			build := func() (*graphtest.Objective, *maker) {
				m := newMaker(t, tensor.Float64, c.name)
				h := m.Conv(m.Input("x", 3, 2, 7, 6), "conv", 4, 3, pad1, c.act)
				h = must(op.GlobalAvgPool(must(op.MaxPool2D(h, c.pool))))
				o := objective(t, m.Done(m.Dense(h, "head", 2, op.Identity)), 3, "mse")
				setBatch(t, o, c.name)
				return o, m
			}
			o, _ := build()
			p := compile(t, o.Graph, Outputs(o.Cost))
			run(t, p)
			twin, _ := build()
			tape := gorgonia.NewTapeMachine(twin.Graph, gorgonia.BindDualValues(twin.Params...))
			defer tape.Close()
			run(t, tape)
			same(t, "cost", numbers(t, o.Cost.Value()), numbers(t, twin.Cost.Value()), 1e-12)
			for i, n := range o.Params {
				same(t, n.Name(), grad(t, n), grad(t, twin.Params[i]), 1e-12)
			}
			var before, sums bool
			for k, i := range p.instrs {
				_, isGrad := definition[op.ActivationGrad](i)
				before = before || isGrad && strings.HasPrefix(fmt.Sprint(p.instrs[k+1].op), "MaxPoolGrad")
				if _, ok := definition[op.ChannelSums](i); ok {
					sums = i.in[0].shape[2] < 7
				}
			}
			if before != c.before || sums != c.sums {
				t.Errorf("derivative in front %v, sums in front %v, want %v, %v: %s", before, sums, c.before, c.sums, ops(p))
			}
		})
	}
}
