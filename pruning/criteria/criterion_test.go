package criteria

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/suggest"
	"pgregory.net/rapid"
)

// near fails the test where scores are not those wanted, each within tolerance.
func near(t testing.TB, what string, got []float64, err error, want []float64, tolerance float64) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d scores, want %d", what, len(got), len(want))
	}
	for u := range got {
		if !(math.Abs(got[u]-want[u]) <= tolerance) {
			t.Errorf("%s: unit %d scores %.15g, want %.15g", what, u, got[u], want[u])
		}
	}
}

// layer makes evidence of every kind: unit u of n knows more of the label the higher u is, and unit 0 is dead.
func layer(samples, units int, seed uint64) UnitStats {
	r := random.New(seed, "test layer")
	s := UnitStats{Layer: "fc1", Units: units, Classes: 3, Seed: seed}
	for u := range units {
		var w, g []float32
		for range 5 {
			w = append(w, float32(r.NormFloat64()*float64(u+1)))
			g = append(g, float32(r.NormFloat64()))
		}
		s.Weights, s.Gradients = append(s.Weights, w), append(s.Gradients, g)
	}
	for range samples {
		label := r.IntN(3)
		s.Labels = append(s.Labels, label)
		for u := range units {
			a := r.NormFloat64() + float64(u*label)
			if u == 0 {
				a = 0
			}
			s.Activations = append(s.Activations, float32(max(0, a)))
		}
	}
	for _, a := range s.Activations {
		s.GateGradients = append(s.GateGradients, a*float32(r.NormFloat64()))
	}
	return s
}

// regression is the same layer with a target instead of labels.
func regression(s UnitStats) UnitStats {
	for i, l := range s.Labels {
		s.Targets = append(s.Targets, float32(l)+float32(i%7)/10)
	}
	s.Labels, s.Classes = nil, 0
	return s
}

