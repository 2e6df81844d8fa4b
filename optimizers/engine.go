package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// paramState is what the engine keeps of a parameter by name.
type paramState struct {
	name    string
	shape   []int
	dtype   tensor.Dtype
	step    int
	f32     [][]float32
	f64     [][]float64
	numbers []float64
	tick    uint64 // the Step that last saw it, to find names given twice

	own32 []float32 // copy of a gradient that must not be changed where it lies
	own64 []float64
	upd32 []float32 // the update, where the chain goes over all parameters more than once
	upd64 []float64
}

// engine is the machinery that all optimizers share. Its zero value is ready.
type engine struct {
	definition
	common   *Common
	chain    chain
	baseRate *float64 // of the definition's setting "lr"; nil without one
	states   map[string]*paramState
	masks    map[string]*Mask
	step     int
	skipped  int
	tick     uint64
	outer    float64   // factor from a wrapper
	wrapped  bool      // outer counts
	params   []param   // of the present Step
	upd32    []float32 // memory for the update of one parameter
	upd64    []float64
	u32      transform.Update[float32]
	u64      transform.Update[float64]
}

// advance is Step, once the definition is known.
func (e *engine) advance(model []gorgonia.ValueGrad) error {
	changed, err := resolve(e.settings)
	if err != nil {
		return errors.WithMessage(err, e.name)
	}
	if changed && e.arrange != nil {
		e.arrange()
	}
	factor, err := e.prepare(e.name, e.common, model)
	if err != nil || factor < 0 { // a skipped step
		return err
	}
	e.applyChain(factor)
	e.finish(e.common)
	return nil
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
	if err := e.collectMasked(c, model); err != nil {
		return 0, errors.WithMessage(err, name)
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

// collectMasked reads the parameters and zeroes what their masks do not keep in their gradients.
func (e *engine) collectMasked(c *Common, model []gorgonia.ValueGrad) error {
	if err := e.collect(c, model); err != nil {
		return err
	}
	for i := range e.params {
		if p := &e.params[i]; p.mask != nil {
			p.maskGradient()
		}
	}
	return nil
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

// rate is the learning rate of the next Step: NaN where the options make no sense.
func (e *engine) rate() float64 {
	lr := &e.settings[e.lr]
	if lr.Resolve() != nil || e.common.validate() != nil {
		return math.NaN()
	}
	f, err := e.common.factor(e.step)
	if err != nil {
		return math.NaN()
	}
	if e.wrapped {
		f *= e.outer
	}
	return f * *lr.value
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
