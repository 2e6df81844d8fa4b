package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// network is a pattern that every rewrite must survive.
type network struct {
	name  string
	build func(m *maker) *Network
}

func networks() []network {
	return append([]network{
		{"mlp", func(m *maker) *Network {
			x := m.input("x", 5, 6)
			return m.done(m.dense(m.dense(m.dense(x, "one", 7, op.ReLU), "two", 8, op.LeakyReLU), "three", 3, op.Identity))
		}},
		{"standardised classifier", func(m *maker) *Network {
			x := m.input("x", 5, 4)
			x = must(op.Standardize(x, m.constant("mean", []float64{1, -1, 0.5, 0}), m.constant("scale", []float64{1, 2, 0.5,
				3})))
			h := must(op.Activate(m.dense(x, "one", 6, op.Identity), op.GELU, 0))
			return m.done(must(op.Softmax(m.dense(h, "two", 3, op.Identity))))
		}},
		{"residual", func(m *maker) *Network {
			x := m.input("x", 5, 6)
			sum := must(gorgonia.Add(m.dense(x, "left", 7, op.Tanh), m.dense(x, "right", 7, op.Sigmoid)))
			return m.done(m.dense(sum, "head", 3, op.Identity))
		}},
		{"residual, summed twice", func(m *maker) *Network {
			h := m.dense(m.input("x", 5, 6), "stem", 7, op.Tanh)
			r := must(gorgonia.Add(h, m.dense(m.dense(h, "inner", 4, op.ReLU), "branch", 7, op.Identity)))
			return m.done(m.dense(must(op.Activate(r, op.Softplus, 0)), "head", 3, op.Identity))
		}},
		{"gorgonia's own", func(m *maker) *Network {
			h := must(gorgonia.Rectify(m.plain(m.input("x", 5, 6), "layer.0", 7)))
			h = must(gorgonia.Sigmoid(m.plain(h, "layer.1", 8)))
			h = must(gorgonia.Tanh(m.plain(h, "layer.2", 4)))
			return m.done(must(gorgonia.SoftMax(m.plain(h, "layer.3", 3))))
		}},
		{"gates", func(m *maker) *Network {
			x := m.input("x", 5, 6)
			g := must(gorgonia.HadamardProd(m.dense(x, "value", 7, op.Tanh), m.dense(x, "gate", 7, op.Sigmoid)))
			return m.done(m.dense(g, "head", 2, op.Identity))
		}},
		{"shared weights", func(m *maker) *Network {
			h := m.dense(m.input("x", 5, 6), "stem", 7, op.Tanh)
			w := m.param("shared.weight", 7, 7)
			h = must(gorgonia.Tanh(must(gorgonia.Mul(h, w))))
			h = must(gorgonia.Tanh(must(gorgonia.Mul(h, w))))
			return m.done(m.dense(h, "head", 2, op.Identity))
		}},
		{"one layer for two inputs", func(m *maker) *Network {
			a, b := m.input("a", 5, 6), m.input("b", 5, 6)
			w, c := m.param("twin.weight", 6, 7), m.param("twin.bias", 7)
			ha, hb := must(op.Dense(a, w, c, op.ReLU, 0)), must(op.Dense(b, w, c, op.ReLU, 0))
			return m.done(m.dense(must(gorgonia.Sub(ha, hb)), "head", 1, op.Identity))
		}},
		{"a parameter used nowhere", func(m *maker) *Network {
			h := m.dense(m.input("x", 5, 6), "one", 7, op.ReLU)
			m.param("idle.weight", 7, 3)
			return m.done(m.dense(h, "two", 1, op.Identity))
		}},
		{"several inputs and outputs", func(m *maker) *Network {
			h := must(gorgonia.Add(m.dense(m.input("a", 5, 3), "left", 7, op.ReLU), m.dense(m.input("b", 5, 4), "right", 7,
				op.ReLU)))
			return m.done(m.dense(h, "head", 2, op.Identity), must(op.Softmax(m.dense(m.dense(h, "extra", 5, op.Tanh),
				"classes", 3, op.Identity))))
		}},
		{"one unit", func(m *maker) *Network {
			return m.done(m.dense(m.dense(m.dense(m.input("x", 5, 1), "one", 6, op.Tanh), "neck", 1, op.Tanh), "out", 1,
				op.Sigmoid))
		}},
		{"an output that is an input of another layer", func(m *maker) *Network {
			h := m.dense(m.dense(m.input("x", 5, 6), "one", 4, op.ReLU), "two", 3, op.Tanh)
			return m.done(h, m.dense(m.dense(h, "three", 4, op.ReLU), "four", 2, op.Identity))
		}},
	}, slices.Concat(imageNetworks(), sequenceNetworks(), gorgoniaNetworks())...)
}

