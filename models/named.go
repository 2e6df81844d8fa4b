package models

import "github.com/gtrain/gtrain/settings"

// Info is a row of the table of named models.
type Info struct {
	Name    string
	Summary string
	Source  string
	layers  func() []Layer
}

// named is the table; each row stands in the file of its family.
var named = settings.NewRegistry("model", func(i Info) string { return i.Name },
	lenet300, lenet5, cnnSmall, resnetMini, transformerMini, logistic).Forms("mlp:64,32")

// All lists the named models, and the form of the others first.
func All() []Info {
	return append([]Info{{Name: "mlp:64,32",
		Summary: "dense hidden layers of that many units; mlp:64,32:tanh for another activation than ReLU"}},
		named.All()...)
}

// Parse reads a model's name: one of the table's, or "mlp:UNITS,UNITS,…" with an optional ":ACTIVATION". The result has
// hidden layers only; see For.
func Parse(name string) (Spec, error) {
	if rest, ok := mlpUnits(name); ok {
		return parseMLP(name, rest)
	}
	m, err := named.Lookup(name)
	if err != nil {
		return Spec{}, err
	}
	return Spec{Name: name, Layers: m.layers(), hidden: true}, nil
}
