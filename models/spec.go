package models

// Spec is a model as data: a graph of named layers. Each reads those before it that it names, or the one before it; so a
// list without names is a stack.
type Spec struct {
	Name    string   `yaml:"name,omitempty"`
	Layers  []Layer  `yaml:"layers"`
	Outputs []string `yaml:"outputs,omitempty,flow"` // names of the layers that the model gives; the last by default

	hidden bool // from Parse: there is no head among the layers, whatever the last one looks like
}

// Sequential is a stack of layers.
func Sequential(layers ...Layer) Spec { return Spec{Layers: layers} }

// Graph is a model that branches: layers name the ones that they read ([From], [Add], [Concat]). Outputs are the names of
// the layers that it gives, the last one if there are none.
func Graph(layers []Layer, outputs ...string) Spec { return Spec{Layers: layers, Outputs: outputs} }

// CheckNames finds, without building the network, two layers of one name, and names of inputs and outputs that no
// earlier layer has.
func (s Spec) CheckNames() error {
	w := s.start()
	for i, l := range s.Layers {
		if err := l.check(); err != nil {
			return s.at(i, err)
		}
		if _, err := w.wire(l); err != nil {
			return s.at(i, err)
		}
	}
	for _, name := range s.Outputs {
		if err := w.known("outputs", name); err != nil {
			return err
		}
	}
	return nil
}

// start begins to follow names, with the input that For puts in front where there is none.
func (s Spec) start() *wiring {
	w := newWiring()
	if len(s.Layers) == 0 || s.Layers[0].Kind != KindInput {
		w.parts["input"], w.last, w.names = 1, "input", []string{"input"}
	}
	return w
}

// owner is the place in the list of the layer of that name, or of which it names a part; −1 if there is none.
func (s Spec) owner(name string) int {
	w := s.start()
	for i, l := range s.Layers {
		before := len(w.names)
		if _, err := w.wire(l); err != nil {
			return -1
		}
		for _, n := range w.names[before:] {
			if n == name {
				return i
			}
		}
	}
	return -1
}
