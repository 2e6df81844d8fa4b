package pruning

import (
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
)

// Weights, gradients, activations and labels against a gather by hand.
func TestEvidence(t *testing.T) {
	n := digits(t)
	c, err := surgery.Analyze(n.m.Net)
	if err != nil {
		t.Fatal(err)
	}
	rows := n.parts.Train[:300]
	stats, err := Evidence(n.m, c,
		criteria.NeedsWeights|criteria.NeedsGradients|criteria.NeedsActivations|criteria.NeedsTarget,
		n.d, rows, n.loss, 42)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := training.Gradients(n.m, n.loss, n.d, rows)
	if err != nil {
		t.Fatal(err)
	}
	value := func(name string) []float32 { return n.m.Net.Param(name).Value().Data().([]float32) }
	gradient := func(name string) (out []float32) {
		for _, g := range grads[name] {
			out = append(out, float32(g))
		}
		return out
	}
	mean, scale := value("standardise1.mean"), value("standardise1.scale")
	for i, l := range []struct {
		layer, next    string
		in, units, out int
	}{{"dense1", "dense2", 64, 16, 11}, {"dense2", "dense3", 16, 11, 10}} {
		s := stats[i]
		if s.Layer != l.layer || s.Units != l.units || s.Seed != 42 || s.Classes != 10 || c.Groups[i].Name != l.layer {
			t.Fatalf("%s, %d units, seed %d, %d classes", s.Layer, s.Units, s.Seed, s.Classes)
		}
		for u := range l.units {
			for _, of := range []struct {
				what string
				got  []float32
				v    func(string) []float32
			}{{"weights", s.Weights[u], value}, {"gradients", s.Gradients[u], gradient}} {
				var want []float32
				for k := range l.in {
					want = append(want, of.v(l.layer + ".weight")[k*l.units+u])
				}
				want = append(want, of.v(l.layer + ".bias")[u])
				want = append(want, of.v(l.next + ".weight")[u*l.out:(u+1)*l.out]...)
				if !slices.Equal(of.got, want) {
					t.Errorf("%s, unit %d: %s %v\nwant %v", l.layer, u, of.what, of.got, want)
				}
			}
		}
		for k, row := range rows {
			if s.Labels[k] != n.d.Labels[row] {
				t.Fatalf("label of row %d: %d", row, s.Labels[k])
			}
			x := make([]float64, 64)
			for f := range x {
				x[f] = float64((n.d.Row(row)[f] - mean[f]) / scale[f])
			}
			y := dense(x, value("dense1.weight"), value("dense1.bias"), func(v float64) float64 { return max(v, 0) })
			if l.layer == "dense2" {
				y = dense(y, value("dense2.weight"), value("dense2.bias"), math.Tanh)
			}
			for u := range y {
				if got := float64(s.Activations[k*l.units+u]); math.Abs(got-y[u]) > 1e-4*max(1, math.Abs(y[u])) {
					t.Fatalf("%s, row %d, unit %d: activation %v, want %v", l.layer, row, u, got, y[u])
				}
			}
		}
	}
	for _, needs := range []criteria.Needs{0, criteria.NeedsWeights} {
		s, err := Evidence(n.m, c, needs, n.d, rows, n.loss, 0)
		if err != nil || (s[0].Weights != nil) != (needs != 0) || s[0].Activations != nil || s[0].Gradients != nil ||
			s[0].Labels != nil {
			t.Errorf("needs %v: more than was asked for, or %v", needs, err)
		}
	}
}

// Evidence says which samples are copies of one row of the data, whatever the units make of them.
func TestEvidenceKnowsCopies(t *testing.T) {
	n := digits(t)
	c, err := surgery.Analyze(n.m.Net)
	if err != nil {
		t.Fatal(err)
	}
	rows := slices.Clone(n.parts.Train[:400])
	once := slices.Clone(rows)
	for range 2 {
		rows = append(rows, once...)
	}
	of := func(rows []int) []criteria.UnitStats {
		s, err := Evidence(n.m, c, criteria.NeedsActivations|criteria.NeedsTarget, n.d, rows, n.loss, 1)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	mi, err := criteria.Lookup("mutual-information")
	if err != nil {
		t.Fatal(err)
	}
	single, thrice := of(once), of(rows)
	for g := range thrice {
		for i, r := range thrice[g].Rows {
			if int(r) != i%len(once) {
				t.Fatalf("sample %d is a copy of %d", i, r)
			}
		}
		a, err := mi.Score(single[g], criteria.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := mi.Score(thrice[g], criteria.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for u := range a {
			if math.Abs(a[u]-b[u]) > 1e-3 {
				t.Errorf("%s, unit %d: %.4f, of three copies %.4f", thrice[g].Layer, u, a[u], b[u])
			}
		}
	}
}

func dense(x []float64, w, b []float32, act func(float64) float64) []float64 {
	y := make([]float64, len(b))
	for j := range y {
		y[j] = float64(b[j])
		for i := range x {
			y[j] += x[i] * float64(w[i*len(b)+j])
		}
		y[j] = act(y[j])
	}
	return y
}

func TestCalibration(t *testing.T) {
	rows := []int{5, 9, 2, 7, 1}
	if got := calibration(rows, 5, 1); !slices.Equal(got, rows) {
		t.Errorf("all rows: %v", got)
	}
	a, b := calibration(rows, 3, 1), calibration(rows, 3, 1)
	if len(a) != 3 || !slices.Equal(a, b) {
		t.Errorf("%v, then %v", a, b)
	}
	other := false
	for seed := range uint64(20) {
		got := calibration(rows, 3, seed)
		for _, r := range got {
			if !slices.Contains(rows, r) {
				t.Fatalf("row %d is none of %v", r, rows)
			}
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != 3 {
			t.Errorf("seed %d: a row twice", seed)
		}
		other = other || !slices.Equal(got, a)
	}
	if !other {
		t.Error("the seed does not matter")
	}
}
