package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// over is a dense layer over the last axis of a tensor of any rank.
func (m *maker) over(x *gorgonia.Node, name string, units int, act op.Activation) *gorgonia.Node {
	in := x.Shape()[x.Dims()-1]
	n := must(op.Dense(x, m.param(name+".weight", in, units), m.param(name+".bias", units), act, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

// normAxes are batch norms behind layers of every rank: the channels lie on axis 1, whatever axis the layer's units are on.
// folded is how many of them may go into the layer before.
var normAxes = []struct {
	name   string
	folded int
	build  func(m *maker) *gorgonia.Node
}{
	{"16 steps, 4 units", 0, func(m *maker) *gorgonia.Node {
		return m.batchNorm(m.over(m.input("x", 8, 16, 3), "dense", 4, op.Identity), "norm")
	}},
	{"6 steps, 2 units", 0, func(m *maker) *gorgonia.Node {
		return m.act(m.batchNorm(m.over(m.input("x", 8, 6, 3), "dense", 2, op.Identity), "norm"), op.ReLU)
	}},
	{"3 steps, 6 units", 0, func(m *maker) *gorgonia.Node {
		return m.batchNorm(m.over(m.input("x", 8, 3, 2), "dense", 6, op.Identity), "norm")
	}},
	{"as many steps as units", 0, func(m *maker) *gorgonia.Node { // every shape fits
		return m.act(m.batchNorm(m.over(m.input("x", 8, 5, 2), "dense", 5, op.Identity), "norm"), op.Tanh)
	}},
	{"as many steps as units and features", 0, func(m *maker) *gorgonia.Node {
		h := m.batchNorm(m.over(m.input("x", 8, 3, 3), "one", 3, op.Identity), "norm1")
		return m.batchNorm(m.over(h, "two", 3, op.Identity), "norm2")
	}},
	{"rank 4, all of one size", 0, func(m *maker) *gorgonia.Node {
		return m.act(m.batchNorm(m.over(m.input("x", 6, 4, 4, 4), "dense", 4, op.Identity), "norm"), op.GELU)
	}},
	{"rank 4", 0, func(m *maker) *gorgonia.Node {
		return m.batchNorm(m.over(m.input("x", 4, 2, 7, 3), "dense", 5, op.Identity), "norm")
	}},
	{"one step, one unit", 0, func(m *maker) *gorgonia.Node {
		return m.batchNorm(m.over(m.input("x", 8, 1, 3), "dense", 1, op.Identity), "norm")
	}},
	{"units brought to axis 1", 0, func(m *maker) *gorgonia.Node {
		h := m.over(m.input("x", 8, 4, 3), "dense", 4, op.Identity)
		return m.batchNorm(must(op.Transpose(h, 0, 2, 1)), "norm")
	}},
	{"steps merged into the batch", 1, func(m *maker) *gorgonia.Node {
		h := m.over(must(op.Reshape(m.input("x", 8, 4, 3), -1, 3)), "dense", 4, op.Identity)
		return must(op.Reshape(m.batchNorm(h, "norm"), -1, 4, 4))
	}},
	{"a matrix", 1, func(m *maker) *gorgonia.Node {
		return m.act(m.batchNorm(m.over(m.input("x", 40, 4), "dense", 4, op.Identity), "norm"), op.Softplus)
	}},
	{"a matrix, as Gorgonia writes it", 1, func(m *maker) *gorgonia.Node {
		return m.batchNorm(m.plain(m.input("x", 40, 3), "dense", 3), "norm")
	}},
	{"two in a row", 1, func(m *maker) *gorgonia.Node { // a folded layer takes no second one
		return m.batchNorm(m.batchNorm(m.over(m.input("x", 40, 3), "dense", 3, op.Identity), "norm1"), "norm2")
	}},
	{"before and behind an activation", 1, func(m *maker) *gorgonia.Node {
		h := m.act(m.batchNorm(m.over(m.input("x", 60, 3), "one", 4, op.Identity), "norm1"), op.LeakyReLU)
		return m.batchNorm(m.over(h, "two", 3, op.Sigmoid), "norm2")
	}},
	{"a line, as long as it has channels", 1, func(m *maker) *gorgonia.Node {
		w, b := m.param("conv.weight", 5, 5, 3), m.param("conv.bias", 5)
		h := must(op.Conv1D(m.input("x", 24, 5, 5), w, b, op.ConvConfig{Pads: [4]int{0, 1, 0, 1}}, op.Identity, 0))
		return m.act(m.batchNorm(h, "norm"), op.ReLU)
	}},
	{"an image as wide as it has channels", 1, func(m *maker) *gorgonia.Node {
		return m.batchNorm(m.conv(m.input("x", 12, 4, 4, 4), "conv", 4, 3, pad1, op.Identity), "norm")
	}},
	{"filters in groups", 1, func(m *maker) *gorgonia.Node {
		return m.batchNorm(m.conv(m.input("x", 12, 4, 5, 5), "conv", 6, 2, op.ConvConfig{Groups: 2}, op.Identity), "norm")
	}},
	{"one batch norm's numbers for two layers", 2, func(m *maker) *gorgonia.Node {
		c := 3
		own := gorgonia.Nodes{m.param("norm.weight", c), m.param("norm.bias", c), m.state("norm.mean", c, -0.5), m.state("norm.var", c, 1)}
		norm := func(x *gorgonia.Node) *gorgonia.Node {
			return must(op.BatchNorm(x, own[0], own[1], own[2], own[3], 1e-5, 0.1))
		}
		x := m.input("x", 60, c)
		h := norm(m.over(x, "one", c, op.Identity))
		return must(gorgonia.Add(h, norm(m.over(m.act(h, op.Tanh), "two", c, op.Identity))))
	}},
	{"one layer's weights for two batch norms", 2, func(m *maker) *gorgonia.Node {
		x := m.input("x", 60, 3)
		w, b := m.param("weight", 3, 3), m.param("bias", 3)
		h := m.batchNorm(must(op.Dense(x, w, b, op.Identity, 0)), "norm1")
		return m.batchNorm(must(op.Dense(m.act(h, op.Tanh), w, b, op.Identity, 0)), "norm2")
	}},
	{"a scale that is computed", 1, func(m *maker) *gorgonia.Node {
		x, c := m.input("x", 60, 3), 3
		gamma := must(gorgonia.Exp(m.param("log.scale", c)))
		return must(op.BatchNorm(m.over(x, "dense", c, op.Identity), gamma, m.param("norm.bias", c), m.state("norm.mean", c, -0.5),
			m.state("norm.var", c, 1), 1e-5, 0.1))
	}},
	{"a layer that is read twice", 0, func(m *maker) *gorgonia.Node {
		h := m.over(m.input("x", 60, 3), "dense", 3, op.Identity)
		return must(gorgonia.Add(h, m.batchNorm(h, "norm")))
	}},
}

// However a network with a batch norm is run, it computes what its operations compute one by one.
func TestBatchNormFoldsAlongItsAxis(t *testing.T) {
	for _, c := range normAxes {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(c.name, " ", dt), func(t *testing.T) {
				m := newMaker(t, dt, "norm axes", c.name)
				net := m.done(c.build(m))
				net, err := net.Inference()
				if err != nil {
					t.Fatal(err)
				}
				rows := rowsFor(net)
				want := referenceOf(t, net, rows...)
				check := func(how string, got [][]float64) {
					t.Helper()
					equalOutputs(t, how, got, want, tolerance(dt))
				}
				check("plain", eval(t, net, rows...))
				p := compile(t, net.Graph, Outputs(net.Outputs...), FoldBatchNorm())
				run(t, p)
				check("option", [][]float64{numbers(t, net.Outputs[0].Value())})
				if n := strings.Count(ops(p), "Normalised"); n != c.folded {
					t.Errorf("%d batch norms folded, want %d: %s", n, c.folded, ops(p))
				}
				p = compile(t, net.Graph, Outputs(net.Outputs...), FoldBatchNorm(), Frozen(net.Tensors()...))
				run(t, p)
				check("frozen", [][]float64{numbers(t, net.Outputs[0].Value())})
				folded, err := net.FoldBatchNorm()
				if err != nil {
					t.Fatal(err)
				}
				check("rewrite", eval(t, folded, rows...))
				for _, n := range []*Network{net, folded} {
					for _, batch := range []int{1, 3, net.Batch(), 100} {
						for _, freeze := range []bool{false, true} {
							r := runner(t, n, batch)
							if freeze {
								if err := r.Freeze(); err != nil {
									t.Fatal(err)
								}
							}
							got := widened(predicted(t, r, narrow(rows[0])))
							equal(t, fmt.Sprintf("Runner, batch %d, frozen %v", batch, freeze), got, want[0], tolerance(tensor.Float32))
						}
					}
				}
			})
		}
	}
}

// referenceOf is what the operations give one by one, each by its own Do.
func referenceOf(t testing.TB, net *Network, rows ...[]float64) (out [][]float64) {
	t.Helper()
	for i, in := range net.Inputs {
		if err := gorgonia.Let(in, newDense(in.Dtype(), rows[i], in.Shape()...)); err != nil {
			t.Fatal(err)
		}
	}
	all, err := reference(net.Graph, net.Outputs)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range net.Outputs {
		out = append(out, numbers(t, all[o]))
	}
	return out
}
