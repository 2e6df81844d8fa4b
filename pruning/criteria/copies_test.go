package criteria

import (
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
)

// units is a layer of ReLU units before samples of five classes: unit 0 is noise, unit 1 knows the class, unit 2 is noise
// that is on for a tenth of the samples, unit 3 is dead.
func units(n int) UnitStats {
	r := random.New(1, "units and copies")
	s := UnitStats{Layer: "fc1", Units: 4, Classes: 5, Seed: 3}
	for range n {
		l := r.IntN(5)
		s.Labels = append(s.Labels, l)
		s.Activations = append(s.Activations, float32(max(0, r.NormFloat64())), float32(r.NormFloat64()+float64(l)),
			float32(max(0, r.NormFloat64()-1.2816)), 0)
	}
	return s
}

// targets is the same with targets in place of labels.
func targets(s UnitStats) UnitStats {
	r := random.New(2, "targets and copies")
	for _, l := range s.Labels {
		s.Targets = append(s.Targets, float32(float64(l)+r.NormFloat64()))
	}
	s.Labels, s.Classes = nil, 0
	return s
}

// withCopies appends copies of samples; with rows, it is said of which row of the data each is.
func withCopies(s UnitStats, of []int, rows bool) UnitStats {
	n := s.Samples()
	s.Activations, s.Labels, s.Targets = slices.Clone(s.Activations), slices.Clone(s.Labels), slices.Clone(s.Targets)
	for _, i := range of {
		s.Activations = append(s.Activations, s.Activations[i*s.Units:(i+1)*s.Units]...)
		if s.Labels != nil {
			s.Labels = append(s.Labels, s.Labels[i])
		} else {
			s.Targets = append(s.Targets, s.Targets[i])
		}
	}
	if rows {
		for i := range n {
			s.Rows = append(s.Rows, int32(i))
		}
		for _, i := range of {
			s.Rows = append(s.Rows, int32(i))
		}
	}
	return s
}

func TestCopiesTellNothingNew(t *testing.T) {
	r := random.New(4, "which")
	const n = 1000
	var twice, often []int
	for i := range n {
		twice = append(twice, i)
		for range 4 {
			often = append(often, i)
		}
	}
	some := r.Perm(n)
	of := map[string][]int{"twice": twice, "five times": often, "5%": some[:n/20], "50%": some[:n/2],
		"a tenth ten times": slices.Repeat(some[:n/10], 9)}
	for name, s := range map[string]UnitStats{"labels": units(n), "targets": targets(units(n))} {
		once := score(t, mutualInformation, s, Options{})
		if once[0] > 0.06 || once[2] > 0.06 || once[1] < 0.3 || once[3] != 0 {
			t.Fatalf("%s: %v", name, once)
		}
		for how, copies := range of {
			for _, rows := range []bool{true, false} {
				got := score(t, mutualInformation, withCopies(s, copies, rows), Options{})
				for u := range got {
					if math.Abs(got[u]-once[u]) > 0.035 {
						t.Errorf("%s, copies: %s, rows known: %v: unit %d has %.4f, once %.4f", name, how, rows, u, got[u], once[u])
					}
				}
			}
		}
	}
}

// All rows k times are the rows: whole estimates agree to the bit.
func TestAllRowsAgainAreTheRows(t *testing.T) {
	for name, s := range map[string]UnitStats{"labels": units(300), "targets": targets(units(300))} {
		once := score(t, mutualInformation, s, Options{})
		var of []int
		for range 3 {
			for i := range s.Samples() {
				of = append(of, i)
			}
		}
		for _, rows := range []bool{true, false} {
			if got := score(t, mutualInformation, withCopies(s, of, rows), Options{}); !slices.Equal(got, once) {
				t.Errorf("%s, rows known: %v: %v, once %v", name, rows, got, once)
			}
		}
	}
}

// Units that saturate or are off have equal activations for different rows: nothing is taken away.
func TestEqualActivationsOfDifferentRowsAreKept(t *testing.T) {
	r := random.New(5, "saturated")
	const n = 2000
	s := UnitStats{Layer: "fc1", Units: 2, Classes: 2}
	for range n {
		l := r.IntN(2)
		s.Labels = append(s.Labels, l)
		on := float32(0)
		if r.Float64() < 0.25+0.5*float64(l) {
			on = 1
		}
		s.Activations = append(s.Activations, on, float32(l))
	}
	truth := []float64{math.Ln2 + 0.25*math.Log(0.25) + 0.75*math.Log(0.75), math.Ln2}
	got, err := mutualInformation.Score(s, Options{})
	near(t, "saturated units", got, err, truth, 0.03)
	for i := range n {
		s.Rows = append(s.Rows, int32(i))
	}
	got, err = mutualInformation.Score(s, Options{})
	near(t, "saturated units, rows known", got, err, truth, 0.03)
	s.Rows = s.Rows[1:]
	if _, err := mutualInformation.Score(s, Options{}); err == nil {
		t.Error("rows of fewer samples than there are")
	}
}
