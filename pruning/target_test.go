package pruning

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

// inUnit is a fitted regression whose targets have a unit and an offset.
func inUnit(t *testing.T, unit, shift float64) *training.Fitted {
	t.Helper()
	r := random.New(1, "in unit")
	x, y := make([]float32, 600), make([]float32, 300)
	d := &data.Dataset{}
	for i := range y {
		a, b := r.NormFloat64(), r.NormFloat64()
		x[2*i], x[2*i+1] = float32(a), float32(b)
		v := (a*b+a)*unit + shift
		y[i] = float32(v)
		d.Targets64 = append(d.Targets64, v)
	}
	full, err := data.NewRegression("in unit", []string{"a", "b"}, x, y)
	if err != nil {
		t.Fatal(err)
	}
	full.Targets64 = d.Targets64
	f, err := training.Fit(t.Context(), models.Sequential(models.Dense(12, models.ReLU)), full, training.FitConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What is pruned does not depend on the target's unit; the unscale layer stays and is no unit's.
func TestPruningDoesNotSeeTheTargetsUnit(t *testing.T) {
	for _, criterion := range []string{"mutual-information", "entropy", "l2", "taylor"} {
		var want []string
		for _, c := range []struct{ unit, shift float64 }{{1, 0}, {1 << 17, 0}, {1.0 / (1 << 25), 0}, {1 << 20, -1 << 45}} {
			f := inUnit(t, c.unit, c.shift)
			got, err := Prune(t.Context(), f.Model, f.Data, f.Parts, Config{Criterion: criteria.Named(criterion), Amount: 0.5})
			if err != nil {
				t.Fatal(err)
			}
			if models.Target(got.Model.Net) != models.Target(f.Model.Net) {
				t.Errorf("%s: the unit was %v and is %v", criterion, models.Target(f.Model.Net), models.Target(got.Model.Net))
			}
			var names []string
			for _, u := range got.Units {
				names = append(names, fmt.Sprint(u.Layer, " ", u.Unit))
			}
			if want == nil {
				want = names
			} else if c.shift == 0 && !slices.Equal(names, want) {
				t.Errorf("%s in units of %v: %v, want %v", criterion, c.unit, names, want)
			}
		}
	}
}

// A proof looks at what goes into the unscale layer: a difference there is not hidden by a large mean.
func TestProofsLookBehindTheTargetsUnit(t *testing.T) {
	net := func(bias float32) *network.Network {
		n, err := models.Sequential(models.Input(2), models.Dense(1), models.Unscale(1e9, 1000)).Build(models.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		n.Params[1].Value().(*tensor.Dense).Float32s()[0] = bias
		return n
	}
	x := []float32{1, 2, 3, 4}
	if e, err := Check(net(0.5), net(0.5), x); err != nil || e.MaxAbsDiff != 0 {
		t.Errorf("equal networks: %+v, %v", e, err)
	}
	if e, err := Check(net(0.5), net(0.51), x); !errors.Is(err, ErrNotEquivalent) {
		t.Errorf("a difference of 0.01 deviations: %+v, %v", e, err)
	}
}
