package jobs_test

import (
	"fmt"
	"testing"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/models"
)

// Inspect describes whatever onnx.Load reads; what a model is used for needs rows of features and of results.
func TestInspectDescribesModelsOfAnyInputsAndOutputs(t *testing.T) {
	for name, want := range map[string]struct {
		inputs, outputs, task string
	}{
		"two_outputs": {"[N 4]", "[N 2] [N 3]", "none"},
		"two_inputs":  {"[N 4] [N 3]", "[N 4]", "none"},
		"image":       {"[N 1 6 6]", "[N 2 6 6]", "none"},
		"tokens":      {"[N 5 4]", "[N 5 4]", "none"},
		"vector":      {"[N]", "[N]", "none"},
		"rows":        {"[N 4]", "[N 2]", "classification"},
	} {
		path := "testdata/describe/" + name + ".onnx"
		in, err := jobs.Inspect(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := shapes(in.Inputs); got != want.inputs {
			t.Errorf("%s: inputs %s, want %s", name, got, want.inputs)
		}
		if got := shapes(in.Outputs); got != want.outputs {
			t.Errorf("%s: outputs %s, want %s", name, got, want.outputs)
		}
		if in.Task != want.task || in.Features == nil {
			t.Errorf("%s: task %q, features %v, want %q", name, in.Task, in.Features, want.task)
		}
		if _, err := jobs.Dot(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := models.Load(path); (err == nil) != (want.task != "none") {
			t.Errorf("%s: models.Load: %v", name, err)
		}
	}
}

func shapes(list []jobs.Tensor) (text string) {
	for i, x := range list {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprint(x.Shape)
	}
	return text
}
