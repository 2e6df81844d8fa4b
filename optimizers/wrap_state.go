package optimizers

import (
	"encoding"

	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// State is the inner optimizer's state; for a solver of another package the position and what it marshals to.
func (w *Wrapped) State() *State {
	if w.own != nil {
		return w.own.State()
	}
	s := &State{Optimizer: w.Name(), Step: w.step}
	if len(w.chain.links) > 0 {
		s.Params = w.export().Params
	}
	if m, ok := w.inner.(encoding.BinaryMarshaler); ok && w.step > 0 {
		if b, err := m.MarshalBinary(); err == nil { // without it SetState says what is missing
			s.Solver = append([]byte{}, b...)
		}
	}
	return s
}

// SetState restores what State returned. For a solver of another package whose state is not in s, as one that cannot be
// marshalled, that is an [ErrForeign].
func (w *Wrapped) SetState(s *State) error {
	if w.own != nil {
		if err := w.own.SetState(s); err != nil {
			return err
		}
		w.step = s.Step
		return nil
	}
	if s == nil || s.Optimizer != w.Name() || s.Step < 0 || len(s.Params) > 0 && len(w.chain.links) == 0 {
		return errors.Wrapf(ErrState, "not the state of a wrapped solver of another package (%T)", w.inner)
	}
	states, step := w.states, w.step
	if len(w.chain.links) > 0 { // what a wrapper around this one keeps
		if err := w.restore(s); err != nil {
			return err
		}
	}
	if err := w.setInner(s); err != nil {
		w.states, w.step = states, step
		return err
	}
	w.step = s.Step
	return nil
}

func (w *Wrapped) setInner(s *State) error {
	u, canRead := w.inner.(encoding.BinaryUnmarshaler)
	switch {
	case w.stateless() || s.Step == 0 && !w.used:
		return nil
	case s.Step == 0 && w.make != nil:
		w.wrap(w.make())
		return nil
	case s.Solver != nil && canRead:
		if err := w.unmarshal(u, s.Solver); err != nil {
			return errors.Wrapf(ErrState, "wrapped solver %T: %v", w.inner, err)
		}
		w.used = true
		return nil
	}
	return errors.Wrapf(ErrForeign, "the state of %T after %d steps is not known: give it the methods MarshalBinary and "+
		"UnmarshalBinary, or use an optimizer of this package", w.inner, s.Step)
}

func (w *Wrapped) unmarshal(u encoding.BinaryUnmarshaler, b []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("panic: %v", r)
		}
	}()
	return u.UnmarshalBinary(b)
}

// stateless tells whether nothing is lost when the inner solver is replaced by one like it.
func (w *Wrapped) stateless() bool {
	_, vanilla := w.inner.(*gorgonia.VanillaSolver)
	return vanilla
}

// cutter is a solver of another package that can follow pruning.
type cutter interface {
	Cut(param string, axis int, keep []int) error
}

// Cuttable says whether o can go on after a parameter is cut, an [ErrForeign] if not: what a job of several rounds asks
// before the first.
func Cuttable(o Optimizer) error {
	if isnil.Of(o) {
		return errors.Wrap(ErrInvalid, "there is no optimizer (nil)")
	}
	w, ok := o.(*Wrapped)
	if !ok {
		return nil
	}
	if w.own != nil {
		return Cuttable(w.own)
	}
	if _, ok := w.inner.(cutter); ok || w.make != nil || w.stateless() {
		return nil
	}
	return errors.Wrapf(ErrForeign, "the state of %T cannot be cut: use WrapNew, which makes a new one, or an optimizer of "+
		"this package", w.inner)
}

// Cut cuts the inner optimizer's state and the masks. A solver of another package is asked itself, or made anew.
func (w *Wrapped) Cut(param string, axis int, keep []int) error {
	if w.used {
		if err := Cuttable(w); err != nil {
			return errors.WithMessagef(err, "cut of parameter %q", param)
		}
	}
	if m := w.masks[param]; m != nil {
		if err := checkCut(param, m.Shape, axis, keep); err != nil {
			return err
		}
	}
	if err := w.cutInner(param, axis, keep); err != nil {
		return err
	}
	if st := w.states[param]; st != nil && st.step == 0 {
		delete(w.states, param) // only the shape is kept there
	}
	return w.engine.Cut(param, axis, keep)
}

func (w *Wrapped) cutInner(param string, axis int, keep []int) error {
	if w.own != nil {
		return w.own.Cut(param, axis, keep)
	}
	if !w.used {
		return nil
	}
	if c, ok := w.inner.(cutter); ok {
		return c.Cut(param, axis, keep)
	}
	w.renew()
	return nil
}

// renew replaces a solver of another package that has taken steps, if it is known how.
func (w *Wrapped) renew() {
	if w.used && w.make != nil {
		w.wrap(w.make())
	}
}

// Forget drops the inner optimizer's state of the named parameters. A solver of another package is made anew if it was
// given by WrapNew, and keeps its state otherwise.
func (w *Wrapped) Forget(params ...string) {
	w.engine.Forget(params...)
	if w.own != nil {
		w.own.Forget(params...)
	} else if len(params) > 0 {
		w.renew()
	}
}
