package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// EMA wraps an optimizer with an exponential moving average of its weights, which is what is evaluated and saved (see
// [EvaluationWeights]), while training goes on with the weights:
//
//	a ← θ at a parameter's first step, a ← δa + (1−δ)θ after the later ones
//
// It is PyTorch's AveragedModel with that avg_fn. Slot, beside the inner optimizer's: "moving_average". Sources: Polyak &
// Juditsky 1992; Tarvainen & Valpola 2017, arXiv:1703.01780.
type EMA struct {
	Inner Optimizer // required
	Decay float64   // δ; default 0.999
	wrapper[EMA]
}

func (o *EMA) wrap() wrapping {
	t := &transform.MovingAverage{}
	return wrapping{kind: "ema", inner: o.Inner, links: []transform.Transform{t}, settings: []setting{
		number("decay", &o.Decay, &t.Decay, 0.999, settings.Fraction, "share of the average that is kept at each step"),
	}}
}
