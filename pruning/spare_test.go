package pruning

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

func named(name string, l models.Layer) models.Layer { l.Name = name; return l }

func reading(l models.Layer, from ...string) models.Layer { l.Inputs = from; return l }

// joined cuts an axis into parts, does something else with each, and puts them side by side again.
func joined(f func(models.ActivationOption, ...models.LayerOption) models.Layer, sizes ...int) []models.Layer {
	layers := []models.Layer{named("parts", models.Split(sizes))}
	var names []string
	for k := range sizes {
		part := f([]models.ActivationOption{models.ReLU, models.Tanh, models.Sigmoid}[k])
		part.Name = fmt.Sprint("branch", k)
		names = append(names, part.Name)
		layers = append(layers, reading(part, fmt.Sprint("parts.", k)))
	}
	return append(layers, models.Concat(names))
}

// quieten makes the outgoing weights and the biases of some units so small that every criterion would have them go.
func (n *net) quieten(t *testing.T, layer string, units ...int) {
	t.Helper()
	for _, name := range []string{layer + ".weight", layer + ".bias"} {
		p := n.m.Net.Param(name)
		f, shape := p.Value().Data().([]float32), p.Shape()
		axis := len(shape) - 1 // (in, units) of a dense layer
		if len(shape) == 4 {
			axis = 0
		}
		inner := 1
		for _, d := range shape[axis+1:] {
			inner *= d
		}
		for i := range f {
			if slices.Contains(units, i/inner%shape[axis]) {
				f[i] *= 1e-3
			}
		}
	}
}

// Networks in which a selection could leave nothing of a slice or of a branch: one unit of it stays, the best one.
func TestNothingIsEmptied(t *testing.T) {
	for name, c := range map[string]struct {
		data   string
		layers []models.Layer
		layer  string
		quiet  []int // units that would all go
	}{
		"a half of a split": {data: "digits", layer: "dense1", quiet: []int{0, 1, 2, 3}, layers: append([]models.Layer{
			models.Dense(12)}, joined(models.Activate, 4, 8)...)},
		"the last of three parts": {data: "iris", layer: "dense1", quiet: []int{7, 8}, layers: append([]models.Layer{
			models.Dense(9)}, joined(models.Activate, 4, 3, 2)...)},
		"a part of one unit": {data: "iris", layer: "dense1", quiet: []int{0}, layers: append([]models.Layer{models.Dense(6)},
			joined(models.Activate, 1, 5)...)},
		"a regression": {data: "diabetes", layer: "dense1", quiet: []int{5, 6, 7}, layers: append([]models.Layer{
			models.Dense(8)}, joined(models.Activate, 5, 3)...)},
		"two parts at once": {data: "digits", layer: "dense1", quiet: []int{0, 1, 2, 9, 10, 11}, layers: append([]models.Layer{
			models.Dense(12, models.ReLU)}, joined(models.Activate, 3, 6, 3)...)},
		"channels of an image": {data: "digits", layer: "conv2d1", quiet: []int{0, 1}, layers: append(append([]models.Layer{
			models.Input(1, 8, 8), models.Conv2D(6, 3, models.ReLU)}, joined(models.Activate, 2, 4)...), models.GlobalAvgPool())},
	} {
		n := train(t, c.data, tensor.Float32, c.layers...)
		n.quieten(t, c.layer, c.quiet...)
		for _, method := range []Method{MaskUnits, RemoveUnits} {
			for _, scope := range []criteria.Scope{criteria.ScopeLayer, criteria.ScopeGlobal} {
				for _, rounds := range []int{1, 3} {
					t.Run(fmt.Sprintf("%s/%s/%s/%d", name, method, scope, rounds), func(t *testing.T) {
						r := n.prune(t, Config{Criterion: criteria.Named("variance"), Amount: 0.6, Method: method, Scope: scope, Rounds: rounds, Floor: 1,
							Normalization: map[criteria.Scope]criteria.Normalization{criteria.ScopeGlobal: criteria.NormalizeNone}[scope],
							Layers:        []string{c.layer}, Finetune: &training.Config{Epochs: 1, Batch: 32, Optimizer: &optimizers.Adam{}}})
						gone := map[int]bool{}
						for _, u := range r.Units {
							gone[u.Unit] = u.Layer == c.layer
						}
						left := 0
						for _, u := range c.quiet {
							if !gone[u] {
								left++
							}
						}
						if left == 0 || len(gone) == 0 {
							t.Fatalf("%d of the units %v stay; %d went", left, c.quiet, len(gone))
						}
						if w := strings.Join(r.Warnings, "\n"); !strings.Contains(w, "stays: without it nothing would be left of axis 1") {
							t.Errorf("warnings %q", w)
						}
						near(t, "masked, and masked by hand", n.logits(t, n.masked(t, r.Units)), n.logits(t, r.Masked.Net))
					})
				}
			}
		}
	}
}

