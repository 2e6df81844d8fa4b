package models

import (
	"github.com/gtrain/gtrain/internal/suggest"
)

// Info is a row of the table of named models.
type Info struct {
	Name    string
	Summary string
	Source  string
	layers  func() []Layer
}

// named is the table; each row stands in the file of its family.
var named = []Info{lenet300, lenet5, cnnSmall, resnetMini, transformerMini, logistic}

// All lists the named models, and the form of the others first.
func All() []Info {
	return append([]Info{{Name: "mlp:64,32",
		Summary: "dense hidden layers of that many units; mlp:64,32:tanh for another activation than ReLU"}},
		named...)
}

// Parse reads a model's name: one of the table's, or "mlp:UNITS,UNITS,…" with an optional ":ACTIVATION". The result has
// hidden layers only; see For.
func Parse(name string) (Spec, error) {
	if rest, ok := mlpUnits(name); ok {
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
