package contract

import (
	"context"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
)

// What takes a context says that there is none; a program of no graph, and a feed of no input, likewise.
func TestNilContext(t *testing.T) {
	var none context.Context
	g := good()
	_, fit := training.Fit(none, models.Sequential(models.Dense(2, models.ReLU)), g.data,
		training.FitConfig{Config: training.Config{Epochs: 1}})
	_, prune := pruning.Prune(none, g.model, g.data, g.parts, pruning.Config{Criterion: criteria.Named("l2"), Amount: 0.5})
	for _, err := range []error{fit, prune} {
		if err == nil || !strings.Contains(err.Error(), "there is no context (nil)") {
			t.Error(err)
		}
	}
	if _, err := graph.Compile(nil); err == nil || err.Error() != "compile: there is no graph (nil)" {
		t.Error(err)
	}
	if err := new(graph.Program).Feed(nil, nil); err == nil || !strings.Contains(err.Error(), "no input (nil)") {
		t.Error(err)
	}
}
