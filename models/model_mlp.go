package models

import (
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

var lenet300 = Info{"lenet-300-100", "two hidden layers of 300 and 100 ReLU units; 266,610 parameters on MNIST",
	"LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition",
	func() []Layer { return []Layer{Dense(300, ReLU), Dense(100, ReLU)} }}

var logistic = Info{"logistic", "no hidden layer: softmax regression, or linear regression", "",
	func() []Layer { return nil }}

// mlpUnits is what stands behind "mlp:".
func mlpUnits(name string) (rest string, ok bool) {
	kind, rest, _ := strings.Cut(name, ":")
	return rest, kind == "mlp"
}

func parseMLP(name, rest string) (Spec, error) {
	if rest == "" {
		return Spec{}, errors.New(`model "mlp" needs its hidden units, for example mlp:64,32`)
	}
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
