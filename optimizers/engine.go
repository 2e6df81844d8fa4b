package optimizers

import (
	"math"
	"slices"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// rule is what makes one optimizer different from the others: its options, its slots and its update.
type rule interface {
	Name() string
	settings() []setting
	slots() []slot
	update32(*update[float32])
	update64(*update[float64])
}

// update is one parameter's step, as an update function sees it. Slots come in the order of rule.slots, nil where
// unused; scalars likewise, among themselves.
type update[T kernels.Float] struct {
	w, g    []T
	slots   [][]T
	scalars []float64
	t       int     // 1 at the parameter's first step
	fresh   bool    // the slots were made for this step
	rate    float64 // learning rate: base × schedule × group
	factor  float64 // schedule × group
	decay   float64 // factor of the weight decay
}

// paramState is what the engine keeps of a parameter by name.
type paramState struct {
	name    string
	shape   []int
	dtype   tensor.Dtype
	step    int
	f32     [][]float32
	f64     [][]float64
	scalars []float64
	tick    uint64 // the Step that last saw it, to find names given twice

	own32 []float32 // copy of a gradient that must not be changed where it lies
	own64 []float64
}

// engine is the machinery that all optimizers share. Its zero value is ready.
type engine struct {
	owner   rule
	set     []setting
	lr      *setting
	layout  []slot
	states  map[string]*paramState
	masks   map[string]*Mask
	step    int
	skipped int
	tick    uint64
	outer   float64 // factor from a wrapper
	wrapped bool    // outer counts
	params  []param // of the present Step
	u32     update[float32]
	u64     update[float64]
}

// bind connects the engine to the optimizer that it is part of.
func (e *engine) bind(r rule) error {
	if e.owner == r {
		return nil
	}
	if e.owner != nil {
		return errors.Wrapf(ErrState, "%s: this optimizer is a copy of one in use; use it by pointer", r.Name())
	}
	e.owner, e.set, e.layout = r, r.settings(), r.slots()
	e.lr = &e.set[slices.IndexFunc(e.set, func(s setting) bool { return s.Name == "lr" })]
	return nil
}

// advance is Step for an optimizer with rule r.
func (e *engine) advance(r rule, c *Common, model []gorgonia.ValueGrad) error {
	if err := e.bind(r); err != nil {
		return err
	}
	if err := resolve(e.set); err != nil {
		return errors.WithMessage(err, r.Name())
	}
	factor, err := e.prepare(r.Name(), c, model)
	if err != nil {
		return err
	}
	if factor < 0 { // a skipped step
		return nil
	}
	for i := range e.params {
		p := &e.params[i]
		if p.group.Frozen {
			continue
		}
		st := p.state
		fresh := e.allocate(st, p.size)
		st.step++
		if p.is32 {
			fill(&e.u32, p, st, factor, *e.lr.value, fresh, st.f32, p.w32, p.g32)
			r.update32(&e.u32)
		} else {
			fill(&e.u64, p, st, factor, *e.lr.value, fresh, st.f64, p.w64, p.g64)
			r.update64(&e.u64)
		}
	}
	e.finish(c)
	return nil
}

func fill[T kernels.Float](
	u *update[T], p *param, st *paramState, factor, lr float64, fresh bool, slots [][]T, w, g []T,
) {
	u.w, u.g, u.slots, u.scalars, u.t, u.fresh = w, g, slots, st.scalars, st.step, fresh
	u.factor = factor * p.group.RateFactor
	u.rate = lr * u.factor
	u.decay = p.group.DecayFactor
}

// prepare does all of a Step that can fail: it reads the parameters, masks, checks and clips the gradients and returns
// the factor of the learning rate, or a negative one where the step is to be skipped.
func (e *engine) prepare(name string, c *Common, model []gorgonia.ValueGrad) (float64, error) {
	if err := c.validate(); err != nil {
		return 0, errors.WithMessage(err, name)
	}
	factor, err := c.factor(e.step)
	if err != nil {
		return 0, errors.WithMessage(err, name)
	}
	if e.wrapped {
		factor *= e.outer
	}
	if err := e.collect(c, model); err != nil {
		return 0, errors.WithMessage(err, name)
	}
	for i := range e.params {
		if p := &e.params[i]; p.mask != nil {
			p.maskGradient()
		}
	}
	if ok, err := e.gradients(c); err != nil {
		return 0, errors.WithMessage(err, name)
	} else if !ok {
		e.skipped++
		e.zeroGradients(c)
		return -1, nil
	}
	return factor, nil
}

// gradients checks and clips; false means that the step is to be skipped.
func (e *engine) gradients(c *Common) (bool, error) {
	if c.NonFinite != Unchecked {
		if p, at := e.nonFinite(); p != nil {
			if c.NonFinite == SkipStep {
				return false, nil
			}
			return false, errors.Wrapf(ErrNonFinite, "parameter %q: entry %d of the gradient is NaN or infinite", p.name, at)
		}
	}
	var total float64
	for i := range e.params {
		p := &e.params[i]
		if p.group.Frozen {
			continue
		}
		if n := c.BatchSize; n > 0 && n != 1 {
			p.scale(1 / n)
		}
		if v := c.Clip.Value; v > 0 {
			p.clamp(v)
		}
		if c.Clip.Norm == 0 && c.Clip.GlobalNorm == 0 {
			continue
		}
		sum := p.squaredNorm()
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			if c.NonFinite == SkipStep {
				return false, nil
			}
			return false, errors.Wrapf(ErrNonFinite, "parameter %q: norm %v, nothing to clip to", p.name, math.Sqrt(sum))
		}
		if limit := c.Clip.Norm; limit > 0 {
			if k := limit / (math.Sqrt(sum) + 1e-6); k < 1 {
				p.scale(k)
				sum *= k * k
			}
		}
		total += sum
	}
	if limit := c.Clip.GlobalNorm; limit > 0 {
		if k := limit / (math.Sqrt(total) + 1e-6); k < 1 {
			for i := range e.params {
				if p := &e.params[i]; !p.group.Frozen {
					p.scale(k)
				}
			}
		}
	}
	return true, nil
}

