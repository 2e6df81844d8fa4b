package pruning

import (
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

// net is a small trained network and what it was trained on.
type net struct {
	m     *models.Model
	d     *data.Dataset
	parts *data.Parts
	loss  *network.Loss
	opt   *optimizers.Adam
}

func train(t testing.TB, name string, dtype tensor.Dtype, layers ...models.Layer) *net {
	t.Helper()
	d, err := data.Load(name, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Split(d, data.SplitOptions{Test: 0.2, Val: 0.2, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	scaling, err := data.FitScaling(data.Standardize, d, parts.Train)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := models.Sequential(layers...).For(d.Shape(), d.Task, len(d.Classes), scaling)
	if err != nil {
		t.Fatal(err)
	}
	g, err := spec.Build(models.Options{Seed: 1, Dtype: dtype})
	if err != nil {
		t.Fatal(err)
	}
	n := &net{m: models.New(g, d, &parts.Info), d: d, parts: parts, opt: &optimizers.Adam{LearningRate: 0.01}}
	if n.loss, err = models.Loss("", d.Task, models.LossOptions{}); err != nil {
		t.Fatal(err)
	}
	tr, err := training.New(n.m, d, parts, training.Config{Epochs: 5, Batch: 32, Optimizer: n.opt, KeepLast: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

// digits has two prunable layers, of 16 and 11 units.
func digits(t testing.TB) *net {
	return train(t, "digits", tensor.Float32, models.Dense(16, models.ReLU), models.Dropout(0.1), models.Dense(11,
		models.Tanh))
}

func (n *net) prune(t testing.TB, cfg Config) *Result {
	t.Helper()
	r, err := Prune(t.Context(), n.m, n.d, n.parts, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// logits are the outputs before a softmax, on the validation rows.
func (n *net) logits(t testing.TB, g *network.Network) []float32 {
	t.Helper()
	x := make([]float32, len(n.parts.Val)*n.d.Width())
	if err := n.d.Gather(x, nil, n.parts.Val); err != nil {
		t.Fatal(err)
	}
	out, _, err := outputs(g, x)
	if err != nil {
		t.Fatal(err)
	}
	return out[len(out)-1]
}

// masked is the original network with units masked by hand.
func (n *net) masked(t testing.TB, units []PrunedUnit, opts ...surgery.AnalyzeOption) *network.Network {
	t.Helper()
	c, err := surgery.Analyze(n.m.Net, append(opts, surgery.PruneInputs())...)
	if err != nil {
		t.Fatal(err)
	}
	gone := map[string][]int{}
	for _, u := range units {
		gone[u.Layer] = append(gone[u.Layer], u.Unit)
	}
	g, err := c.Mask(gone)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// near fails the test where two outputs differ by more than rounding.
func near(t testing.TB, what string, a, b []float32) {
	t.Helper()
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%s: %d and %d values", what, len(a), len(b))
	}
	top, diff := 0.0, 0.0
	for i := range a {
		top, diff = max(top, math.Abs(float64(a[i]))), max(diff, math.Abs(float64(a[i])-float64(b[i])))
	}
	if !(diff <= Tolerance*top) {
		t.Errorf("%s: outputs differ by %v of %v", what, diff, top)
	}
}

func bits(g *network.Network) (out []uint64) {
	for _, p := range g.Params {
		f, err := floats(p.Value())
		if err != nil {
			panic(err)
		}
		for _, v := range f {
			out = append(out, math.Float64bits(v))
		}
	}
	return out
}

// counts are the units of each layer.
func counts(units []PrunedUnit) map[string]int {
	c := map[string]int{}
	for _, u := range units {
		c[u.Layer]++
	}
	return c
}

// whole rounds a number of units: halves are kept.
func whole(x float64) int { return int(math.Ceil(x - 0.5 - 1e-9)) }

func shapes(g *network.Network) map[string][]int {
	s := map[string][]int{}
	for _, p := range g.Params {
		s[p.Name()] = slices.Clone(p.Shape())
	}
	return s
}
