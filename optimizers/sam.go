package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// SAM steps by the gradient at the place, within a distance of ρ, where the loss is highest to first order, so that it
// prefers minima that are flat (sharpness-aware minimization). With g the gradients of all parameters at θ:
//
//	θ' = θ + ρ·g/(‖g‖₂ + 1e-12)             ρ·θ²·g/(‖|θ|·g‖₂ + 1e-12) if Adaptive
//	θ ← the Inner optimizer's step from θ by ∇J(θ')
//
// The norm goes over all parameters that are not frozen, in float64. Masked gradients are zeroed first; clipping, batch size
// and weight decay act on the second gradients alone. Two gradients make a step take about twice as long. In package
// training both are of the same rows with the same dropout, and running statistics, as of batch norm, are those of the
// first. In another loop Perturb has to be called between the two, see [SecondGradient].
//
// It keeps no state of its own. Sources: Foret et al. 2020, arXiv:2010.01412; Kwon et al. 2021, arXiv:2102.11600
// (Adaptive, without its term for biases).
type SAM struct {
	Inner    Optimizer // required
	Rho      float64   // ρ; default 0.05, for Adaptive ten times as much is usual; Zero for 0
	Adaptive bool      // the distance counts in units of the weights; default false
	wrapper[SAM]

	rho      float64
	adaptive bool
	asked    bool // Perturb has been called for the next step
	moved    bool // and the weights are moved
	saved    map[string]*snapshot
}

func (o *SAM) wrap() wrapping {
	return wrapping{kind: "sam", inner: o.Inner, settings: []setting{
		number("rho", &o.Rho, &o.rho, 0.05, settings.NonNegative, "distance at which the second gradient is taken"),
		flag("adaptive", &o.Adaptive, &o.adaptive, "the distance counts in units of the weights"),
	}}
}

// AsksAgain is true.
func (o *SAM) AsksAgain() bool { return true }

// Perturb moves the weights to θ'.
func (o *SAM) Perturb(model []gorgonia.ValueGrad) (bool, error) {
	if err := o.prepared(); err != nil {
		return false, err
	}
	if o.moved {
		return false, errors.Wrapf(ErrState, "%s: Perturb twice in one step: Step, or Restore, comes in between", o.name)
	}
	e, err := o.core()
	if err != nil {
		return false, err
	}
	if err := e.common.validate(); err != nil {
		return false, errors.WithMessage(err, o.name)
	}
	if err := e.collectMasked(e.common, model); err != nil {
		return false, errors.WithMessage(err, o.name)
	}
	if e.common.NonFinite != Unchecked {
		if p, at := e.nonFinite(); p != nil {
			if e.common.NonFinite == SkipStep { // Step finds it, too
				o.asked = true
				return false, nil
			}
			return false, errors.Wrapf(ErrNonFinite, "%s: parameter %q: entry %d of the gradient is NaN or infinite",
				o.name, p.name, at)
		}
	}
	o.move(e)
	e.zeroGradients(e.common)
	o.asked, o.moved = true, true
	return true, nil
}

// move saves the weights and adds the perturbation to them.
func (o *SAM) move(e *engine) {
	var sum float64
	for i := range e.params {
		if p := &e.params[i]; !p.group.Frozen {
			sum += gradientSquares(p.w32, p.g32, o.adaptive) + gradientSquares(p.w64, p.g64, o.adaptive)
		}
	}
	by := o.rho / (math.Sqrt(sum) + 1e-12)
	if o.saved == nil {
		o.saved = map[string]*snapshot{}
	}
	for i := range e.params {
		p := &e.params[i]
		if p.group.Frozen {
			delete(o.saved, p.name)
			continue
		}
		s := o.saved[p.name]
		if s == nil {
			s = new(snapshot)
			o.saved[p.name] = s
		}
		s.f32, s.f64 = append(s.f32[:0], p.w32...), append(s.f64[:0], p.w64...)
		addGradient(p.w32, p.g32, by, o.adaptive)
		addGradient(p.w64, p.g64, by, o.adaptive)
	}
}

// gradientSquares is Σg², or Σ(wg)² if adaptive.
func gradientSquares[T transform.Float](w, g []T, adaptive bool) (sum float64) {
	if !adaptive {
		return update.SquaredNorm(g)
	}
	for i, x := range w {
		d := float64(x) * float64(g[i])
		sum += d * d
	}
	return sum
}

func addGradient[T transform.Float](w, g []T, by float64, adaptive bool) {
	k := T(by)
	for i, x := range w {
		d := g[i] * k
		if adaptive {
			d *= x * x
		}
		w[i] = x + d
	}
}

// Restore puts the weights back where Perturb found them.
func (o *SAM) Restore(model []gorgonia.ValueGrad) error {
	if !o.moved {
		return nil
	}
	for i, n := range model {
		name, err := nameOf(i, n)
		if err != nil {
			return err
		}
		s := o.saved[name]
		if s == nil {
			continue
		}
		w32, w64, why := flat(n.Value())
		if why != "" || len(w32) != len(s.f32) || len(w64) != len(s.f64) {
			return errors.Wrapf(ErrState, "%s: parameter %q is not what Perturb moved: %s", o.name, name, why)
		}
		copy(w32, s.f32)
		copy(w64, s.f64)
	}
	o.asked, o.moved = false, false
	return nil
}

// Step puts the weights back and steps by the second gradients; see [Optimizer].
func (o *SAM) Step(model []gorgonia.ValueGrad) error {
	if err := o.prepared(); err != nil {
		return err
	}
	if !o.asked {
		return errors.Wrapf(ErrInvalid, "%s wants a second gradient: call Perturb after the gradients are computed, compute them "+
			"again, then Step", o.name)
	}
	if err := o.Restore(model); err != nil {
		return err
	}
	o.asked = false
	return o.inner.Step(model)
}
