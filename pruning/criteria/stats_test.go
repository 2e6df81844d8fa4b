package criteria

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/pruning/information"
)

func TestEvidenceIsChecked(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		criterion string
		spoil     func(*UnitStats)
		says      string
	}{
		"no units":          {"random", func(s *UnitStats) { s.Units = 0 }, "0 units"},
		"weights missing":   {"l1", func(s *UnitStats) { s.Weights = s.Weights[1:] }, "weights of 5 units"},
		"empty vector":      {"l2", func(s *UnitStats) { s.Weights[2] = nil }, "unit 2 has no weights"},
		"NaN weight":        {"l2", func(s *UnitStats) { s.Weights[2][1] = nan }, "unit 2: weights 1 is NaN"},
		"unequal vectors":   {"fpgm", func(s *UnitStats) { s.Weights[2] = s.Weights[2][1:] }, "unit 2 has 4 weights"},
		"no gate gradients": {"taylor", func(s *UnitStats) { s.GateGradients = nil }, "no gate gradients"},
		"ragged gates":      {"taylor", func(s *UnitStats) { s.GateGradients = s.GateGradients[1:] }, "1199 gate gradients"},
		"NaN gate":          {"taylor", func(s *UnitStats) { s.GateGradients[6+4] = nan }, "unit 4: gate gradient for sample 1"},
		"ragged":            {"apoz", func(s *UnitStats) { s.Activations = s.Activations[1:] }, "whole number of rows"},
		"Inf activation": {"entropy", func(s *UnitStats) { s.Activations[6+4] = float32(math.Inf(1)) },
			"unit 4: activation for sample 1 is +Inf"},
		"labels short": {"information-gain", func(s *UnitStats) { s.Labels = s.Labels[1:] }, "199 labels for 200"},
		"label 3 of 3": {"information-gain", func(s *UnitStats) { s.Labels[7] = 3 }, "sample 7 is 3"},
		"both":         {"mutual-information", func(s *UnitStats) { s.Targets = make([]float32, 200) }, "both"},
		"NaN target": {"mutual-information", func(s *UnitStats) {
			*s = regression(*s)
			s.Targets[5] = nan
		}, "target of sample 5"},
	} {
		s := layer(200, 6, 1)
		c.spoil(&s)
		criterion, err := Lookup(c.criterion)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := criterion.Score(s, Options{}); !errors.Is(err, ErrEvidence) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
	// A criterion of a program's own may ask for the mean gradients of weights.
	own := Criterion{Name: "own", Needs: NeedsWeights | NeedsGradients, Compute: l1.Compute}
	for says, spoil := range map[string]func(*UnitStats){
		"4 gradients":          func(s *UnitStats) { s.Gradients[1] = s.Gradients[1][1:] },
		"gradients of 0 units": func(s *UnitStats) { s.Gradients = nil },
	} {
		s := layer(200, 6, 1)
		spoil(&s)
		if _, err := own.Score(s, Options{}); !errors.Is(err, ErrEvidence) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
	// More neighbours than samples is found out by the estimator; the unit and layer are named all the same.
	_, err := mutualInformation.Score(layer(3, 2, 1), Options{Neighbors: 3})
	if !errors.Is(err, information.ErrNeighbors) || !strings.Contains(err.Error(), `layer "fc1": unit 0`) {
		t.Errorf("k = n: %v", err)
	}
}
