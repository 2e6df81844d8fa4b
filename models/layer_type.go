package models

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// LayerType is all that is known of a kind of layer: what its layers read, what is wrong with them, and how they are built.
// The layers of this package are a table of these; a program may have others beside them, which [LayerType.Layer] makes
// layers of, and which [Register] makes known to files.
type LayerType struct {
	Kind    Kind   // its type in a file; layers without a name are called by it and numbered
	Summary string // one line
	// Inputs is how many layers it reads: 1 by default, Several for two or more.
	Inputs int
	// Keys are the fields of Layer that it reads beside Name and Inputs, by their keys in a file, with spaces between them:
	// "units activation slope". Any other that is set is an error.
	Keys string
	// Settings are the options that Layer has no field for: they are kept in l.Own, which it makes where it is nil. nil for
	// none.
	Settings func(l *Layer) settings.Rows
	Wants    InputForm // of its input, where that matters: what Spec.For makes of rows of features in front of it
	Reforms  bool      // its output has another form than its input
	// Check says what is wrong with a layer's fields, all of them being ones that it reads; nil for nothing.
	Check func(Layer) error
	// Build adds the layer, whose name is set, to the graph, behind the nodes that it reads: one node for each of l.Inputs,
	// the batch in front of each. It gives one node. What it makes of operations that have an ONNX form is saved and loaded
	// as any other; Save says which operation has none.
	Build func(b *Builder, l Layer, in gorgonia.Nodes) (gorgonia.Nodes, error)
}

// Numbers of inputs.
const (
	Several = -1 // two or more
	noInput = -2 // the input itself
)

// InputForm is the form of a layer's input.
type InputForm string

// The forms. N is the batch.
const (
	OfImages    InputForm = "image"    // (N, channels, height, width)
	OfSequences InputForm = "sequence" // (N, tokens, features)
	OfSignals   InputForm = "signal"   // (N, channels, length)
	OfIDs       InputForm = "ids"      // (N, tokens), whole numbers
)

// Layer is a layer of the type with these fields; Kind may be left out.
func (t LayerType) Layer(fields Layer, opts ...LayerOption) Layer {
	fields.Kind, fields.of = t.Kind, &t
	return fields.with(opts)
}

// reads is how many layers it reads at most.
func (t LayerType) reads() int {
	switch t.Inputs {
	case noInput:
		return 0
	case 0:
		return 1
	}
	return t.Inputs
}

// rows are the settings of its own, of one layer.
func (t LayerType) rows(l *Layer) settings.Rows {
	if t.Settings == nil {
		return nil
	}
	return t.Settings(l)
}

// keys are those that a layer of the type may have beside its type.
func (t LayerType) keys(l *Layer) []string {
	keys := []string{"name"}
	if t.Inputs != noInput {
		keys = append(keys, "inputs")
	}
	return slices.Concat(keys, strings.Fields(t.Keys), t.rows(l).Names())
}

// all are the keys of Layer's fields and those of its own.
func (t LayerType) all(l *Layer) settings.Rows {
	return slices.Concat(l.rows(), t.rows(l))
}

// check says what is wrong with a type that does not come with this package.
func (t LayerType) check() error {
	if t.Kind == "" {
		return errors.New("a layer type without a name (Kind)")
	}
	if err := checkName(string(t.Kind)); err != nil {
		return errors.Wrap(err, "layer type")
	}
	if slices.ContainsFunc(ownKinds, func(k LayerType) bool { return k.Kind == t.Kind }) {
		return errors.Errorf("layer type %q: there is one of this name already; give it another", t.Kind)
	}
	if t.Build == nil {
		return errors.Errorf("layer type %q: there is nothing that builds it: Build is nil", t.Kind)
	}
	if t.Inputs < Several {
		return errors.Errorf("layer type %q: %d inputs: give a number, or Several", t.Kind, t.Inputs)
	}
	names := new(Layer).rows().Names()
	for _, key := range strings.Fields(t.Keys) {
		if !slices.Contains(names[2:], key) {
			return errors.Errorf("layer type %q: no layer has a key %q: it may be one of %s, or a row of Settings", t.Kind, key,
				strings.Join(names[2:], ", "))
		}
	}
	for _, name := range t.rows(&Layer{Kind: t.Kind}).Names() {
		if name == "type" || slices.Contains(names, name) {
			return errors.Errorf("layer type %q: the setting %q has the name of a layer's key; give it another", t.Kind, name)
		}
	}
	return nil
}

// typ is the layer's own type, or the one of its kind's name.
func (l Layer) typ() (LayerType, error) {
	if l.of == nil {
		return kind(l.Kind)
	}
	if err := l.of.check(); err != nil {
		return LayerType{}, err
	}
	if l.of.Kind != l.Kind {
		return LayerType{}, errors.Errorf("a layer of type %q says that it is of kind %q", l.of.Kind, l.Kind)
	}
	return *l.of, nil
}

// Register makes a type of layer known by its name, so that models in files can use it; do it before they are read, as in
// an init function. A name that is taken is an error.
func Register(t LayerType) error {
	if err := t.check(); err != nil {
		return err
	}
	return kinds.Add(t)
}
