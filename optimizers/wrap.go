package optimizers

import (
	"math"

	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/gtrain/gtrain/internal/private"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Wrapped is a gorgonia.Solver with schedule, clipping, masks, parameter groups and a check for non-finite gradients
// around it. It is an [Optimizer] itself.
type Wrapped struct {
	Common
	engine
	inner gorgonia.Solver
	own   Optimizer              // inner, if it is one
	make  func() gorgonia.Solver // makes inner anew; nil if nobody said how
	used  bool                   // inner has taken a step
	base  float64                // learning rate of one of Gorgonia's solvers, NaN for others
	bad   error                  // why that rate cannot be read
	model []gorgonia.ValueGrad
	saved map[string]*snapshot
}

type snapshot struct {
	f32 []float32
	f64 []float64
}

// Wrap puts c around any solver. How a schedule acts depends on the solver:
//
//   - an [Optimizer] has its learning rate multiplied, on top of a schedule of its own (and the wrapper's KeepGradients
//     decides alone);
//   - Gorgonia's RMSPropSolver, AdamSolver, VanillaSolver, Momentum and AdamW get gorgonia.WithLearnRate(base × factor)
//     before each step, base being the rate that the solver had when it was wrapped (Momentum has its rate inside the
//     velocity, so a change acts slowly);
//   - any other solver has its update scaled: after its step, w ← old + factor·(w − old).
//
// A group's RateFactor scales the update of any solver but an [Optimizer], which is asked to use its own Groups
// instead, as for DecayFactor. Frozen parameters are not shown to a solver of another package, so that for one that
// counts positions, as Gorgonia's do, the set of frozen parameters must not change.
//
// The state of a solver of another package is its own affair:
//
//   - it is saved and resumed if the solver is an encoding.BinaryMarshaler and BinaryUnmarshaler (one without state
//     marshals to nothing), or a gorgonia.VanillaSolver, which has none. To resume any other is an [ErrForeign], for it
//     would begin anew in the middle of a training;
//   - it is cut if the solver has the method Cut of [Optimizer]. Otherwise Cut is an [ErrForeign] once the solver has
//     taken a step: see [WrapNew].
func Wrap(s gorgonia.Solver, c Common) *Wrapped {
	w := &Wrapped{Common: c}
	w.wrap(s)
	if w.own != nil {
		w.step = w.own.StepCount()
	}
	return w
}

// WrapNew is Wrap around a solver that newSolver makes, once now and again whenever the one before cannot go on: after a
// Cut or a Forget, of any parameter, and when SetState goes back to the beginning. The new solver begins with no
// momentum; the position in the schedule stays.
func WrapNew(newSolver func() gorgonia.Solver, c Common) *Wrapped {
	if newSolver == nil {
		return Wrap(nil, c)
	}
	w := Wrap(newSolver(), c)
	w.make = newSolver
	return w
}

func (w *Wrapped) wrap(s gorgonia.Solver) {
	if isnil.Of(s) { // also a nil pointer, which would panic: Step says it
		s = nil
	}
	w.inner, w.own, w.used, w.base, w.bad = s, nil, false, math.NaN(), nil
	switch s := s.(type) {
	case Optimizer:
		w.own = s
	default:
		if rate, ok, err := private.Rate(s); err != nil {
			w.bad = err
		} else if ok {
			w.base = rate
		}
	}
}

// Name is the inner optimizer's name, "wrapped" for a solver of another package.
func (w *Wrapped) Name() string {
	if w.own != nil {
		return w.own.Name()
	}
	return "wrapped"
}

// Step changes the parameters by one step of the inner solver.
func (w *Wrapped) Step(model []gorgonia.ValueGrad) error {
	if w.inner == nil {
		return errors.Wrap(ErrInvalid, "there is no solver in the wrapper")
	}
	if w.bad != nil {
		return errors.Wrap(w.bad, "learning rate of the wrapped solver")
	}
	for i, g := range w.Groups {
		if orDefault(g.DecayFactor, 1) != 1 || w.own != nil && orDefault(g.RateFactor, 1) != 1 {
			return errors.Wrapf(ErrForeign, "parameter group %d of a wrapper changes rate or decay: use the solver's own", i)
		}
	}
	factor, err := w.prepare(w.Name(), &w.Common, model)
	if err != nil || factor < 0 {
		return err
	}
	w.listModel(model)
	w.each(func(p *param) { p.made = w.allocate(p) }) // for what a wrapper around this one keeps
	if err := w.stepInner(factor); err != nil {
		return err
	}
	if len(w.chain.links) > 0 {
		w.each(func(p *param) {
			p.state.step++
			w.applyAfter(p, factor, 0)
		})
	}
	w.finish(&w.Common)
	if w.own != nil {
		w.step = w.own.StepCount() // which may have skipped the step
	}
	return nil
}

// listModel lists the parameters that the inner solver sees.
func (w *Wrapped) listModel(model []gorgonia.ValueGrad) {
	w.model = w.model[:0]
	for i := range w.params {
		if p := &w.params[i]; !p.group.Frozen {
			w.model = append(w.model, model[p.at])
		}
	}
}

// core is what wrappers around this one work on.
func (w *Wrapped) core() (*engine, error) {
	if w.own != nil {
		return nil, errors.Wrapf(ErrForeign, "it wraps a Wrapped of %s: put it around that, and Wrap around both", w.own.Name())
	}
	w.name, w.common = w.Name(), &w.Common
	return &w.engine, nil
}

func (w *Wrapped) stepInner(factor float64) error {
	if w.own != nil {
		return w.stepOwn(factor)
	}
	if !math.IsNaN(w.base) {
		gorgonia.WithLearnRate(w.base * factor)(w.inner)
		factor = 1
	}
	w.save(factor)
	w.used = true
	if err := w.callInner(); err != nil {
		return errors.Wrapf(err, "wrapped solver %T", w.inner)
	}
	for i := range w.params {
		p := &w.params[i]
		if k := factor * p.group.RateFactor; k != 1 && !p.group.Frozen {
			s := w.saved[p.name]
			update.Interpolate(p.w32, s.f32, k)
			update.Interpolate(p.w64, s.f64, k)
		}
	}
	return nil
}

// callInner turns a panic of a solver of another package into an error.
func (w *Wrapped) callInner() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("panic: %v", r)
		}
	}()
	return w.inner.Step(w.model)
}

