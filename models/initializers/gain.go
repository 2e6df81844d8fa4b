package initializers

import (
	"math"

	"github.com/gtrain/gtrain/settings"
)

// nonlinearity is what a gain goes before.
type nonlinearity struct {
	name string
	gain float64
}

// gains are those of torch.nn.init.calculate_gain.
var gains = settings.NewRegistry("nonlinearity", func(n nonlinearity) string { return n.name },
	nonlinearity{"linear", 1},
	nonlinearity{"sigmoid", 1},
	nonlinearity{"tanh", 5.0 / 3},
	nonlinearity{"relu", math.Sqrt2},
	nonlinearity{"leaky_relu", 1.4141428569978354}, // √(2 / (1+slope²)), slope 0.01
	nonlinearity{"selu", 0.75},
)

// Gain is the usual gain before a nonlinearity: linear and sigmoid 1, tanh 5/3, relu √2, leaky_relu √(2 / (1+0.01²)),
// selu 3/4, as in PyTorch. The error for another name suggests the nearest known one.
func Gain(nonlinearity string) (float64, error) {
	n, err := gains.Lookup(nonlinearity)
	return n.gain, err
}
