package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// Constant keeps the base rate.
type Constant struct{}

// Factor is 1.
func (*Constant) Factor(int) float64 { return 1 }

func (*Constant) Rows() settings.Rows { return nil }

// StepDecay multiplies the rate by Gamma every Every steps: Gamma^⌊t/Every⌋. PyTorch's StepLR.
type StepDecay struct {
	Every int     // steps, at least 1; has to be given
	Gamma float64 // default 0.1
}

// Factor is the factor of the learning rate after step steps.
func (s *StepDecay) Factor(step int) float64 {
	if s.Every < 1 {
		return math.NaN() // which Validate explains
	}
	return math.Pow(orDefault(s.Gamma, 0.1), float64(step/s.Every))
}

func (s *StepDecay) Rows() settings.Rows {
	return settings.Rows{
		settings.Count("every", &s.Every, "steps between two changes").In(settings.AtLeast(1)),
		factorRow("gamma", &s.Gamma, 0.1, settings.NonNegative, "factor of each change"),
	}
}

// Validate returns an error if the parameters make no sense.
func (s *StepDecay) Validate() error {
	if s.Every >= 1 && settings.NonNegative.Has(s.Gamma) {
		return nil
	}
	return invalid("step schedule", "every %d steps times %v", s.Every, s.Gamma)
}

// MultiStep multiplies the rate by Gamma at each of the Milestones. PyTorch's MultiStepLR.
type MultiStep struct {
	Milestones []int   // steps, ascending; has to be given
	Gamma      float64 // default 0.1
}

// Factor is the factor of the learning rate after step steps.
func (s *MultiStep) Factor(step int) float64 {
	passed := 0
	for passed < len(s.Milestones) && s.Milestones[passed] <= step {
		passed++
	}
	return math.Pow(orDefault(s.Gamma, 0.1), float64(passed))
}

func (s *MultiStep) Rows() settings.Rows {
	return settings.Rows{
		settings.Counts("milestones", &s.Milestones, "steps at which the rate changes").In(settings.AtLeast(1)).Ascends(),
		factorRow("gamma", &s.Gamma, 0.1, settings.NonNegative, "factor of each change"),
	}
}

// Validate returns an error if the parameters make no sense.
func (s *MultiStep) Validate() error {
	for i, m := range s.Milestones {
		if m < 1 || i > 0 && m <= s.Milestones[i-1] {
			return errors.Wrapf(ErrInvalid, "multistep schedule: milestones %v, want ascending steps >= 1", s.Milestones)
		}
	}
	if len(s.Milestones) > 0 && settings.NonNegative.Has(s.Gamma) {
		return nil
	}
	return invalid("multistep schedule", "%d milestones, gamma %v", len(s.Milestones), s.Gamma)
}

// Exponential is Gamma^t. PyTorch's ExponentialLR.
type Exponential struct {
	Gamma float64 // per step; default 0.999
}

// Factor is the factor of the learning rate after step steps.
func (s *Exponential) Factor(step int) float64 {
	return math.Pow(orDefault(s.Gamma, 0.999), float64(step))
}

func (s *Exponential) Rows() settings.Rows {
	return settings.Rows{factorRow("gamma", &s.Gamma, 0.999, settings.NonNegative, "factor of each step")}
}

// Validate returns an error if the parameters make no sense.
func (s *Exponential) Validate() error {
	if settings.NonNegative.Has(s.Gamma) {
		return nil
	}
	return invalid("exponential schedule", "gamma %v", s.Gamma)
}

// InverseSqrt is 1/√(1 + t/Scale). After a warm-up of Scale steps it is the transformer's schedule (Vaswani et al.
// 2017, arXiv:1706.03762), with the base rate at the peak.
type InverseSqrt struct {
	Scale int // steps after which the rate is down to 1/√2; default 1000
}

// Factor is the factor of the learning rate after step steps.
func (s *InverseSqrt) Factor(step int) float64 {
	scale := s.Scale
	if scale == 0 {
		scale = 1000
	}
	return 1 / math.Sqrt(1+float64(step)/float64(scale))
}

func (s *InverseSqrt) Rows() settings.Rows {
	return settings.Rows{settings.Count("scale", &s.Scale, "steps after which the rate is down to 0.707").In(settings.AtLeast(1)).Or(1000)}
}

// Validate returns an error if the parameters make no sense.
func (s *InverseSqrt) Validate() error {
	if s.Scale >= 0 {
		return nil
	}
	return invalid("inverse square root schedule", "scale %d", s.Scale)
}

// invalid is apart from the check, so that a check that passes allocates nothing.
func invalid(what, format string, args ...any) error {
	return errors.Wrapf(ErrInvalid, what+": "+format, args...)
}
