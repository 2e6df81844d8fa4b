// Package networktest gives the tests of network and surgery the networks of graphtest, and runs them.
package networktest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Pattern is a network that every rewrite must survive.
type Pattern struct {
	Name  string
	Build func(m *graphtest.Maker) *network.Network
}

// Networks are graphtest's patterns.
func Networks() (out []Pattern) {
	for _, p := range graphtest.Networks() {
		out = append(out, Pattern{p.Name, func(m *graphtest.Maker) *network.Network { return of(p.Build(m)) }})
	}
	return out
}

func of(n *graphtest.Net) *network.Network { return (*network.Network)(n) }

// Done is the network that a maker has built.
func Done(m *graphtest.Maker, outputs ...*gorgonia.Node) *network.Network {
	return of(m.Done(outputs...))
}

// MLP has one dense layer for each of units; all but the last are activated.
func MLP(t testing.TB, dt tensor.Dtype, batch, features int, act op.Activation, units ...int) *network.Network {
	return of(graphtest.MLP(t, dt, batch, features, act, units...))
}

// ImageNet has one of everything that works on images.
func ImageNet(t testing.TB, dt tensor.Dtype, batch int) *network.Network {
	return of(graphtest.ImageNet(t, dt, batch))
}

// NormNet has batch norms that can be folded, and some that cannot.
func NormNet(m *graphtest.Maker) *network.Network { return of(graphtest.NormNet(m)) }

// RowsFor makes rows for every input of a network.
func RowsFor(net *network.Network, purpose ...string) [][]float64 {
	return graphtest.RowsFor((*graphtest.Net)(net), purpose...)
}

// ReferenceOf is what the operations give one by one, each by its own Do.
func ReferenceOf(t testing.TB, net *network.Network, rows ...[]float64) [][]float64 {
	t.Helper()
	return graphtest.ReferenceOf(t, (*graphtest.Net)(net), rows...)
}

// Compile is graph.Compile.
func Compile(t testing.TB, g *gorgonia.ExprGraph, opts ...graph.Option) *graph.Program {
	t.Helper()
	p, err := graph.Compile(g, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Ops lists a program's operations.
func Ops(p *graph.Program) string {
	var s []string
	for _, l := range p.Listing() {
		s = append(s, fmt.Sprint(l.Op))
	}
	return strings.Join(s, "; ")
}

// Eval runs a network on rows for each of its inputs, row-major, and returns its outputs.
func Eval(t testing.TB, net *network.Network, rows ...[]float64) [][]float64 {
	t.Helper()
	graphtest.Let(t, (*graphtest.Net)(net), rows...)
	graphtest.Run(t, Compile(t, net.Graph, graph.Outputs(net.Outputs...)))
	var out [][]float64
	for _, o := range net.Outputs {
		out = append(out, graphtest.Numbers(t, o.Value()))
	}
	return out
}

// Objective is the network with a loss and its gradients.
func Objective(t testing.TB, n *network.Network, batch int, loss *network.Loss) *network.Objective {
	t.Helper()
	o, err := n.Objective(batch, loss)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// SetBatch binds seeded data to an objective's inputs and target.
func SetBatch(t testing.TB, o *network.Objective, purpose string) {
	t.Helper()
	graphtest.SetBatch(t, (*graphtest.Net)(o.Network), o.Target, purpose)
}

// Rebatch is the network for another batch size.
func Rebatch(t testing.TB, n *network.Network, batch int) *network.Network {
	t.Helper()
	r, err := n.Rebatch(batch)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Runner is a runner of a network.
func Runner(t testing.TB, n *network.Network, batch int, watch ...*gorgonia.Node) *network.Runner {
	t.Helper()
	r, err := network.NewRunner(n, batch, watch...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Predicted is what a runner says of rows.
func Predicted(t testing.TB, r *network.Runner, x []float32) []float32 {
	t.Helper()
	y, err := r.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// SameNames checks that names that were given to nodes are there in the same order.
func SameNames(t testing.TB, a, b *network.Network) {
	t.Helper()
	names := func(n *network.Network) (r []string) {
		order, err := n.Order()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range order {
			r = append(r, op.GivenName(v))
		}
		return r
	}
	if got, want := names(a), names(b); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("names %q, want %q", got, want)
	}
}
