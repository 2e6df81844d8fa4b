package pruning

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
)

// Models that PyTorch exported make the whole round trip: they are loaded, compute what PyTorch computed, are pruned and
// fine-tuned, and ONNX Runtime computes what we do from the file that they are saved to.
func TestTorchModelsMakeTheRoundTrip(t *testing.T) {
	for name, trip := range map[string]struct {
		removed float64 // share of the parameters that goes at least
	}{"mlp": {0.5}, "residual": {0.5}, "residual_folded": {0.5}, "concat": {0.5}, "encoder": {0.2}, "signal": {0.3}} {
		t.Run(name, func(t *testing.T) {
			path := "../onnx/testdata/torch/" + name
			m, err := models.Load(path + ".onnx")
			if err != nil {
				t.Fatal(err)
			}
			matchesTorch(t, m.Net, path+".json")
			d := labelled(t, m)
			parts, err := data.Split(d, data.SplitOptions{Test: 0.2, Val: 0.2, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			before, _ := m.Net.ParamCount()
			states := bits(m.Net)
			steps := 0
			r, err := Prune(t.Context(), m, d, parts, Config{
				Criterion: criteria.Named("l2"), Amount: 0.5, Seed: 3,
				Finetune: &training.Config{Epochs: 2, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 1e-3}, KeepLast: true,
					OnStep: func(training.StepInfo) error { steps++; return nil }},
			})
			if err != nil {
				t.Fatal(err)
			}
			if e := r.Equivalence; !(e.MaxRelDiff <= 1e-5) || e.CheckedRows == 0 {
				t.Errorf("removed and masked differ by %g on %d rows", e.MaxRelDiff, e.CheckedRows)
			}
			after, _ := r.Model.Net.ParamCount()
			if share := 1 - float64(after)/float64(before); share < trip.removed {
				t.Errorf("%d of %d parameters are left: only %.0f%% went", after, before, 100*share)
			}
			if steps < 4 {
				t.Errorf("fine-tuned for %d steps", steps)
			}
			for i, v := range bits(m.Net) {
				if v != states[i] {
					t.Fatal("the loaded model changed")
				}
			}
			saved := filepath.Join(t.TempDir(), "pruned.onnx")
			if err := r.Model.Save(saved); err != nil {
				t.Fatal(err)
			}
			agreesWithRuntime(t, r.Model.Net, saved, d)
			again, err := models.Load(saved)
			if err != nil {
				t.Fatal(err)
			}
			within(t, "the model before saving", predict(t, again.Net, d.X), predict(t, r.Model.Net, d.X))
		})
	}
}

// labelled draws examples and takes the model's own word for their classes: which output is the furthest above its mean.
func labelled(t *testing.T, m *models.Model) *data.Dataset {
	t.Helper()
	const rows = 160
	width := len(m.Features)
	r := random.New(5, "examples")
	x := make([]float32, rows*width)
	for i := range x {
		x[i] = float32(4*r.Float64() - 2)
	}
	out := predict(t, m.Net, x)
	classes := len(out) / rows
	mean := make([]float32, classes)
	for i, v := range out {
		mean[i%classes] += v / rows
	}
	labels := make([]int, rows)
	for i := range labels {
		of := out[i*classes : (i+1)*classes]
		for c := range of {
			if of[c]-mean[c] > of[labels[i]]-mean[labels[i]] {
				labels[i] = c
			}
		}
	}
	d, err := data.NewClassification("examples", m.Features, x, m.Classes, labels)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func predict(t *testing.T, net *network.Network, x []float32) []float32 {
	t.Helper()
	r, err := network.NewRunner(net, 7)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func matchesTorch(t *testing.T, net *network.Network, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Runs []struct {
			Inputs, Outputs map[string][]float32
		}
	}
	if err := json.Unmarshal(b, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded.Runs) == 0 {
		t.Fatal("nothing was recorded")
	}
	for _, run := range recorded.Runs {
		within(t, "PyTorch", predict(t, net, run.Inputs["x"]), run.Outputs["y"])
	}
}

func agreesWithRuntime(t *testing.T, net *network.Network, path string, d *data.Dataset) {
	t.Helper()
	rows := []int{1, 7}
	var fed []ortcheck.Values
	for _, n := range rows {
		shape := net.Inputs[0].Shape().Clone()
		shape[0] = n
		fed = append(fed, ortcheck.Values{net.Inputs[0].Name(): {Dims: shape, Float32: d.X[:n*d.Width()]}})
	}
	for i, theirs := range ortcheck.Run(t, path, fed...) {
		if len(theirs) != 1 {
			t.Fatalf("%d outputs", len(theirs))
		}
		for _, v := range theirs {
			within(t, "ONNX Runtime", predict(t, net, d.X[:rows[i]*d.Width()]), v.Float32)
		}
	}
}

func within(t *testing.T, who string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d numbers, %s has %d", len(got), who, len(want))
	}
	for i := range got {
		if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-5*max(1, math.Abs(float64(want[i])))) {
			t.Fatalf("number %d is %v, %s has %v", i, got[i], who, want[i])
		}
	}
}
