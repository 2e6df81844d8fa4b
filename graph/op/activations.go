package op

// Activations lists the activations that models are described with, in order: this is their table. `gtrain list
// activations`, YAML, models, initializers, ONNX in both directions and the generic tests derive from it. A new one is a
// file with a Nonlinearity and a line here; see docs/contributing.md.
func Activations() []Activation {
	return []Activation{Identity, ReLU, LeakyReLU, Sigmoid, Tanh, GELU, Softplus, SiLU, ELU, HardSwish}
}

// Identity is x: no activation.
var Identity = Activation{}
