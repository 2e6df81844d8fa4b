package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
)

// Lookahead wraps an optimizer with slow weights, which follow those that it steps on. At every k-th step of a parameter
//
//	s ← s + α(θ − s)      θ ← s
//
// with s beginning at the first θ. The slow weights are what is evaluated and saved (see [EvaluationWeights]), as in the
// paper: until the k-th step those are the initial ones. The inner optimizer's moments go on. Slot, beside the inner
// optimizer's: "slow_weights". Source: Zhang et al. 2019, arXiv:1907.08610.
type Lookahead struct {
	Inner Optimizer // required
	Every int       // k; default 5
	Alpha float64   // α; default 0.5
	wrapper[Lookahead]
}

func (o *Lookahead) wrap() wrapping {
	t := &transform.Lookahead{}
	return wrapping{kind: "lookahead", inner: o.Inner, links: []transform.Transform{t}, settings: []setting{
		count("every", &o.Every, &t.Every, 5, "steps between two moves of the slow weights"),
		number("alpha", &o.Alpha, &t.Alpha, 0.5, settings.Unit, "share of the way to the weights that the slow ones go"),
	}}
}
