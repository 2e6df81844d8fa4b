package models

import (
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
)

// TargetScaling chooses, for a spec and a dataset, how the targets of a regression are scaled, and says why a choice does
// not suit them. The empty method is the default: standardise for a regression whose last layer is linear, none
// otherwise. A layer that ends in an activation was made for the unit that the targets have.
func (s Spec) TargetScaling(method data.Method, task data.Task) (data.Method, error) {
	bounded := false
	if end, last := s.last(); end >= 0 {
		bounded = last.Kind == KindDense && last.Units == 1 && last.Activation != op.Identity || last.Kind == KindUnscale
	}
	if _, err := data.TargetScalings.Parse(string(method), ""); err != nil {
		return "", err
	}
	switch {
	case method == "" && (task != data.Regression || bounded):
		return data.NoScaling, nil
	case method == "":
		return data.Standardize, nil
	case method == data.NoScaling:
		return method, nil
	case task != data.Regression:
		return "", errors.Errorf("target scaling %s is for regression; the data is for %v", method, task)
	case bounded:
		return "", errors.Errorf("target scaling %s needs a model that ends in a linear layer, for standardised targets are "+
			"negative as well as positive; take %s", method, data.NoScaling)
	}
	return method, nil
}

// Unscaled is a complete spec, as [Spec.For] makes it, that learns targets scaled by t and answers in their own unit; the
// spec as it is if t is nil.
func (s Spec) Unscaled(t *data.TargetScaling) Spec {
	if t == nil {
		return s
	}
	l := Unscale(t.Mean, t.Scale)
	if len(s.Outputs) == 1 {
		l = l.with([]LayerOption{From(s.Outputs...)})
	}
	s.Layers, s.Outputs = append(slices.Clone(s.Layers), l), nil
	return s
}

// Target is the unit that a regression's answers have: what its last operation makes of standardised ones. It is mean 0
// and scale 1 for a network that does not end in an unscale layer.
func Target(net *network.Network) op.Unscaling {
	if u, ok := unscaling(net); ok {
		return u
	}
	return op.Unscaling{Scale: 1}
}

// Standardized is the network without an unscale layer at its end: what losses and proofs look at, for it does not depend
// on the target's unit. It shares the graph.
func Standardized(net *network.Network) *network.Network {
	if _, ok := unscaling(net); !ok {
		return net
	}
	out := *net
	out.Outputs = op.Children(net.Outputs[0])
	return &out
}

func unscaling(net *network.Network) (u op.Unscaling, ok bool) {
	if net != nil && len(net.Outputs) == 1 && net.Outputs[0] != nil {
		if s, is := op.As[op.Unscaler](net.Outputs[0].Op()); is {
			return s.Unit(), true
		}
	}
	return u, ok
}
