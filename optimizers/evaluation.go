package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// EvaluationWeights is an Optimizer that may keep weights of its own that are to be evaluated and saved in the place of those
// that it steps on, such as an average of them; training goes on with the latter. [EvaluationWeightsOf] asks for it.
type EvaluationWeights interface {
	Optimizer
	// Evaluates says whether it keeps evaluation weights.
	Evaluates() bool
	// LoadEvaluationWeights copies them into the weights of model; masked entries stay zero. A parameter that was never
	// stepped, as a frozen one, keeps its weights. Before the next Step the caller puts the weights back.
	LoadEvaluationWeights(model []gorgonia.ValueGrad) error
	// StoreEvaluationWeights makes the weights of model the evaluation weights of the parameters that have been stepped: for
	// a network whose evaluation weights were loaded and then changed by something else, as by pruning.
	StoreEvaluationWeights(model []gorgonia.ValueGrad) error
}

// EvaluationWeightsOf returns o if it keeps evaluation weights: of the table ASGD does.
func EvaluationWeightsOf(o Optimizer) (EvaluationWeights, bool) {
	if isnil.Of(o) {
		return nil, false
	}
	if e, ok := o.(EvaluationWeights); ok && e.Evaluates() {
		return e, true
	}
	return nil, false
}

// loadEvaluation copies the slot of evaluation weights of each parameter into its weights.
func (e *engine) loadEvaluation(model []gorgonia.ValueGrad) error {
	if err := e.copyEvaluation(model, false); err != nil {
		return err
	}
	return e.maskAll(model)
}

// copyEvaluation copies between the slot and the weights.
func (e *engine) copyEvaluation(model []gorgonia.ValueGrad, store bool) error {
	at := e.chain.evaluation - 1
	if at < 0 {
		return errors.Wrapf(ErrInvalid, "%s keeps no evaluation weights", e.name)
	}
	for i, n := range model {
		name, err := nameOf(i, n)
		if err != nil {
			return err
		}
		st := e.states[name]
		if st == nil || st.step == 0 {
			continue
		}
		w := n.Value()
		w32, w64, why := flat(w)
		switch {
		case why != "":
			return errors.Wrapf(ErrParameter, "parameter %q: the value %s", name, why)
		case w.Dtype() != st.dtype || !slices.Equal([]int(w.Shape()), st.shape):
			return errors.Wrapf(ErrState, "parameter %q is %v %v, its average %v %v", name, w.Dtype(), w.Shape(), st.dtype, st.shape)
		case store && len(w32) > 0:
			copy(st.f32[at], w32)
		case store:
			copy(st.f64[at], w64)
		case len(w32) > 0:
			copy(w32, st.f32[at])
		default:
			copy(w64, st.f64[at])
		}
	}
	return nil
}

// maskAll zeroes what masks do not keep.
func (e *engine) maskAll(model []gorgonia.ValueGrad) error {
	if len(e.masks) == 0 {
		return nil
	}
	for i, n := range model {
		name, err := nameOf(i, n)
		if err != nil {
			return err
		}
		if m := e.masks[name]; m != nil {
			w32, w64, why := flat(n.Value())
			if why != "" || len(w32)+len(w64) != len(m.Keep) {
				return errors.Wrapf(ErrState, "parameter %q does not have its mask's shape %v", name, m.Shape)
			}
			update.ZeroUnkept(w32, m.Keep)
			update.ZeroUnkept(w64, m.Keep)
		}
	}
	return nil
}

// Evaluates says whether the inner optimizer keeps evaluation weights.
func (w *Wrapped) Evaluates() bool {
	_, ok := EvaluationWeightsOf(w.own)
	return ok || w.chain.evaluation > 0
}

// StoreEvaluationWeights implements [EvaluationWeights].
func (w *Wrapped) StoreEvaluationWeights(model []gorgonia.ValueGrad) error {
	if a, ok := EvaluationWeightsOf(w.own); ok {
		return a.StoreEvaluationWeights(model)
	}
	return w.copyEvaluation(model, true)
}

// LoadEvaluationWeights implements [EvaluationWeights] where the inner optimizer does.
func (w *Wrapped) LoadEvaluationWeights(model []gorgonia.ValueGrad) error {
	a, ok := EvaluationWeightsOf(w.own)
	if !ok {
		return w.loadEvaluation(model)
	}
	if err := a.LoadEvaluationWeights(model); err != nil {
		return err
	}
	return w.maskAll(model)
}
