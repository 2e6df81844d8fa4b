package criteria

import (
	"errors"
	"math"
	"testing"

	"github.com/gtrain/gtrain/internal/suggest"
	"pgregory.net/rapid"
)

func TestNormalise(t *testing.T) {
	s := []float64{0, 3, 4, 1}
	for how, want := range map[Normalisation][]float64{
		"": s, NormaliseNone: s,
		NormaliseMean: {0, 1.5, 2, 0.5},
		NormaliseMax:  {0, 0.75, 1, 0.25},
		NormaliseL2:   {0, 3 / math.Sqrt(26), 4 / math.Sqrt(26), 1 / math.Sqrt(26)},
	} {
		got, err := Normalise(s, how)
		near(t, string(how), got, err, want, 1e-15)
		got, err = Normalise([]float64{0, 0}, how)
		near(t, "dead layer, "+string(how), got, err, []float64{0, 0}, 0)
	}
	if _, err := Normalise(s, "maximum"); !errors.Is(err, suggest.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

func TestNormaliseKeepsOrderAndForgetsScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Float64Range(0, 10), 1, 20).Draw(t, "scores")
		how := rapid.SampledFrom([]Normalisation{NormaliseMean, NormaliseMax, NormaliseL2}).Draw(t, "how")
		scale := rapid.SampledFrom([]float64{1e-300, 1e-3, 7, 1e300}).Draw(t, "scale")
		for _, v := range s {
			if v != 0 && v < 1e-6 {
				return // would be subnormal after scaling
			}
		}
		scaled := make([]float64, len(s))
		for i, v := range s {
			scaled[i] = v * scale
		}
		a, err := Normalise(s, how)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Normalise(scaled, how)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s {
			if math.Abs(a[i]-b[i]) > 1e-12*a[i] {
				t.Fatalf("unit %d: %v, scaled %v", i, a[i], b[i])
			}
			for j := range s {
				if s[i] < s[j] && a[i] > a[j] {
					t.Fatalf("units %d and %d changed places", i, j)
				}
			}
		}
	})
}

// Scores are compared as they are where they are changes of the loss, and in proportion to their layer's mean otherwise.
func TestResolveNormalisation(t *testing.T) {
	for _, c := range All() {
		want := DefaultNormalisation
		if c.Name == "taylor" || c.Name == "random" {
			want = NormaliseNone
		}
		if got, err := c.ResolveNormalisation(ScopeGlobal, ""); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", c.Name, got, err, want)
		}
		for _, scope := range []Scope{"", ScopeLayer} {
			if got, err := c.ResolveNormalisation(scope, ""); err != nil || got != NormaliseNone {
				t.Errorf("%s, scope %q: %v, %v", c.Name, scope, got, err)
			}
			if got, err := c.ResolveNormalisation(scope, NormaliseNone); err != nil || got != NormaliseNone {
				t.Errorf("%s, scope %q: %v, %v", c.Name, scope, got, err)
			}
			for _, n := range []Normalisation{NormaliseMean, NormaliseMax, NormaliseL2} {
				if _, err := c.ResolveNormalisation(scope, n); !errors.Is(err, ErrSelection) {
					t.Errorf("%s, scope %q, %s: %v", c.Name, scope, n, err)
				}
			}
		}
		for _, n := range []Normalisation{NormaliseNone, NormaliseMean, NormaliseMax, NormaliseL2} {
			if got, err := c.ResolveNormalisation(ScopeGlobal, n); err != nil || got != n {
				t.Errorf("%s: asked for %s, got %s, %v", c.Name, n, got, err)
			}
		}
		if _, err := c.ResolveNormalisation(ScopeGlobal, "maximum"); !errors.Is(err, suggest.ErrUnknown) {
			t.Errorf("%v", err)
		}
	}
	if n, err := (Criterion{Name: "own"}).ResolveNormalisation(ScopeGlobal, ""); err != nil || n != NormaliseMean {
		t.Errorf("a criterion that says nothing: %v, %v", n, err)
	}
}
