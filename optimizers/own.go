package optimizers

import (
	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/pkg/errors"
)

// Chain is an optimizer of transforms of one's choice: those of package transform, or one's own. It has all that the
// others have: schedules, clipping, masks and groups from Common, and state by parameter name that is saved, resumed and
// cut. A list that a fused kernel stands for is as fast as the optimizer of that list.
//
//	opt := &optimizers.Chain{Method: "signed momentum", LearningRate: 1e-3, Links: []transform.Transform{
//		&transform.Momentum{Momentum: 0.9}, &transform.Sign{}, &transform.Rate{}}}
type Chain struct {
	// Method is the optimizer's name, which its saved states carry; it has to be given.
	Method       string
	LearningRate float64 // default 0.01
	// Links turn the gradient into the update that is subtracted from the weights, each working on what the one before it
	// left; as a rule one of the last is [transform.Rate]. Those that come after the step stand at the end. They belong to
	// this optimizer: another one needs its own. They must not be changed after the first use, their settings may.
	Links []transform.Transform
	Common
	method[Chain]
}

func (o *Chain) define() (definition, error) {
	if o.Method == "" {
		return definition{}, errors.Wrap(ErrInvalid, "a chain has no Method: give it a name, which its saved states carry")
	}
	if len(o.Links) == 0 {
		return definition{}, errors.Wrapf(ErrInvalid, "%s: a chain without Links does nothing: name its transforms", o.Method)
	}
	return definition{name: o.Method, settings: []setting{learningRate(&o.LearningRate, 0.01)}, links: o.Links}, nil
}
