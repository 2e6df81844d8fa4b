package models

import (
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models/initializers"
)

// Activations as options of layers, and as layers of their own ([Activate]). See [op.Activations] for their formulas.
// Others go through [Activation].
var (
	Linear    = Activation(op.Identity)
	ReLU      = Activation(op.ReLU)
	LeakyReLU = Activation(op.LeakyReLU)
	Sigmoid   = Activation(op.Sigmoid)
	Tanh      = Activation(op.Tanh)
	GELU      = Activation(op.GELU)
	Softplus  = Activation(op.Softplus)
	SiLU      = Activation(op.SiLU)
	ELU       = Activation(op.ELU)
	HardSwish = Activation(op.HardSwish)
)

// Activation is any activation as an option of a layer with weights, or as what [Activate] applies: one of
// [op.Activations], or your own from [op.NewActivation].
func Activation(a op.Activation) ActivationOption { return ActivationOption{a} }

// ActivationOption is a LayerOption that sets the activation.
type ActivationOption struct{ of op.Activation }

func (a ActivationOption) apply(l *Layer) { l.Activation = a.of }

func (a ActivationOption) String() string { return a.of.String() }

// ParseActivation reads an activation's name, as its String gives it; "linear" and "none" are the identity.
func ParseActivation(name string) (op.Activation, error) {
	if name == "linear" || name == "none" || name == "" {
		return op.Identity, nil
	}
	known := []string{"linear"}
	for _, a := range op.Activations() {
		if a.String() == name {
			return a, nil
		}
		known = append(known, a.String())
	}
	return op.Identity, suggest.Unknown("activation", name, known)
}

// withSlope names the activations that have a slope.
func withSlope() string {
	var names []string
	for _, a := range op.Activations() {
		if _, ok := a.HasSlope(); ok {
			names = append(names, a.String())
		}
	}
	return strings.Join(names, " and ")
}

// defaultInit keeps the variance of activations through depth: He et al. 2015 for those that are zero for half of their
// inputs, Glorot & Bengio 2010 otherwise.
func defaultInit(a op.Activation) initializers.Initializer {
	if d := a.Def(); d != nil && d.Rectifies {
		return initializers.HeNormal()
	}
	return initializers.GlorotUniform()
}