// Of what lies on a branch that would be emptied the best-scored unit stays, and no more than that.
func TestTheBestStays(t *testing.T) {
	n := train(t, "iris", tensor.Float32, append([]models.Layer{models.Dense(8)}, joined(models.Activate, 3, 5)...)...)
	w := n.m.Net.Param("dense1.weight").Value().Data().([]float32)
	for i := range w {
		switch i % 8 {
		case 0, 2:
			w[i] *= 1e-4
		case 1: // better than its neighbours, worse than all others
			w[i] *= 1e-2
		}
	}
	clear(n.m.Net.Param("dense1.bias").Value().Data().([]float32))
	r := n.prune(t, Config{Criterion: criteria.Named("variance"), Amount: 0.5, Layers: []string{"dense1"}})
	var gone []int
	for _, u := range r.Units {
		gone = append(gone, u.Unit)
	}
	slices.Sort(gone)
	if len(gone) != 3 || !slices.Contains(gone, 0) || !slices.Contains(gone, 2) || slices.Contains(gone, 1) {
		t.Errorf("units %v went; unit 1 alone should have stayed of the four worst", gone)
	}
	if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], `unit 1 of layer "dense1" stays`) {
		t.Errorf("warnings %q", r.Warnings)
	}
}

// What is masked already does not hold a branch up.
func TestMaskedUnitsDoNotHoldABranch(t *testing.T) {
	n := train(t, "iris", tensor.Float32, append([]models.Layer{models.Dense(6)}, joined(models.Activate, 2, 4)...)...)
	n.m = n.m.With(n.masked(t, []PrunedUnit{{Unit: 0, Layer: "dense1"}}))
	n.quieten(t, "dense1", 1)
	for _, method := range []Method{MaskUnits, RemoveUnits} {
		r := n.prune(t, Config{Criterion: criteria.Named("variance"), Amount: 0.4, Method: method, Layers: []string{"dense1"}})
		if slices.ContainsFunc(r.Units, func(u PrunedUnit) bool { return u.Unit == 1 }) {
			t.Errorf("%s: unit 1 went, and unit 0 is masked: nothing is left of the branch", method)
		}
	}
	if _, err := surgery.Analyze(n.m.Net); err != nil {
		t.Fatal(err)
	}
}

// With positions as units of their own, floors keep a position of one channel and a channel of others: what stays must be
// both, or nothing is left behind the flatten.
func TestPositionsStayWithTheirChannel(t *testing.T) {
	n := train(t, "digits", tensor.Float32, models.Input(1, 8, 8), models.Conv2D(6, 3, models.ReLU), models.MaxPool(2),
		models.Conv2D(5, 2, models.ReLU), models.Flatten(), models.Dense(7, models.ReLU))
	said := 0
	for seed := range uint64(12) {
		for _, method := range []Method{MaskUnits, RemoveUnits} {
			for _, scope := range []criteria.Scope{criteria.ScopeLayer, criteria.ScopeGlobal} {
				r := n.prune(t, Config{Criterion: criteria.Named("random"), Amount: 0.97, Method: method, Scope: scope, Positions: true, Seed: seed,
					Floor: 1})
				c, err := surgery.Analyze(r.Model.Net)
				if err != nil || len(c.Groups) < 2 && method == RemoveUnits {
					t.Fatalf("%d layers are left; %v", len(c.Groups), err)
				}
				near(t, "masked and pruned", n.logits(t, r.Masked.Net), n.logits(t, r.Model.Net))
				for _, w := range r.Warnings {
					if strings.Contains(w, "nothing would be left") {
						said++
					}
				}
			}
		}
	}
	if said == 0 {
		t.Error("nothing would have been emptied: the test proves nothing")
	}
}
