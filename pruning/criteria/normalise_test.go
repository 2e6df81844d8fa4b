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
	for how, want := range map[Normalization][]float64{
		"": s, NormalizeNone: s,
		NormalizeMean: {0, 1.5, 2, 0.5},
		NormalizeMax:  {0, 0.75, 1, 0.25},
		NormalizeL2:   {0, 3 / math.Sqrt(26), 4 / math.Sqrt(26), 1 / math.Sqrt(26)},
	} {
		got, err := Normalize(s, how)
		near(t, string(how), got, err, want, 1e-15)
		got, err = Normalize([]float64{0, 0}, how)
		near(t, "dead layer, "+string(how), got, err, []float64{0, 0}, 0)
	}
	if _, err := Normalize(s, "maximum"); !errors.Is(err, suggest.ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

func TestNormaliseKeepsOrderAndForgetsScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfN(rapid.Float64Range(0, 10), 1, 20).Draw(t, "scores")
		how := rapid.SampledFrom([]Normalization{NormalizeMean, NormalizeMax, NormalizeL2}).Draw(t, "how")
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
		a, err := Normalize(s, how)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Normalize(scaled, how)
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
		want := DefaultNormalization
		if c.Name == "taylor" || c.Name == "random" {
			want = NormalizeNone
		}
		if got, err := c.ResolveNormalization(ScopeGlobal, ""); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", c.Name, got, err, want)
		}
		for _, scope := range []Scope{"", ScopeLayer} {
			if got, err := c.ResolveNormalization(scope, ""); err != nil || got != NormalizeNone {
				t.Errorf("%s, scope %q: %v, %v", c.Name, scope, got, err)
			}
			if got, err := c.ResolveNormalization(scope, NormalizeNone); err != nil || got != NormalizeNone {
				t.Errorf("%s, scope %q: %v, %v", c.Name, scope, got, err)
			}
			for _, n := range []Normalization{NormalizeMean, NormalizeMax, NormalizeL2} {
				if _, err := c.ResolveNormalization(scope, n); !errors.Is(err, ErrSelection) {
					t.Errorf("%s, scope %q, %s: %v", c.Name, scope, n, err)
				}
			}
		}
		for _, n := range []Normalization{NormalizeNone, NormalizeMean, NormalizeMax, NormalizeL2} {
			if got, err := c.ResolveNormalization(ScopeGlobal, n); err != nil || got != n {
				t.Errorf("%s: asked for %s, got %s, %v", c.Name, n, got, err)
			}
		}
		if _, err := c.ResolveNormalization(ScopeGlobal, "maximum"); !errors.Is(err, suggest.ErrUnknown) {
			t.Errorf("%v", err)
		}
	}
	if n, err := (Criterion{Name: "own", Compute: l1.Compute}).ResolveNormalization(ScopeGlobal, ""); err != nil || n != NormalizeMean {
		t.Errorf("a criterion that says nothing: %v, %v", n, err)
	}
}
