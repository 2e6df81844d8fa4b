package onnx_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/tensor"
)

var record = flag.Bool("record", false, "record the outputs of the foreign models with ONNX Runtime")

// recording is what ONNX Runtime made of a model of another program.
type recording struct {
	Runs []struct {
		Inputs  map[string][]float64 `json:"inputs"`
		Outputs map[string][]float64 `json:"outputs"`
	} `json:"runs"`
}

func foreignModels(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/foreign/*.onnx")
	if err != nil || len(paths) < 6 {
		t.Fatalf("only %d foreign models, %v", len(paths), err)
	}
	return paths
}

// Models that PyTorch exported, that follow scikit-learn's converters, and that were written by hand compute what ONNX
// Runtime computed, and go on doing so after they were saved again.
func TestForeignModels(t *testing.T) {
	for _, path := range foreignModels(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if *record {
				recordModel(t, path)
			}
			var r recording
			if err := json.Unmarshal(read(t, recordingOf(path)), &r); err != nil {
				t.Fatal(err)
			}
			net, _ := load(t, path)
			tol := 1e-5
			if net.Dtype() == tensor.Float64 {
				tol = 1e-12
			}
			again, _ := load(t, save(t, net, onnx.Meta{}))
			for _, run := range r.Runs {
				in := map[string]*tensor.Dense{}
				for _, n := range net.Inputs {
					data := run.Inputs[n.Name()]
					shape := n.Shape().Clone()
					shape[0] = len(data) / shape.TotalSize()
					in[n.Name()] = denseOf(n.Dtype(), data, shape)
				}
				names := outputNames(t, path)
				ours, ours2 := forward(t, net, in), forward(t, again, in)
				for i, name := range names {
					agree(t, "output "+name, float64s(ours[i]), run.Outputs[name], tol)
					sameBits(t, "output "+name+" after saving", ours2[i], ours[i])
				}
			}
		})
	}
}

func recordingOf(path string) string { return strings.TrimSuffix(path, ".onnx") + ".json" }

func denseOf(dt tensor.Dtype, data []float64, shape tensor.Shape) *tensor.Dense {
	if dt == tensor.Float64 {
		return tensor.New(tensor.WithBacking(data), tensor.WithShape(shape...))
	}
	x := make([]float32, len(data))
	for i, v := range data {
		x[i] = float32(v)
	}
	return tensor.New(tensor.WithBacking(x), tensor.WithShape(shape...))
}

func recordModel(t *testing.T, path string) {
	t.Helper()
	net, _ := load(t, path)
	batches := []int{1, 7}
	if strings.Contains(path, "opset11") { // exported for a fixed batch
		batches = []int{2}
	}
	var r recording
	for _, batch := range batches {
		in := examples(t, net, batch)
		out := ortcheck.Run(t, path, ortValues(in))[0]
		run := struct {
			Inputs  map[string][]float64 `json:"inputs"`
			Outputs map[string][]float64 `json:"outputs"`
		}{map[string][]float64{}, map[string][]float64{}}
		for name, v := range in {
			run.Inputs[name] = float64s(v)
		}
		for name, v := range out {
			run.Outputs[name] = ortFloats(v)
		}
		r.Runs = append(r.Runs, run)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordingOf(path), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What a foreign model becomes, in our own words.
func TestForeignModelsBecomeFusedLayers(t *testing.T) {
	for file, want := range map[string][]string{
		"torch_opset17.onnx":     {"Dense(gelu)", "Dense(leaky_relu, slope=0.2)", "Dense(identity)", "Softmax"},
		"sklearn_regressor.onnx": {"Standardise", "Dense(relu)", "Dense(relu)", "Dense(identity)"},
		"torch_float64.onnx":     {"Dense(relu)", "Dense(identity)"},
	} {
		net, _ := load(t, "testdata/foreign/"+file)
		order, err := net.Order()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range order {
			if n.Op() != nil {
				got = append(got, n.Op().String())
			}
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%s: %v, want %v", file, got, want)
		}
	}
	net, _ := load(t, "testdata/foreign/sklearn_regressor.onnx")
	if got := net.Constants; len(got) != 2 || got[0].Name() != "mean" || got[1].Name() != "scale" {
		t.Errorf("constants are %v", got)
	}
	if got := net.Params; len(got) != 6 || got[0].Name() != "coefficient0" || got[5].Name() != "intercepts2" {
		t.Errorf("parameters are %v", got)
	}
}
