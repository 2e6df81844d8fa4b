package surgery

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// normAxes are batch norms behind layers of every rank: the channels lie on axis 1, whatever axis the layer's units are on.
// folded is how many of them may go into the layer before.
var normAxes = []struct {
	name   string
	folded int
	build  func(m *maker) *gorgonia.Node
}{
	{"16 steps, 4 units", 0, func(m *maker) *gorgonia.Node {
		return m.BatchNorm(m.Over(m.Input("x", 8, 16, 3), "dense", 4, op.Identity), "norm")
	}},
	{"6 steps, 2 units", 0, func(m *maker) *gorgonia.Node {
		return m.Act(m.BatchNorm(m.Over(m.Input("x", 8, 6, 3), "dense", 2, op.Identity), "norm"), op.ReLU)
	}},
	{"3 steps, 6 units", 0, func(m *maker) *gorgonia.Node {
		return m.BatchNorm(m.Over(m.Input("x", 8, 3, 2), "dense", 6, op.Identity), "norm")
	}},
	{"as many steps as units", 0, func(m *maker) *gorgonia.Node { // every shape fits
		return m.Act(m.BatchNorm(m.Over(m.Input("x", 8, 5, 2), "dense", 5, op.Identity), "norm"), op.Tanh)
	}},
	{"as many steps as units and features", 0, func(m *maker) *gorgonia.Node {
		h := m.BatchNorm(m.Over(m.Input("x", 8, 3, 3), "one", 3, op.Identity), "norm1")
		return m.BatchNorm(m.Over(h, "two", 3, op.Identity), "norm2")
	}},
	{"rank 4, all of one size", 0, func(m *maker) *gorgonia.Node {
		return m.Act(m.BatchNorm(m.Over(m.Input("x", 6, 4, 4, 4), "dense", 4, op.Identity), "norm"), op.GELU)
	}},
	{"rank 4", 0, func(m *maker) *gorgonia.Node {
		return m.BatchNorm(m.Over(m.Input("x", 4, 2, 7, 3), "dense", 5, op.Identity), "norm")
	}},
	{"one step, one unit", 0, func(m *maker) *gorgonia.Node {
		return m.BatchNorm(m.Over(m.Input("x", 8, 1, 3), "dense", 1, op.Identity), "norm")
	}},
	{"units brought to axis 1", 0, func(m *maker) *gorgonia.Node {
		h := m.Over(m.Input("x", 8, 4, 3), "dense", 4, op.Identity)
		return m.BatchNorm(must(op.Transpose(h, 0, 2, 1)), "norm")
	}},
	{"steps merged into the batch", 1, func(m *maker) *gorgonia.Node {
		h := m.Over(must(op.Reshape(m.Input("x", 8, 4, 3), -1, 3)), "dense", 4, op.Identity)
		return must(op.Reshape(m.BatchNorm(h, "norm"), -1, 4, 4))
	}},
	{"a matrix", 1, func(m *maker) *gorgonia.Node {
		return m.Act(m.BatchNorm(m.Over(m.Input("x", 40, 4), "dense", 4, op.Identity), "norm"), op.Softplus)
	}},
	{"a matrix, as Gorgonia writes it", 1, func(m *maker) *gorgonia.Node {
		return m.BatchNorm(m.Plain(m.Input("x", 40, 3), "dense", 3), "norm")
	}},
	{"two in a row", 1, func(m *maker) *gorgonia.Node { // a folded layer takes no second one
		return m.BatchNorm(m.BatchNorm(m.Over(m.Input("x", 40, 3), "dense", 3, op.Identity), "norm1"), "norm2")
	}},
	{"before and behind an activation", 1, func(m *maker) *gorgonia.Node {
		h := m.Act(m.BatchNorm(m.Over(m.Input("x", 60, 3), "one", 4, op.Identity), "norm1"), op.LeakyReLU)
		return m.BatchNorm(m.Over(h, "two", 3, op.Sigmoid), "norm2")
	}},
	{"a line, as long as it has channels", 1, func(m *maker) *gorgonia.Node {
		w, b := m.Param("conv.weight", 5, 5, 3), m.Param("conv.bias", 5)
		h := must(op.Conv1D(m.Input("x", 24, 5, 5), w, b, op.ConvConfig{Pads: [4]int{0, 1, 0, 1}}, op.Identity, 0))
		return m.Act(m.BatchNorm(h, "norm"), op.ReLU)
	}},
	{"an image as wide as it has channels", 1, func(m *maker) *gorgonia.Node {
		return m.BatchNorm(m.Conv(m.Input("x", 12, 4, 4, 4), "conv", 4, 3, pad1, op.Identity), "norm")
	}},
	{"filters in groups", 1, func(m *maker) *gorgonia.Node {
		return m.BatchNorm(m.Conv(m.Input("x", 12, 4, 5, 5), "conv", 6, 2, op.ConvConfig{Groups: 2}, op.Identity), "norm")
	}},
	{"one batch norm's numbers for two layers", 2, func(m *maker) *gorgonia.Node {
		c := 3
		own := gorgonia.Nodes{m.Param("norm.weight", c), m.Param("norm.bias", c), m.State("norm.mean", c, -0.5), m.State("norm.var", c, 1)}
		norm := func(x *gorgonia.Node) *gorgonia.Node {
			return must(op.BatchNorm(x, own[0], own[1], own[2], own[3], 1e-5, 0.1))
		}
		x := m.Input("x", 60, c)
		h := norm(m.Over(x, "one", c, op.Identity))
		return must(gorgonia.Add(h, norm(m.Over(m.Act(h, op.Tanh), "two", c, op.Identity))))
	}},
	{"one layer's weights for two batch norms", 2, func(m *maker) *gorgonia.Node {
		x := m.Input("x", 60, 3)
		w, b := m.Param("weight", 3, 3), m.Param("bias", 3)
		h := m.BatchNorm(must(op.Dense(x, w, b, op.Identity, 0)), "norm1")
		return m.BatchNorm(must(op.Dense(m.Act(h, op.Tanh), w, b, op.Identity, 0)), "norm2")
	}},
	{"a scale that is computed", 1, func(m *maker) *gorgonia.Node {
		x, c := m.Input("x", 60, 3), 3
		gamma := must(gorgonia.Exp(m.Param("log.scale", c)))
		return must(op.BatchNorm(m.Over(x, "dense", c, op.Identity), gamma, m.Param("norm.bias", c), m.State("norm.mean", c, -0.5),
			m.State("norm.var", c, 1), 1e-5, 0.1))
	}},
	{"a layer that is read twice", 0, func(m *maker) *gorgonia.Node {
		h := m.Over(m.Input("x", 60, 3), "dense", 3, op.Identity)
		return must(gorgonia.Add(h, m.BatchNorm(h, "norm")))
	}},
}

// However a network with a batch norm is run, it computes what its operations compute one by one.
func TestBatchNormFoldsAlongItsAxis(t *testing.T) {
	for _, c := range normAxes {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(c.name, " ", dt), func(t *testing.T) {
				m := newMaker(t, dt, "norm axes", c.name)
				net := done(m, c.build(m))
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
				p := compile(t, net.Graph, graph.Outputs(net.Outputs...), graph.FoldBatchNorm())
				run(t, p)
				check("option", [][]float64{numbers(t, net.Outputs[0].Value())})
				if n := strings.Count(ops(p), "Normalised"); n != c.folded {
					t.Errorf("%d batch norms folded, want %d: %s", n, c.folded, ops(p))
				}
				p = compile(t, net.Graph, graph.Outputs(net.Outputs...), graph.FoldBatchNorm(), graph.Frozen(net.Tensors()...))
				run(t, p)
				check("frozen", [][]float64{numbers(t, net.Outputs[0].Value())})
				folded, err := FoldBatchNorm(net)
				if err != nil {
					t.Fatal(err)
				}
				check("rewrite", eval(t, folded, rows...))
				for _, n := range []*network.Network{net, folded} {
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
