package pruning

import (
	"context"
	"fmt"
	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"

	"github.com/gtrain/gtrain/graph/surgery"
)

// CutState removes from an optimizer's state what was removed from the parameters.
func CutState(o optimizers.Optimizer, keep surgery.Keep) error {
	if isnil.Of(o) {
		return errors.New("there is no optimizer (nil) whose state could be cut")
	}
	for name, axes := range keep {
		for axis, idx := range axes {
			if err := o.Cut(name, axis, idx); err != nil {
				return errors.Wrapf(err, "state of %q", name)
			}
		}
	}
	return nil
}

// trainer prepares the fine-tuning after a round.
func (p *pruner) trainer(round int) (*training.Trainer, error) {
	cfg := *p.cfg.Finetune
	cfg.Seed = random.Seed(cfg.Seed, "finetune", fmt.Sprint(round))
	if cfg.Loss == nil {
		cfg.Loss = p.cfg.Loss
	}
	cfg.KeepOptimizerState = true // what Prune promises; it was cut with the parameters
	t, err := training.New(p.model, p.data, p.parts, cfg)
	return t, errors.Wrap(err, "fine-tune")
}

func (p *pruner) finetune(ctx context.Context, r int) error {
	if p.cfg.Finetune == nil {
		return nil
	}
	t, err := p.trainer(r)
	if err != nil {
		return err
	}
	// The schedule begins anew, or the last round, which removes most of what matters, would train at its end, at next to
	// no rate. Moments and the parameters' own step counts go on.
	p.cfg.Finetune.Optimizer.SetStep(p.start)
	_, err = t.Fit(ctx)
	return errors.Wrap(err, "fine-tune")
}
