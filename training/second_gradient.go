package training

import (
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// secondGradient computes the gradients again at the weights that an optimizer moves to, where it asks for that: of the
// same rows, with the same dropout masks. Running statistics stay those of the first pass, so that they are of the weights
// that are stepped on and move once a step.
func (t *Trainer) secondGradient(p *batchProgram, o optimizers.SecondGradient) error {
	moved, err := o.Perturb(p.grads)
	if err != nil || !moved {
		return err
	}
	t.keepStatistics()
	t.dropout.at(t.state.Step)
	if err := p.vm.RunAll(); err != nil {
		if back := o.Restore(p.grads); back != nil {
			return back
		}
		return err
	}
	t.restoreStatistics()
	if loss := p.cost(); !finite(loss) {
		if err := o.Restore(p.grads); err != nil {
			return err
		}
		return errors.Wrapf(optimizers.ErrNonFinite, "the loss at the weights of the second gradient is %v", loss)
	}
	return nil
}

// keepStatistics copies the network's running statistics, into memory that is kept.
func (t *Trainer) keepStatistics() {
	for i, s := range t.model.Net.States {
		if i < len(t.statistics) {
			copyFloats(t.statistics[i], s.Value())
			continue
		}
		v, err := gorgonia.CloneValue(s.Value())
		if err != nil { // every state is a tensor of floats, see Network.Validate
			return
		}
		t.statistics = append(t.statistics, v)
	}
}

func (t *Trainer) restoreStatistics() {
	for i, s := range t.model.Net.States {
		copyFloats(s.Value(), t.statistics[i])
	}
}
