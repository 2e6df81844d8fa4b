package network_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Every row of a rebatched network is what the network computes for it, and parameters are the same memory.
func TestRebatch(t *testing.T) {
	for _, c := range networks() {
		for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
			t.Run(fmt.Sprint(c.Name, " ", dt), func(t *testing.T) {
				net := c.Build(newMaker(t, dt, c.Name))
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
						w := in.Shape()[1:].TotalSize()
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
				if foldable(c.Name) {
					sameNames(t, seven, net)
				}
			})
		}
	}
}

func TestRewriteErrors(t *testing.T) {
	m := newMaker(t, tensor.Float32)
	x := m.Input("x", 5, 4)
	for _, c := range []struct {
		name, want string
		net        func() (*network.Network, error)
	}{
		{"no rows", "batch size 0", func() (*network.Network, error) { return mlp(t, tensor.Float32, 5, 4, op.ReLU, 3).Rebatch(0) }},
		{"unknown op", "not known", func() (*network.Network, error) {
			return (&network.Network{Graph: m.Net.Graph, Inputs: m.Net.Inputs, Outputs: gorgonia.Nodes{must(gorgonia.Sparsemax(x))}}).Rebatch(3)
		}},
		{"random node", "draws its own values", func() (*network.Network, error) {
			noise := gorgonia.UniformRandomNode(m.Net.Graph, tensor.Float32, 0, 1, 5, 4)
			return (&network.Network{Graph: m.Net.Graph, Inputs: m.Net.Inputs, Outputs: gorgonia.Nodes{must(gorgonia.Add(x,
				noise))}}).Rebatch(3)
		}},
		{"a constant of the batch's size", "ones", func() (*network.Network, error) {
			ones := gorgonia.NewConstant(newDense(tensor.Float32, make([]float64, 20), 5, 4), gorgonia.WithName("ones"))
			sum := must(gorgonia.Add(x, ones))
			gorgonia.WithName("plus ones")(sum)
			return (&network.Network{Graph: m.Net.Graph, Inputs: m.Net.Inputs, Outputs: gorgonia.Nodes{sum}}).Rebatch(3)
		}},
		{"a batch of sequences or a longer one", "write −1", func() (*network.Network, error) {
			three := must(gorgonia.Reshape(x, tensor.Shape{1, 5, 4}))
			return (&network.Network{Graph: m.Net.Graph, Inputs: m.Net.Inputs, Outputs: gorgonia.Nodes{three}}).Rebatch(10)
		}},
		{"one name twice", "unique", func() (*network.Network, error) {
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
	x := drop(m.Input("x", 5, 6), "dropout1")
	h := drop(drop(m.Dense(x, "one", 7, op.ReLU), "dropout2"), "dropout3")
	net := done(m, drop(m.Dense(h, "two", 3, op.Identity), "dropout4"))
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
	plain := done(n, n.Dense(n.Dense(n.Input("x", 5, 6), "one", 7, op.ReLU), "two", 3, op.Identity))
	for i := range plain.Params {
		fill(plain.Params[i].Value(), numbers(t, net.Params[i].Value()))
	}
	equal(t, "output", eval(t, inference, rows...)[0], eval(t, plain, rows...)[0], 0)
}

// A clone has parameters and constants of its own.
func TestClone(t *testing.T) {
	for _, c := range networks() {
		net := c.Build(newMaker(t, tensor.Float64, c.Name))
		clone, err := net.Clone()
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsFor(net)
		want := eval(t, clone, rows...)
		equal(t, c.Name, eval(t, net, rows...)[0], want[0], 0)
		for _, p := range append(net.Params, net.Constants...) {
			fill(p.Value(), make([]float64, p.Shape().TotalSize()))
		}
		for k, out := range eval(t, clone, rows...) {
			equal(t, c.Name, out, want[k], 0)
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
