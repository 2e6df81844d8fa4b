package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Averager is an Optimizer whose result is a running average of the weights that it steps on: that is what is to be
// evaluated and saved, while training goes on with the weights. Of the table, ASGD is one.
type Averager interface {
	Optimizer
	// LoadAverages copies the averages into the weights of model; masked entries stay zero. A parameter that was never
	// stepped, as a frozen one, keeps its weights. Before the next Step the caller puts the weights back.
	LoadAverages(model []gorgonia.ValueGrad) error
}

// AveragerOf returns o, or a wrapper with what it wraps, if it keeps averages.
func AveragerOf(o Optimizer) (Averager, bool) {
	if isnil.Of(o) {
		return nil, false
	}
	if w, ok := o.(*Wrapped); ok {
		if _, ok := AveragerOf(w.own); !ok {
			return nil, false
		}
		return w, true
	}
	a, ok := o.(Averager)
	return a, ok
}

// LoadAverages implements [Averager].
func (o *ASGD) LoadAverages(model []gorgonia.ValueGrad) error { return o.loadSlot("average", model) }

// LoadAverages implements [Averager] where the inner optimizer does.
func (w *Wrapped) LoadAverages(model []gorgonia.ValueGrad) error {
	a, ok := AveragerOf(w.own)
	if !ok {
		return errors.Wrapf(ErrForeign, "%s keeps no averages", w.Name())
	}
	if err := a.LoadAverages(model); err != nil {
		return err
	}
	return w.maskAll(model)
}

// loadSlot copies a slot of each parameter into its weights.
func (e *engine) loadSlot(slot string, model []gorgonia.ValueGrad) error {
	if e.owner == nil {
		return nil
	}
	at := 0
	for _, l := range e.layout {
		if l.name == slot {
			break
		}
		if !l.scalar {
			at++
		}
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
		case len(w32) > 0:
			copy(w32, st.f32[at])
		default:
			copy(w64, st.f64[at])
		}
	}
	return e.maskAll(model)
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
			kernels.ZeroUnkept(w32, m.Keep)
			kernels.ZeroUnkept(w64, m.Keep)
		}
	}
	return nil
}
