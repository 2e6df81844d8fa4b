package models

import (
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
)

// Info is a row of the table of named models.
type Info struct {
	Name    string
	Summary string
	Source  string
	layers  func() []Layer
}

var named = []Info{
	{"lenet-300-100", "two hidden layers of 300 and 100 ReLU units; 266,610 parameters on MNIST",
		"LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition",
		func() []Layer { return []Layer{Dense(300, ReLU), Dense(100, ReLU)} }},
	{"logistic", "no hidden layer: softmax regression, or linear regression", "", func() []Layer { return nil }},
}

// All lists the named models, and the form of the others first.
func All() []Info {
	return append([]Info{{Name: "mlp:64,32",
		Summary: "dense hidden layers of that many units; mlp:64,32:tanh for another activation than ReLU"}},
		named...)
}

// Parse reads a model's name: one of the table's, or "mlp:UNITS,UNITS,…" with an optional ":ACTIVATION". The result has
// hidden layers only; see For.
func Parse(name string) (Spec, error) {
	kind, rest, isMLP := strings.Cut(name, ":")
	if kind == "mlp" {
		if !isMLP || rest == "" {
			return Spec{}, errors.New(`model "mlp" needs its hidden units, for example mlp:64,32`)
		}
		return parseMLP(name, rest)
	}
	var known []string
	for _, m := range named {
		if m.Name == name {
			return Spec{Name: name, Layers: m.layers(), hidden: true}, nil
		}
		known = append(known, m.Name)
	}
	return Spec{}, suggest.Unknown("model", name, append(known, "mlp:64,32"))
}

func parseMLP(name, rest string) (Spec, error) {
	s := Spec{Name: name, hidden: true}
	units, actName, has := strings.Cut(rest, ":")
	act := ReLU
	if has {
		a, err := ParseActivation(actName)
		if err != nil {
			return s, errors.Wrapf(err, "model %q", name)
		}
		act = Activation(a)
	}
	for _, f := range strings.Split(units, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || n < 1 || n > maxUnits {
			return s, errors.Errorf("model %q: %q is no number of units (1 to %d)", name, f, maxUnits)
		}
		s.Layers = append(s.Layers, Dense(n, act))
	}
	return s, nil
}

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
	return 0, suggest.Unknown("activation", name, known)
}

func errUnknownKind(kind string) error {
	return suggest.Unknown("layer type", kind, []string{
		string(KindInput), string(KindStandardise), string(KindDense), string(KindActivation), string(KindDropout),
		string(KindSoftmax)})
}