// finish ends a Step: masked weights become exactly zero, gradients are zeroed and the schedule moves on.
func (e *engine) finish(c *Common) {
	for i := range e.params {
		if p := &e.params[i]; p.mask != nil {
			p.maskWeight()
		}
	}
	e.zeroGradients(c)
	e.step++
}

func (e *engine) zeroGradients(c *Common) {
	if c.KeepGradients {
		return
	}
	for i := range e.params {
		clear(e.params[i].raw32)
		clear(e.params[i].raw64)
	}
}

// rateOf is Rate for an optimizer with rule r: NaN where the options make no sense.
func (e *engine) rateOf(r rule, c *Common) float64 {
	if e.bind(r) != nil || e.lr.resolve() != nil || c.validate() != nil {
		return math.NaN()
	}
	f, err := c.factor(e.step)
	if err != nil {
		return math.NaN()
	}
	if e.wrapped {
		f *= e.outer
	}
	return f * *e.lr.value
}

// setOuter multiplies the learning rate by a wrapper's factor from now on.
func (e *engine) setOuter(factor float64) { e.outer, e.wrapped = factor, true }

// StepCount is the number of steps taken.
func (e *engine) StepCount() int { return e.step }

// SetStep moves the schedule to a position without touching the parameters' own step counts. A negative step is 0.
func (e *engine) SetStep(step int) { e.step = max(step, 0) }

// Skipped is the number of steps left out because of non-finite gradients under SkipStep.
func (e *engine) Skipped() int { return e.skipped }

// Forget drops the state of the named parameters; their next step is their first.
func (e *engine) Forget(params ...string) {
	for _, name := range params {
		delete(e.states, name)
	}
}