// Every row of a rebatched network is what the network computes for it, and parameters are the same memory.
func TestRebatch(t *testing.T) {
	for _, c := range networks() {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(c.name, " ", dt), func(t *testing.T) {
				net := c.build(newMaker(t, dt, c.name))
				if len(net.States) > 0 { // in training, rows see each other
					var err error
					if net, err = net.Inference(); err != nil {
						t.Fatal(err)
					}
				}
				one := rebatch(t, net, 1)
				seven := rebatch(t, one, 7)
				if seven.Batch() != 7 || net.Batch() != 5 {
					t.Errorf("batches %d and %d, want 7 and 5", seven.Batch(), net.Batch())
				}
				rows := rowsFor(seven)
				all := eval(t, seven, rows...)
				for r := range 7 {
					var row [][]float64
					for i, in := range seven.Inputs {
						w := rowSize(in)
						row = append(row, rows[i][r*w:(r+1)*w])
					}
					for k, out := range eval(t, one, row...) {
						equal(t, fmt.Sprintf("output %d, row %d", k, r), all[k][r*len(out):(r+1)*len(out)], out, tolerance(dt))
					}
				}
				for i, p := range net.Params {
					if q := seven.Params[i]; q.Name() != p.Name() || q.Value() != p.Value() {
						t.Errorf("parameter %q became %q or has other memory", p.Name(), q.Name())
					}
				}
				if foldable(c.name) {
					sameNames(t, seven, net)
				}
			})
		}
	}
}

func rebatch(t testing.TB, n *Network, batch int) *Network {
	t.Helper()
	r, err := n.Rebatch(batch)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sameNames checks that names that were given to nodes are there in the same order.
func sameNames(t testing.TB, a, b *Network) {
	t.Helper()
	names := func(n *Network) (r []string) {
		order, err := n.Order()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range order {
			r = append(r, givenName(v))
		}
		return r
	}
	if got, want := names(a), names(b); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("names %q, want %q", got, want)
	}
}

func TestRewriteErrors(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x := m.input("x", 5, 4)
	for _, c := range []struct {
		name, want string
		net        func() (*Network, error)
	}{
		{"no rows", "batch size 0", func() (*Network, error) { return mlp(t, tensor.Float32, 5, 4, op.ReLU, 3).Rebatch(0) }},
		{"unknown op", "not known", func() (*Network, error) {
			return (&Network{Graph: m.net.Graph, Inputs: m.net.Inputs, Outputs: gorgonia.Nodes{must(gorgonia.Sparsemax(x))}}).Rebatch(3)
		}},
		{"random node", "draws its own values", func() (*Network, error) {
			noise := gorgonia.UniformRandomNode(m.net.Graph, tensor.Float32, 0, 1, 5, 4)
			return (&Network{Graph: m.net.Graph, Inputs: m.net.Inputs, Outputs: gorgonia.Nodes{must(gorgonia.Add(x,
				noise))}}).Rebatch(3)
		}},
		{"a constant of the batch's size", "ones", func() (*Network, error) {
			ones := gorgonia.NewConstant(newDense(tensor.Float32, make([]float64, 20), 5, 4), gorgonia.WithName("ones"))
			sum := must(gorgonia.Add(x, ones))
			gorgonia.WithName("plus ones")(sum)
			return (&Network{Graph: m.net.Graph, Inputs: m.net.Inputs, Outputs: gorgonia.Nodes{sum}}).Rebatch(3)
		}},
		{"a batch of sequences or a longer one", "write −1", func() (*Network, error) {
			three := must(gorgonia.Reshape(x, tensor.Shape{1, 5, 4}))
			return (&Network{Graph: m.net.Graph, Inputs: m.net.Inputs, Outputs: gorgonia.Nodes{three}}).Rebatch(10)
		}},
		{"one name twice", "unique", func() (*Network, error) {
			n := mlp(t, tensor.Float32, 5, 4, op.ReLU, 3)
			n.Constants = gorgonia.Nodes{n.Params[0]}
			return n.Rebatch(3)
		}},
	} {
		if _, err := c.net(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", c.name, err, c.want)
		}
	}
}

