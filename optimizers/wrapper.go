package optimizers

import (
	"math"
	"reflect"

	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// wrapping is what a wrapper adds to the optimizer that it wraps.
type wrapping struct {
	kind     string // "lookahead", of "lookahead(adam)"
	inner    Optimizer
	settings []setting
	links    []transform.Transform // go to the end of the inner optimizer's chain
}

// wraps is an optimizer that wraps another one. wrap is asked once, before the first use.
type wraps interface{ wrap() wrapping }

// wrapper gives a struct T that embeds it the methods of [Optimizer]; *T has to be a wraps. What the wrapper keeps of each
// parameter stands in slots of the inner optimizer, so that the two have one state, which is saved, resumed, cut and
// forgotten as one, and one set of options and masks: the inner optimizer's.
type wrapper[T any] struct {
	wrapping
	inside[T]
	name string
}

// cored is an optimizer of this package, or one that embeds one, which transforms can be added to.
type cored interface{ core() (*engine, error) }

func (w *wrapper[T]) bind() error {
	if known, err := w.known(w.name); known || err != nil {
		return err
	}
	d := any(w.self()).(wraps).wrap()
	if isnil.Of(d.inner) {
		return errors.Wrapf(ErrInvalid, "%s: there is no Inner optimizer", d.kind)
	}
	c, ok := d.inner.(cored)
	if !ok {
		return errors.Wrapf(ErrForeign, "%s: %T is not of this package: put it into Wrap", d.kind, d.inner)
	}
	e, err := c.core()
	if err != nil {
		return errors.WithMessage(err, d.kind)
	}
	for _, t := range d.links {
		if err := e.chain.add(d.kind, t); err != nil {
			return err
		}
	}
	w.wrapping, w.name = d, d.kind+"("+d.inner.Name()+")"
	w.use()
	return nil
}

func (w *wrapper[T]) core() (*engine, error) {
	if err := w.bind(); err != nil {
		return nil, err
	}
	return w.inner.(cored).core()
}

// prepared binds and resolves the wrapper's own options.
func (w *wrapper[T]) prepared() error {
	if err := w.bind(); err != nil {
		return err
	}
	_, err := resolve(w.settings)
	return errors.WithMessage(err, w.name)
}

// Name is the wrapper's kind and the inner optimizer's name: "lookahead(adam)".
func (w *wrapper[T]) Name() string {
	if w.bind() != nil {
		return reflect.TypeFor[T]().Name()
	}
	return w.name
}

// Options are the inner optimizer's.
func (w *wrapper[T]) Options() *Common {
	if w.bind() != nil {
		return new(Common) // Step says what is wrong
	}
	return w.inner.Options()
}

// Step changes the parameters by one step; see [Optimizer].
func (w *wrapper[T]) Step(model []gorgonia.ValueGrad) error {
	if err := w.prepared(); err != nil {
		return err
	}
	return w.inner.Step(model)
}

// Rate is the learning rate of the next Step, NaN where the options make no sense.
func (w *wrapper[T]) Rate() float64 {
	if w.prepared() != nil {
		return math.NaN()
	}
	return w.inner.Rate()
}

// StepCount is the number of steps taken.
func (w *wrapper[T]) StepCount() int {
	if w.bind() != nil {
		return 0
	}
	return w.inner.StepCount()
}

// SetStep moves the schedule to a position.
func (w *wrapper[T]) SetStep(step int) {
	if w.bind() == nil {
		w.inner.SetStep(step)
	}
}

// Skipped is the number of steps left out because of non-finite gradients.
func (w *wrapper[T]) Skipped() int {
	if w.bind() != nil {
		return 0
	}
	return w.inner.Skipped()
}

// SetMask sets the inner optimizer's mask of a parameter.
func (w *wrapper[T]) SetMask(param string, m Mask) error {
	if err := w.bind(); err != nil {
		return err
	}
	return w.inner.SetMask(param, m)
}

// State returns a copy of the state of both, under the wrapper's name.
func (w *wrapper[T]) State() *State {
	if w.bind() != nil {
		return &State{Optimizer: w.Name()}
	}
	s := w.inner.State()
	s.Optimizer = w.name
	return s
}

// SetState replaces the state of both by a copy of s.
func (w *wrapper[T]) SetState(s *State) error {
	if err := w.bind(); err != nil {
		return err
	}
	if s == nil {
		return errors.Wrapf(ErrState, "%s: no state given", w.name)
	}
	if s.Optimizer != w.name {
		return errors.Wrapf(ErrState, "the state belongs to optimizer %q, this is %q", s.Optimizer, w.name)
	}
	own := *s
	own.Optimizer = w.inner.Name()
	return w.inner.SetState(&own)
}

// Cut keeps the given indices of one axis of a parameter in the state of both.
func (w *wrapper[T]) Cut(param string, axis int, keep []int) error {
	if err := w.bind(); err != nil {
		return err
	}
	return w.inner.Cut(param, axis, keep)
}

// Forget drops the state of the named parameters.
func (w *wrapper[T]) Forget(params ...string) {
	if w.bind() == nil {
		w.inner.Forget(params...)
	}
}

// Evaluates says whether one of the two keeps evaluation weights.
func (w *wrapper[T]) Evaluates() bool {
	e, err := w.core()
	return err == nil && e.chain.evaluation > 0
}

// LoadEvaluationWeights copies the wrapper's evaluation weights, or else the inner optimizer's, into the weights of model.
func (w *wrapper[T]) LoadEvaluationWeights(model []gorgonia.ValueGrad) error {
	e, err := w.core()
	if err != nil {
		return err
	}
	return e.loadEvaluation(model)
}

// StoreEvaluationWeights makes the weights of model the evaluation weights.
func (w *wrapper[T]) StoreEvaluationWeights(model []gorgonia.ValueGrad) error {
	e, err := w.core()
	if err != nil {
		return err
	}
	return e.copyEvaluation(model, true)
}

// AsksAgain says whether the inner optimizer asks for a second gradient.
func (w *wrapper[T]) AsksAgain() bool {
	if w.bind() != nil {
		return false
	}
	_, ok := SecondGradientOf(w.inner)
	return ok
}

// Perturb is the inner optimizer's.
func (w *wrapper[T]) Perturb(model []gorgonia.ValueGrad) (bool, error) {
	if err := w.prepared(); err != nil {
		return false, err
	}
	return perturbInner(w.inner, model)
}

// Restore is the inner optimizer's.
func (w *wrapper[T]) Restore(model []gorgonia.ValueGrad) error {
	if err := w.bind(); err != nil {
		return err
	}
	if s, ok := SecondGradientOf(w.inner); ok {
		return s.Restore(model)
	}
	return nil
}

func (w *wrapper[T]) setOuter(factor float64) {
	if w.bind() == nil {
		w.inner.(cored).(interface{ setOuter(float64) }).setOuter(factor)
	}
}
