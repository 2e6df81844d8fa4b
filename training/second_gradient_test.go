package training

import (
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
)

// At a distance of 0 the second gradient is the first, to the bit: it is of the same rows, with the same dropout masks, and
// running statistics move once a step.
func TestSecondGradientIsOfTheSameBatch(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8), models.BatchNorm(), models.Activate(models.ReLU), models.Dropout(0.3))
	cfg := func(o optimizers.Optimizer) Config { return Config{Epochs: 3, Batch: 16, Optimizer: o, Seed: 3} }
	plain, a := k.fitted(t, cfg(&optimizers.Adam{LearningRate: 0.01}))
	twice, b := k.fitted(t, cfg(&optimizers.SAM{Inner: &optimizers.Adam{LearningRate: 0.01}, Rho: optimizers.Zero}))
	if !slices.Equal(bits(plain), bits(twice)) || *a.History().Last().ValLoss != *b.History().Last().ValLoss {
		t.Error("it is of something else")
	}
	moved, _ := k.fitted(t, cfg(&optimizers.SAM{Inner: &optimizers.Adam{LearningRate: 0.01}, Rho: 0.5}))
	if slices.Equal(bits(plain), bits(moved)) {
		t.Error("a distance of 0.5 changes nothing")
	}
}

// A trainer with SAM does what a loop does that computes both gradients by [Gradients] and steps by hand.
func TestSecondGradientIsThatOfALoop(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.Tanh))
	k.dtype = tensor.Float64
	const rho, rate, steps = 0.3, 0.2, 5
	m, _ := k.fitted(t, Config{Epochs: steps, Batch: len(k.parts.Train), KeepLast: true,
		Optimizer: &optimizers.SAM{Inner: &optimizers.SGD{LearningRate: rate}, Rho: rho}})
	byHand := k.model(t)
	add := func(g map[string][]float64, by float64) {
		for _, p := range byHand.Net.Params {
			w, err := op.Floats[float64](p.Value())
			if err != nil {
				t.Fatal(err)
			}
			for i := range w {
				w[i] += by * g[p.Name()][i]
			}
		}
	}
	gradients := func() map[string][]float64 {
		g, err := Gradients(byHand, nil, k.d, k.parts.Train)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for range steps {
		g := gradients()
		var sum float64
		for _, x := range g {
			for _, v := range x {
				sum += v * v
			}
		}
		before := take(byHand.Net)
		add(g, rho/math.Sqrt(sum))
		g = gradients()
		before.restore(byHand.Net)
		add(g, -rate)
	}
	var far float64
	for i, p := range m.Net.Params {
		x, _ := op.Floats[float64](p.Value())
		y, _ := op.Floats[float64](byHand.Net.Params[i].Value())
		for j := range x {
			far = math.Max(far, math.Abs(x[j]-y[j]))
		}
	}
	if !(far < 1e-9) {
		t.Errorf("off by %g", far)
	}
}

// The evaluation weights of wrappers are what is evaluated and kept, whatever is inside, also by SAM.
func TestWrappersEvaluationWeights(t *testing.T) {
	k := prepare(t, "iris", 60, models.Dense(8, models.ReLU))
	for slot, o := range map[string]optimizers.Optimizer{
		"moving_average": &optimizers.EMA{Inner: &optimizers.Adam{LearningRate: 0.02}, Decay: 0.9},
		"slow_weights":   &optimizers.Lookahead{Inner: &optimizers.SAM{Inner: &optimizers.SGD{LearningRate: 0.1}}, Every: 3},
	} {
		m, tr := k.fitted(t, Config{Epochs: 4, Batch: 8, Optimizer: o, Seed: 3, KeepLast: true})
		var want []uint64
		for i, p := range m.Net.Params {
			c := take(m.Net)[i]
			for _, s := range o.State().Param(p.Name()).Slots {
				if s.Name == slot {
					copy(c.Data().([]float32), s.F32)
				}
			}
			want = append(want, valueBits(c)...)
		}
		if !slices.Equal(bits(m), want) || slices.Equal(snapshotBits(tr.iterate), want) {
			t.Errorf("%s: the model holds other weights", slot)
		}
	}
}

// An optimizer that goes on with a network that was changed meanwhile, as pruning and folding do, evaluates the changed
// one: at a rate of 0 a training leaves it as it is.
func TestEvaluationWeightsFollowTheNetwork(t *testing.T) {
	k := prepare(t, "iris", 60, models.Dense(8, models.ReLU))
	adam, asgd := &optimizers.Adam{LearningRate: 0.02}, &optimizers.ASGD{LearningRate: 0.1, Start: 5, Lambda: optimizers.Zero}
	for _, o := range []struct {
		optimizers.Optimizer
		rate *float64
	}{
		{&optimizers.EMA{Inner: adam, Decay: 0.9}, &adam.LearningRate},
		{optimizers.Wrap(asgd, optimizers.Common{}), &asgd.LearningRate},
	} {
		cfg := Config{Epochs: 3, Batch: 8, Optimizer: o.Optimizer, Seed: 3, KeepLast: true}
		m, _ := k.fitted(t, cfg)
		for _, p := range m.Net.Params {
			p.Value().Data().([]float32)[0] += 0.5
		}
		want := take(m.Net)
		*o.rate, cfg.KeepOptimizerState = optimizers.Zero, true
		if o.Rate() != 0 {
			t.Fatal(o.Rate())
		}
		if o.Name() == "asgd" { // whose next rate is that of the step before
			s := o.State()
			for i := range s.Params {
				s.Params[i].Numbers[0].Value = 0
			}
			if err := o.SetState(s); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := k.trainer(t, m, cfg).Fit(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, p := range m.Net.Params {
			x, y := p.Value().Data().([]float32), want[i].Data().([]float32)
			for j := range x {
				if d := math.Abs(float64(x[j] - y[j])); !(d < 1e-5) { // 0.9w + 0.1w is rounded
					t.Errorf("%s: %q[%d] is off by %g", o.Name(), p.Name(), j, d)
				}
			}
		}
	}
}
