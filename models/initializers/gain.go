package initializers

import (
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/settings"
)

// nonlinearity is what a gain goes before.
type nonlinearity struct {
	name string
	gain float64
}

// gains are those of the activations, see op.Nonlinearity.Gain, and of two that are none here.
var gains = settings.NewRegistry("nonlinearity", func(n nonlinearity) string { return n.name }, nonlinearities()...)

func nonlinearities() []nonlinearity {
	all := []nonlinearity{{"linear", 1}, {"selu", 0.75}}
	for _, a := range op.Activations() {
		if d := a.Def(); d != nil && d.Gain != 0 {
			all = append(all, nonlinearity{d.Name, d.Gain})
		}
	}
	return all
}

// Gain is the usual gain before a nonlinearity, that of torch.nn.init.calculate_gain: linear and sigmoid 1, tanh 5/3, relu
// √2, leaky_relu √(2 / (1+0.01²)), selu 3/4. The error for another name suggests the nearest known one.
func Gain(nonlinearity string) (float64, error) {
	n, err := gains.Lookup(nonlinearity)
	return n.gain, err
}
