package op_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// imageOps are the operations on images and signals. The first input of their examples is what they compute from.
var imageOps = []string{"Conv2D", "Conv1D", "MaxPool2D", "AvgPool2D", "GlobalAvgPool", "BatchNorm", "LayerNorm"}

// ONNX Runtime computes what the operations do from what Export writes. One file holds all examples of one batch size.
func TestExportOfImages(t *testing.T) {
	nets := map[int]*network.Network{}
	for _, e := range examples() {
		if !slices.Contains(imageOps, e.op) || strings.Contains(e.name, "split") { // which is not for files
			continue
		}
		b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float32, rng: random.New(1, e.op, e.name)}
		e.build(b)
		batch := b.wrt[0].Shape()[0]
		net := nets[batch]
		if net == nil {
			net = &network.Network{Graph: gorgonia.NewGraph()}
			nets[batch] = net
		}
		b = &builder{g: net.Graph, dt: tensor.Float32, rng: random.New(1, e.op, e.name), n: len(net.Named())}
		y := e.build(b)
		gorgonia.WithName(fmt.Sprintf("out%d", len(net.Outputs)))(y)
		net.Inputs, net.Outputs = append(net.Inputs, b.wrt[0]), append(net.Outputs, y)
		for _, n := range net.Graph.AllNodes() {
			if n.Op() == nil && !slices.Contains(net.Named(), n) {
				net.Constants = append(net.Constants, n)
			}
		}
	}
	paths := map[int]string{}
	for batch, net := range nets {
		paths[batch] = filepath.Join(t.TempDir(), "ops.onnx")
		if err := onnx.Save(paths[batch], net, onnx.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	ortcheck.Validate(t, slices.Collect(maps.Values(paths))...)
	for batch, net := range nets {
		in := ortcheck.Values{}
		for _, x := range net.Inputs {
			in[x.Name()] = ortcheck.Tensor{Dims: x.Shape(), Float32: x.Value().Data().([]float32)}
		}
		small, err := net.Inference()
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range small.Inputs {
			if err := gorgonia.Let(x, net.Inputs[i].Value()); err != nil {
				t.Fatal(err)
			}
		}
		vm, err := graph.Compile(small.Graph, graph.Outputs(small.Outputs...))
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		theirs := ortcheck.Run(t, paths[batch], in)[0]
		for i, y := range small.Outputs {
			got, want := data(t, y), theirs[net.Outputs[i].Name()]
			what := fmt.Sprintf("batch %d, output %d, %v", batch, i, y.Op())
			if !tensor.Shape(want.Dims).Eq(y.Shape()) {
				t.Errorf("%s: ONNX Runtime gives %v, want %v", what, want.Dims, y.Shape())
				continue
			}
			for k, v := range got {
				if !near(float64(want.Float32[k]), v, 2e-5) {
					t.Errorf("%s, element %d: ONNX Runtime gives %v, want %v", what, k, want.Float32[k], v)
				}
			}
		}
	}
}
