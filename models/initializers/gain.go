package initializers

import (
	"math"

	"github.com/gtrain/gtrain/internal/suggest"
)

// gains are those of torch.nn.init.calculate_gain.
var gains = []struct {
	nonlinearity string
	gain         float64
}{
	{"linear", 1},
	{"sigmoid", 1},
	{"tanh", 5.0 / 3},
	{"relu", math.Sqrt2},
	{"leaky_relu", 1.4141428569978354}, // √(2 / (1+slope²)), slope 0.01
	{"selu", 0.75},
}

// Gain is the usual gain before a nonlinearity: linear and sigmoid 1, tanh 5/3, relu √2, leaky_relu √(2 / (1+0.01²)),
// selu 3/4, as in PyTorch. The error for another name suggests the nearest known one.
func Gain(nonlinearity string) (float64, error) {
	var known []string
	for _, g := range gains {
		if g.nonlinearity == nonlinearity {
			return g.gain, nil
		}
		known = append(known, g.nonlinearity)
	}
	return 0, suggest.Unknown("nonlinearity", nonlinearity, known)
}
