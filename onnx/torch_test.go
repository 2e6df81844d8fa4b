package onnx_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/tensor"
)

func torchModels(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/torch/*.onnx")
	if err != nil || len(paths) < 13 {
		t.Fatalf("only %d models of PyTorch, %v", len(paths), err)
	}
	return paths
}

// What PyTorch exports computes what PyTorch computed, for every batch size and after it was saved again.
func TestTorchModels(t *testing.T) {
	for _, path := range torchModels(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".onnx"), func(t *testing.T) {
			if strings.HasSuffix(path, "lstm.onnx") {
				_, _, err := onnx.Load(path)
				const want = `node "/lstm/LSTM" (LSTM): operator LSTM of opset 17 is not supported`
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q", err, want)
				}
				return
			}
			net, _ := load(t, path)
			saved := save(t, net, onnx.Meta{})
			again, _ := load(t, saved)
			if b, err := onnx.Marshal(again, onnx.Meta{}); err != nil || !bytes.Equal(b, read(t, saved)) {
				t.Errorf("load and save changed the bytes, %v", err)
			}
			runs := recorded(t, path).Runs
			var fed []ortcheck.Values
			for _, run := range runs {
				in := inputsOf(net, run.Inputs)
				fed = append(fed, feedOf(net, in))
				ours, ours2 := forward(t, net, in), forward(t, again, in)
				agree(t, "output", float64s(ours[0]), run.Outputs["y"], 1e-5)
				sameBits(t, "output after saving", ours2[0], ours[0])
			}
			for i, theirs := range ortcheck.Run(t, saved, fed...) {
				agree(t, "ONNX Runtime's output", ortFloats(theirs["y"]), runs[i].Outputs["y"], 1e-5)
			}
		})
	}
}

func recorded(t testing.TB, path string) (r recording) {
	t.Helper()
	if err := json.Unmarshal(read(t, recordingOf(path)), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// inputsOf gives recorded numbers the shapes of the network's inputs.
func inputsOf(net *network.Network, values map[string][]float64) map[string]*tensor.Dense {
	in := map[string]*tensor.Dense{}
	for _, n := range net.Inputs {
		data := values[n.Name()]
		shape := n.Shape().Clone()
		shape[0] = len(data) * shape[0] / shape.TotalSize()
		in[n.Name()] = denseOf(n.Dtype(), data, shape)
	}
	return in
}