// Inference leaves dropout out and keeps the names of what stands before it, be it an input.
func TestInference(t *testing.T) {
	m := newMaker(t, tensor.Float64)
	drop := func(x *gorgonia.Node, name string) *gorgonia.Node {
		n := must(op.Dropout(x, 0.5, &op.DropoutState{Seed: 1}))
		gorgonia.WithName(name)(n)
		return n
	}
	x := drop(m.input("x", 5, 6), "dropout1")
	h := drop(drop(m.dense(x, "one", 7, op.ReLU), "dropout2"), "dropout3")
	net := m.done(drop(m.dense(h, "two", 3, op.Identity), "dropout4"))
	inference, err := net.Inference()
	if err != nil {
		t.Fatal(err)
	}
	order, err := inference.Order()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range order {
		names = append(names, n.Name())
	}
	if got, want := strings.Join(names, " "), "x one.weight one.bias one two.weight two.bias two"; got != want {
		t.Errorf("nodes %q, want %q", got, want)
	}
	rows := rowsFor(net)
	n := newMaker(t, tensor.Float64)
	plain := n.done(n.dense(n.dense(n.input("x", 5, 6), "one", 7, op.ReLU), "two", 3, op.Identity))
	for i := range plain.Params {
		fill(plain.Params[i].Value(), numbers(t, net.Params[i].Value()))
	}
	equal(t, "output", eval(t, inference, rows...)[0], eval(t, plain, rows...)[0], 0)
}

// A clone has parameters and constants of its own.
func TestClone(t *testing.T) {
	for _, c := range networks() {
		net := c.build(newMaker(t, tensor.Float64, c.name))
		clone, err := net.Clone()
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsFor(net)
		want := eval(t, clone, rows...)
		equal(t, c.name, eval(t, net, rows...)[0], want[0], 0)
		for _, p := range append(net.Params, net.Constants...) {
			fill(p.Value(), make([]float64, p.Shape().TotalSize()))
		}
		for k, out := range eval(t, clone, rows...) {
			equal(t, c.name, out, want[k], 0)
		}
	}
}

func TestNetworkCounts(t *testing.T) {
	net := mlp(t, tensor.Float32, 5, 4, op.ReLU, 6, 3)
	fill(net.Param("dense1.weight").Value(), make([]float64, 24))
	if total, nonzero := net.ParamCount(); total != 4*6+6+6*3+3 || nonzero != 6+6*3+3 {
		t.Errorf("%d parameters, %d not zero", total, nonzero)
	}
	cost, err := net.Cost()
	if err != nil {
		t.Fatal(err)
	}
	const bytes = 4 * ((5*4 + 4*6 + 6 + 5*6) + (5*6 + 6*3 + 3 + 5*3))
	if cost.MACs != 5*(4*6+6*3) || cost.Bytes != bytes {
		t.Errorf("cost %+v, want %d MACs and %d bytes", cost, 5*(4*6+6*3), bytes)
	}
	if net.Param("dense3.weight") != nil {
		t.Error("a parameter that is not there was found")
	}
}
