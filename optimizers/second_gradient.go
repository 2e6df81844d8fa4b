package optimizers

import (
	"github.com/gtrain/gtrain/internal/isnil"
	"gorgonia.org/gorgonia"
)

// SecondGradient is an Optimizer that may want the gradient at other weights before it steps, such as [SAM]. Where
// [SecondGradientOf] finds one, a step is
//
//	machine.RunAll()                      // gradients at the weights
//	moved, err := s.Perturb(model)        // moves the weights
//	if moved { machine.RunAll() }         // gradients there, of the same rows, with the same dropout
//	err = s.Step(model)                   // puts the weights back and steps by the second gradients
//
// package training does that.
type SecondGradient interface {
	Optimizer
	// AsksAgain says whether it does.
	AsksAgain() bool
	// Perturb moves the weights to where the second gradients are wanted, and says whether it did; where it did not, Step
	// may follow at once. As Step it masks and zeroes gradients. On an error nothing has changed.
	Perturb(model []gorgonia.ValueGrad) (moved bool, err error)
	// Restore puts the weights back where Perturb found them, for a step that is given up: Step does it by itself.
	Restore(model []gorgonia.ValueGrad) error
}

// SecondGradientOf returns o if it asks for a second gradient.
func SecondGradientOf(o Optimizer) (SecondGradient, bool) {
	if isnil.Of(o) {
		return nil, false
	}
	if s, ok := o.(SecondGradient); ok && s.AsksAgain() {
		return s, true
	}
	return nil, false
}

func perturbInner(inner Optimizer, model []gorgonia.ValueGrad) (bool, error) {
	if s, ok := SecondGradientOf(inner); ok {
		return s.Perturb(model)
	}
	return false, nil
}

// AsksAgain says whether the inner optimizer asks for a second gradient.
func (w *Wrapped) AsksAgain() bool {
	_, ok := SecondGradientOf(w.own)
	return ok
}

// Perturb is the inner optimizer's, for the parameters that the wrapper does not freeze and with its masks.
func (w *Wrapped) Perturb(model []gorgonia.ValueGrad) (bool, error) {
	if err := w.read(model); err != nil {
		return false, err
	}
	c := w.own.Options()
	keep := c.KeepGradients
	c.KeepGradients = w.KeepGradients
	moved, err := perturbInner(w.own, w.model)
	c.KeepGradients = keep
	return moved, err
}

// Restore is the inner optimizer's.
func (w *Wrapped) Restore(model []gorgonia.ValueGrad) error {
	if s, ok := SecondGradientOf(w.own); ok {
		return s.Restore(model)
	}
	return nil
}

// read reads the parameters, masks their gradients, and lists those that the inner solver sees.
func (w *Wrapped) read(model []gorgonia.ValueGrad) error {
	if err := w.collectMasked(&w.Common, model); err != nil {
		return err
	}
	w.listModel(model)
	return nil
}