// stepOwn leaves the gradients to the wrapper, which may want to keep them.
func (w *Wrapped) stepOwn(factor float64) error {
	outer, ok := w.own.(interface{ setOuter(float64) })
	if !ok {
		return errors.Wrapf(ErrForeign, "optimizer %q is not of this package", w.own.Name())
	}
	outer.setOuter(factor)
	c := w.own.Options()
	keep := c.KeepGradients
	c.KeepGradients = true
	err := w.own.Step(w.model)
	c.KeepGradients = keep
	return err
}

// save copies the weights whose update will be scaled.
func (w *Wrapped) save(factor float64) {
	for i := range w.params {
		p := &w.params[i]
		if p.group.Frozen || factor*p.group.RateFactor == 1 {
			continue
		}
		s := w.saved[p.name]
		if s == nil {
			if w.saved == nil {
				w.saved = make(map[string]*snapshot)
			}
			s = new(snapshot)
			w.saved[p.name] = s
		}
		s.f32, s.f64 = append(s.f32[:0], p.w32...), append(s.f64[:0], p.w64...)
	}
}

// Rate is the learning rate of the next Step; for a solver whose rate cannot be known, its factor.
func (w *Wrapped) Rate() float64 {
	if w.validate() != nil {
		return math.NaN()
	}
	f, err := w.factor(w.step)
	switch {
	case err != nil:
		return math.NaN()
	case w.own != nil:
		if outer, ok := w.own.(interface{ setOuter(float64) }); ok {
			outer.setOuter(f)
			return w.own.Rate()
		}
		return f * w.own.Rate()
	case math.IsNaN(w.base):
		return f
	}
	return f * w.base
}

// SetStep moves the schedules to a position.
func (w *Wrapped) SetStep(step int) {
	w.engine.SetStep(step)
	if w.own != nil {
		w.own.SetStep(step)
	}
}

// Skipped is the number of steps left out by the wrapper or the inner optimizer.
func (w *Wrapped) Skipped() int {
	if w.own != nil {
		return w.skipped + w.own.Skipped()
	}
	return w.skipped
}
