package pruning

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

// digitImages is a convolutional network: 5 and 6 filters, 12 units behind a flatten of 6·2·2 positions.
func digitImages(t testing.TB) *net {
	return train(t, "digits", tensor.Float32, models.Input(1, 8, 8), models.Conv2D(5, 3, models.ReLU), models.MaxPool(2),
		models.Conv2D(6, 2, models.Tanh), models.Flatten(), models.Dense(12, models.ReLU))
}

func layerNames(c *surgery.Coupling) (names []string) {
	for _, g := range c.Groups {
		names = append(names, g.Name)
	}
	return names
}

// A feature map counts as its mean; a channel's weights are its filter, its bias and what reads it.
func TestEvidenceOfImages(t *testing.T) {
	n := digitImages(t)
	c, err := surgery.Analyze(n.m.Net)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"conv2d1", "conv2d2", "dense1"}; !slices.Equal(layerNames(c), want) {
		t.Fatalf("layers %v, want %v", layerNames(c), want)
	}
	rows := n.parts.Train[:300] // more than one batch
	stats, err := Evidence(n.m, c, criteria.NeedsWeights|criteria.NeedsGradients|criteria.NeedsActivations, n.d, rows, n.loss, 1)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(rows)*n.d.Width())
	if err := n.d.Gather(x, nil, rows); err != nil {
		t.Fatal(err)
	}
	grads, err := training.Gradients(n.m, n.loss, n.d, rows)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range []struct {
		units, map_ int
		shape       []int
	}{{5, 3 * 3, []int{5, 3, 3}}, {6, 2 * 2, []int{6, 2, 2}}, {12, 1, []int{12}}} {
		s, g := stats[i], c.Groups[i]
		if got := g.Activation.Shape()[1:]; !slices.Equal(got, l.shape) {
			t.Errorf("%s is observed on %v, want %v", g.Name, got, l.shape)
		}
		r, err := network.NewRunner(n.m.Net, 0, g.Activation)
		if err != nil {
			t.Fatal(err)
		}
		raw := make([]float32, len(rows)*r.Width(1))
		if err := r.Run(x, nil, raw); err != nil {
			t.Fatal(err)
		}
		for k := range len(rows) * l.units {
			mean := 0.0
			for _, v := range raw[k*l.map_ : (k+1)*l.map_] {
				mean += float64(v) / float64(l.map_)
			}
			if got := float64(s.Activations[k]); math.Abs(got-mean) > 1e-6 {
				t.Fatalf("%s, activation %d: %v, want %v", g.Name, k, got, mean)
			}
		}
	}
	// PrunedUnit 2 of conv2d2: its filter, its bias, and the rows 8 to 11 of dense1.
	value := func(name string) []float32 { return n.m.Net.Param(name).Value().Data().([]float32) }
	gradient := func(name string) (out []float32) {
		for _, g := range grads[name] {
			out = append(out, float32(g))
		}
		return out
	}
	for what, of := range map[string]func(string) []float32{"weights": value, "gradients": gradient} {
		want := slices.Concat(of("conv2d2.weight")[2*20:3*20], of("conv2d2.bias")[2:3], of("dense1.weight")[8*12:12*12])
		got := map[string][][]float32{"weights": stats[1].Weights, "gradients": stats[1].Gradients}[what][2]
		if !slices.Equal(got, want) {
			t.Errorf("%s of a channel: %v, want %v", what, got, want)
		}
	}
}

// Convolutional networks are pruned by every criterion, with positions and without, by both methods, in rounds.
func TestPruneImages(t *testing.T) {
	n := digitImages(t)
	for _, crit := range criteria.Names() {
		for _, positions := range []bool{false, true} {
			for _, method := range []Method{MaskUnits, RemoveUnits} {
				t.Run(fmt.Sprintf("%s/%s/positions %v", crit, method, positions), func(t *testing.T) {
					r := n.prune(t, Config{Criterion: criteria.Named(crit), Amount: 0.4, Method: method, Positions: positions, Rounds: 2,
						Calibration: 200})
					total := 5 + 6 + 12
					if positions {
						total += 24
					}
					kept := 0
					for _, k := range r.Kept {
						kept += k
					}
					if r.Total != total || kept+len(r.Units) != total {
						t.Errorf("%d units, %d kept and %d gone, want %d", r.Total, kept, len(r.Units), total)
					}
					seen := map[string]bool{}
					for _, u := range r.Units {
						if at := fmt.Sprint(u.Layer, u.Unit); seen[at] || u.Reason == "" {
							t.Errorf("unit %+v", u)
						} else {
							seen[at] = true
						}
					}
					near(t, "pruned and masked", n.logits(t, r.Masked.Net), n.logits(t, r.Model.Net))
					near(t, "pruned, and masked by hand", n.logits(t, n.masked(t, r.Units, surgery.PrunePositions())), n.logits(t,
						r.Model.Net))
					left := shapes(r.Model.Net)
					want := []int{5, 6}
					if method == RemoveUnits {
						want = []int{r.Kept["conv2d1"], r.Kept["conv2d2"]}
					}
					if left["conv2d1.weight"][0] != want[0] || left["conv2d2.weight"][0] != want[1] {
						t.Errorf("shapes %v, want %v filters", left, want)
					}
					if positions && method == RemoveUnits && left["dense1.weight"][0] != r.Kept["flatten1"] {
						t.Errorf("dense1 reads %d positions, want %d", left["dense1.weight"][0], r.Kept["flatten1"])
					}
				})
			}
		}
	}
}

// The optimizer's moments of filters and the running statistics are cut with them, and training goes on.
func TestStateOfImagesIsCut(t *testing.T) {
	n := train(t, "digits", tensor.Float32, models.Input(1, 8, 8), models.Conv2D(6, 3, models.WithoutBias()), models.BatchNorm(),
		models.Activate(models.ReLU), models.Conv2D(4, 3, models.Tanh), models.Flatten())
	running := slices.Clone(n.m.Net.Param("batch_norm1.running_var").Value().Data().([]float32))
	r := n.prune(t, Config{Criterion: criteria.Named("l2"), Amount: 0.5, Positions: true,
		Finetune: &training.Config{Epochs: 1, Batch: 32, Optimizer: n.opt, KeepLast: true}})
	for _, s := range n.opt.State().Params {
		if p := r.Model.Net.Param(s.Name); p == nil || !slices.Equal(p.Shape(), s.Shape) {
			t.Errorf("state of %s has shape %v, the parameter %v", s.Name, s.Shape, shapes(r.Model.Net)[s.Name])
		}
	}
	if left := r.Model.Net.Param("batch_norm1.running_var"); left.Shape()[0] != r.Kept["conv2d1"] {
		t.Errorf("running variance %v, want %d", left.Shape(), r.Kept["conv2d1"])
	}
	if !slices.Equal(running, n.m.Net.Param("batch_norm1.running_var").Value().Data().([]float32)) {
		t.Error("the original's running statistics have changed")
	}
	if r.Equivalence.Checks != 1 || r.Kept["conv2d1"] != 3 {
		t.Errorf("%+v, kept %v", r.Equivalence, r.Kept)
	}
}