func score(t testing.TB, c Criterion, s UnitStats, o Options) []float64 {
	t.Helper()
	scores, err := c.Score(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return scores
}

// everyWay calls f with each criterion, each of its estimators, and labels as well as targets.
func everyWay(t *testing.T, f func(t *testing.T, c Criterion, s UnitStats, o Options)) {
	for _, c := range All() {
		for _, e := range append([]Estimator{""}, c.Estimators...) {
			for _, target := range []string{"labels", "targets"} {
				t.Run(fmt.Sprintf("%s/%s/%s", c.Name, e, target), func(t *testing.T) {
					s := layer(200, 6, 1)
					if target == "targets" {
						s = regression(s)
					}
					f(t, c, s, Options{Estimator: e})
				})
			}
		}
	}
}

func TestTable(t *testing.T) {
	seen := make(map[string]bool)
	for i, c := range All() {
		if c.Name == "" || c.Summary == "" || c.Formula == "" || c.Source == "" || c.Compute == nil {
			t.Errorf("row %d, %q, is incomplete", i, c.Name)
		}
		if seen[c.Name] {
			t.Errorf("%q is there twice", c.Name)
		}
		seen[c.Name] = true
		if got, err := Lookup(c.Name); err != nil || got.Name != c.Name {
			t.Errorf("Lookup(%q) = %q, %v", c.Name, got.Name, err)
		}
	}
	for _, name := range []string{"entropy", "information-gain", "mutual-information", "l1", "l2", "random"} {
		if !seen[name] {
			t.Errorf("%q is missing", name)
		}
	}
	_, err := Lookup("mutual-informatoin")
	if !errors.Is(err, suggest.ErrUnknown) || !strings.Contains(err.Error(), `did you mean "mutual-information"`) {
		t.Errorf("misspelt: %v", err)
	}
	All()[0].Name = "changed"
	if Names()[0] != "entropy" {
		t.Error("All hands out the table itself")
	}
}

func TestScoresAreFiniteRepeatableAndLeaveEvidenceAlone(t *testing.T) {
	everyWay(t, func(t *testing.T, c Criterion, s UnitStats, o Options) {
		before := fmt.Sprint(s)
		first := score(t, c, s, o)
		if len(first) != s.Units || slices.Min(first) < 0 {
			t.Fatalf("scores %v", first)
		}
		if fmt.Sprint(s) != before {
			t.Error("the evidence was changed")
		}
		for _, threads := range []int{1, 2, 5} {
			old := runtime.GOMAXPROCS(threads)
			again := score(t, c, s, o)
			runtime.GOMAXPROCS(old)
			if !slices.Equal(again, first) {
				t.Errorf("%d threads: %v, before %v", threads, again, first)
			}
		}
	})
}

// A unit's score must not depend on its neighbours, nor on evidence that the criterion says it does not need.
func TestOnlyNeedsAreRead(t *testing.T) {
	everyWay(t, func(t *testing.T, c Criterion, s UnitStats, o Options) {
		want := score(t, c, s, o)
		bare := UnitStats{Layer: s.Layer, Units: s.Units, Seed: s.Seed}
		if c.Needs.Has(NeedsWeights) {
			bare.Weights = s.Weights
		}
		if c.Needs.Has(NeedsGradients) {
			bare.Gradients = s.Gradients
		}
		if c.Needs.Has(NeedsActivations) {
			bare.Activations = s.Activations
		}
		if c.Needs.Has(NeedsGateGradients) {
			bare.GateGradients = s.GateGradients
		}
		if c.Needs.Has(NeedsTarget) {
			bare.Labels, bare.Targets = s.Labels, s.Targets
		}
		if got := score(t, c, bare, o); !slices.Equal(got, want) {
			t.Errorf("%v with needs alone, %v with everything", got, want)
		}
		if c.Needs == 0 {
			return
		}
		_, err := c.Score(UnitStats{Layer: "fc1", Units: s.Units}, o)
		if !errors.Is(err, ErrEvidence) || !strings.Contains(err.Error(), `layer "fc1"`) {
			t.Errorf("without evidence: %v", err)
		}
	})
}

func TestDeadUnitScoresExactlyZero(t *testing.T) {
	everyWay(t, func(t *testing.T, c Criterion, s UnitStats, o Options) {
		if !c.Needs.Has(NeedsActivations) {
			return
		}
		for _, value := range []float32{0, 0.1} {
			if value != 0 && (c.Name == "apoz" || c.Name == "mean-activation") {
				continue // a constant other than 0 fires
			}
			for i := range s.Samples() {
				s.Activations[i*s.Units] = value
			}
			scores := score(t, c, s, o)
			if scores[0] != 0 || math.Signbit(scores[0]) {
				t.Errorf("always %v: %v", value, scores[0])
			}
			for u, v := range scores[2:] {
				if v <= 0 {
					t.Errorf("live unit %d scores %v", u+2, v)
				}
			}
		}
	})
}

// The test layer's units know more of the label the later they come.
func TestInformativeUnitsScoreHigher(t *testing.T) {
	everyWay(t, func(t *testing.T, c Criterion, s UnitStats, o Options) {
		if !c.Needs.Has(NeedsTarget) {
			return
		}
		scores := score(t, c, s, o)
		if !slices.IsSorted(scores[:4]) || scores[5] < scores[1] {
			t.Errorf("scores %v do not rise", scores)
		}
	})
}

func TestUnitsMoveWithTheirScores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(All()).Draw(t, "criterion")
		if c.Name == "random" {
			return // belongs to the unit's number
		}
		o := Options{}
		if c.Name == "mutual-information" {
			o.Estimator = MillerMadow // the jitter of knn belongs to the unit's number too
		}
		s := layer(40, 5, rapid.Uint64Range(0, 50).Draw(t, "seed"))
		order := rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(t, "order")
		moved := s
		moved.Weights, moved.Gradients, moved.Activations, moved.GateGradients = nil, nil, nil, nil
		for _, u := range order {
			moved.Weights = append(moved.Weights, s.Weights[u])
			moved.Gradients = append(moved.Gradients, s.Gradients[u])
		}
		for i := range s.Samples() {
			for _, u := range order {
				moved.Activations = append(moved.Activations, s.Activations[i*s.Units+u])
				moved.GateGradients = append(moved.GateGradients, s.GateGradients[i*s.Units+u])
			}
		}
		a, err := c.Score(s, o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Score(moved, o)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range order {
			if math.Abs(b[i]-a[u]) > 1e-12*max(1, a[u]) {
				t.Fatalf("%s: unit %d scores %v, and %v in place %d", c.Name, u, a[u], b[i], i)
			}
		}
	})
}
