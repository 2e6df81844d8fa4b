package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/settings"
)

// Linear goes in a straight line from factor Start to factor End over Steps steps and stays there. PyTorch's LinearLR.
type Linear struct {
	Steps int     // at least 1; has to be given
	Start float64 // default 1
	End   float64 // default 0
}

// Factor is the factor of the learning rate after step steps.
func (s *Linear) Factor(step int) float64 {
	start, end := orDefault(s.Start, 1), orDefault(s.End, 0)
	return start + (end-start)*float64(min(step, s.Steps))/float64(s.Steps)
}

func (s *Linear) Rows() settings.Rows {
	return settings.Rows{
		steps(&s.Steps),
		factorRow("start", &s.Start, 1, settings.NonNegative, "factor at the first step"),
		factorRow("end", &s.End, 0, settings.NonNegative, "factor at the end"),
	}
}

// Validate returns an error if the parameters make no sense.
func (s *Linear) Validate() error {
	if s.Steps >= 1 && settings.NonNegative.Has(s.Start) && settings.NonNegative.Has(s.End) {
		return nil
	}
	return invalid("linear schedule", "%d steps from %v to %v", s.Steps, s.Start, s.End)
}

// Polynomial is (1 − t/Steps)^Power, 0 after Steps steps. PyTorch's PolynomialLR.
type Polynomial struct {
	Steps int     // at least 1; has to be given
	Power float64 // default 1
}

// Factor is the factor of the learning rate after step steps.
func (s *Polynomial) Factor(step int) float64 {
	return math.Pow(1-float64(min(step, s.Steps))/float64(s.Steps), orDefault(s.Power, 1))
}

func (s *Polynomial) Rows() settings.Rows {
	return settings.Rows{steps(&s.Steps), factorRow("power", &s.Power, 1, settings.NonNegative, "exponent")}
}

// Validate returns an error if the parameters make no sense.
func (s *Polynomial) Validate() error {
	if s.Steps >= 1 && settings.NonNegative.Has(s.Power) {
		return nil
	}
	return invalid("polynomial schedule", "%d steps, power %v", s.Steps, s.Power)
}

// Cosine is Final + (1 − Final)·(1 + cos(πt/Steps))/2 and stays at Final after Steps steps. It is PyTorch's
// CosineAnnealingLR with eta_min = Final × base rate, except that PyTorch's rises again after T_max (Loshchilov &
// Hutter 2017, arXiv:1608.03983).
type Cosine struct {
	Steps int     // at least 1; has to be given
	Final float64 // default 0
}

// Factor is the factor of the learning rate after step steps.
func (s *Cosine) Factor(step int) float64 {
	return cosine(1, orDefault(s.Final, 0), float64(min(step, s.Steps))/float64(s.Steps))
}

func (s *Cosine) Rows() settings.Rows { return settings.Rows{steps(&s.Steps), final(&s.Final)} }

// Validate returns an error if the parameters make no sense.
func (s *Cosine) Validate() error {
	if s.Steps >= 1 && settings.NonNegative.Has(s.Final) {
		return nil
	}
	return invalid("cosine schedule", "%d steps to %v", s.Steps, s.Final)
}

// CosineRestarts is Cosine that starts again at 1 after Period steps, each period being Growth times as long as the one
// before. It is PyTorch's CosineAnnealingWarmRestarts with T_0 = Period, T_mult = Growth, eta_min = Final × base rate
// (SGDR: Loshchilov & Hutter 2017, arXiv:1608.03983).
type CosineRestarts struct {
	Period int     // steps of the first period, at least 1; has to be given
	Growth int     // default 1
	Final  float64 // default 0
}

// Factor is the factor of the learning rate after step steps.
func (s *CosineRestarts) Factor(step int) float64 {
	period := s.Period
	if period < 1 {
		return math.NaN() // which Validate explains
	}
	if s.Growth > 1 {
		for step >= period {
			step -= period
			period *= s.Growth
		}
	}
	return cosine(1, orDefault(s.Final, 0), float64(step%period)/float64(period))
}

func (s *CosineRestarts) Rows() settings.Rows {
	return settings.Rows{
		settings.Count("period", &s.Period, "steps of the first period").In(settings.AtLeast(1)),
		settings.Count("growth", &s.Growth, "length of a period over that of the one before").In(settings.AtLeast(1)).Or(1),
		final(&s.Final),
	}
}

// Validate returns an error if the parameters make no sense.
func (s *CosineRestarts) Validate() error {
	if s.Period >= 1 && s.Growth >= 0 && settings.NonNegative.Has(s.Final) {
		return nil
	}
	return invalid("cosine schedule with restarts", "period %d times %d, to %v", s.Period, s.Growth, s.Final)
}

// OneCycle rises along a cosine from factor 1/Divide to 1 over the first Rise of Steps steps and falls along another to
// 1/(Divide·FinalDivide). The base rate is the highest. It is PyTorch's OneCycleLR with cosine annealing and without
// cycling the momentum (Smith & Topin 2017, arXiv:1708.07120).
type OneCycle struct {
	Steps       int     // at least 2, and so many that the rise takes more than one; has to be given
	Rise        float64 // default 0.3
	Divide      float64 // default 25
	FinalDivide float64 // default 1e4
}

// Factor is the factor of the learning rate after step steps.
func (s *OneCycle) Factor(step int) float64 {
	rise, div := orDefault(s.Rise, 0.3), orDefault(s.Divide, 25)
	t, top, end := float64(min(step, s.Steps-1)), rise*float64(s.Steps)-1, float64(s.Steps-1)
	if t <= top {
		return cosine(1/div, 1, t/top)
	}
	return cosine(1, 1/(div*orDefault(s.FinalDivide, 1e4)), (t-top)/(end-top))
}

func (s *OneCycle) Rows() settings.Rows {
	return settings.Rows{
		steps(&s.Steps),
		factorRow("rise", &s.Rise, 0.3, settings.Inner, "share of the steps that rise"),
		factorRow("divide", &s.Divide, 25, settings.Positive, "the first factor is 1 over this"),
		factorRow("final_divide", &s.FinalDivide, 1e4, settings.Positive, "the last factor is the first over this").
			Needs(func() string {
				if s.Validate() != nil {
					return "the rise has to take more than one step: raise steps or rise"
				}
				return ""
			}),
	}
}

// Validate returns an error if the parameters make no sense.
func (s *OneCycle) Validate() error {
	rise, div, fin := orDefault(s.Rise, 0.3), orDefault(s.Divide, 25), orDefault(s.FinalDivide, 1e4)
	if s.Steps >= 2 && settings.Inner.Has(rise) && rise*float64(s.Steps) > 1 && settings.Positive.Has(div) && settings.Positive.Has(fin) {
		return nil
	}
	return invalid("one-cycle schedule", "%d steps, rise %v, divide %v and %v", s.Steps, s.Rise, s.Divide, s.FinalDivide)
}

// cosine goes from a to b along half a wave as x goes from 0 to 1.
func cosine(a, b, x float64) float64 { return b + (a-b)/2*(1+math.Cos(math.Pi*x)) }

func steps(field *int) settings.Row {
	return settings.Count("steps", field, "length of the schedule in steps; by default the rest of the training").In(settings.AtLeast(1))
}

func final(field *float64) settings.Row {
	return factorRow("final", field, 0, settings.NonNegative, "factor at the end")
}
