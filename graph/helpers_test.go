package graph

import (
	"testing"

	"github.com/gtrain/gtrain/graph/internal/graphtest"
	"gorgonia.org/gorgonia"
)

func init() { verifying = true }

type maker = graphtest.Maker

var (
	newMaker  = graphtest.New
	must      = graphtest.Must
	newDense  = graphtest.NewDense
	fill      = graphtest.Fill
	mlp       = graphtest.MLP
	imageNet  = graphtest.ImageNet
	numbers   = graphtest.Numbers
	equal     = graphtest.Equal
	tolerance = graphtest.Tolerance
	rowsFor   = graphtest.RowsFor
	reference = graphtest.Reference
	run       = graphtest.Run
	grad      = graphtest.Grad
	step      = graphtest.Step
	pad1      = graphtest.Pad1
)

// What tests of this package ask of networks is done by package network, which imports this one: network_test.go sets it.
var (
	ObjectiveOf func(net *graphtest.Net, batch int, loss string) (*graphtest.Objective, error)
	InferenceOf func(net *graphtest.Net) (*graphtest.Net, error)
	RebatchOf   func(net *graphtest.Net, batch int) (*graphtest.Net, error)
)

// objective is the network with a loss ("mse", "cross-entropy", "smoothed", "bce" or "huber") and its gradients.
func objective(t testing.TB, net *graphtest.Net, batch int, loss string) *graphtest.Objective {
	t.Helper()
	o, err := ObjectiveOf(net, batch, loss)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func setBatch(t testing.TB, o *graphtest.Objective, purpose string) {
	t.Helper()
	graphtest.SetBatch(t, o.Net, o.Target, purpose)
}

func inference(t testing.TB, net *graphtest.Net) *graphtest.Net {
	t.Helper()
	n, err := InferenceOf(net)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func rebatch(t testing.TB, net *graphtest.Net, batch int) *graphtest.Net {
	t.Helper()
	n, err := RebatchOf(net, batch)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func compile(t testing.TB, g *gorgonia.ExprGraph, opts ...Option) *Program {
	t.Helper()
	p, err := Compile(g, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// eval runs a network on rows for each of its inputs, row-major, and returns its outputs.
func eval(t testing.TB, net *graphtest.Net, rows ...[]float64) [][]float64 {
	t.Helper()
	graphtest.Let(t, net, rows...)
	run(t, compile(t, net.Graph, Outputs(net.Outputs...)))
	var out [][]float64
	for _, o := range net.Outputs {
		out = append(out, numbers(t, o.Value()))
	}
	return out
}
