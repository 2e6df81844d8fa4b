package models

import (
	"strings"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// layerYAML is a layer in a file:
//
//	layers:
//	  - {type: input, units: 100}
//	  - {type: dense, units: 64, activation: relu}
//	  - {type: dropout, rate: 0.2}
//	  - {type: dense, units: 10}
//	  - {type: softmax}
type layerYAML struct {
	Type       Kind      `yaml:"type"`
	Units      int       `yaml:"units,omitempty"`
	Activation string    `yaml:"activation,omitempty"`
	Slope      float64   `yaml:"slope,omitempty"`
	Rate       float64   `yaml:"rate,omitempty"`
	Init       string    `yaml:"init,omitempty"`
	Mean       []float64 `yaml:"mean,omitempty,flow"`
	Scale      []float64 `yaml:"scale,omitempty,flow"`
}

// fields says which keys a kind of layer reads; any other is an error rather than ignored.
var fields = map[Kind][]string{
	KindInput:       {"units"},
	KindStandardise: {"mean", "scale"},
	KindDense:       {"units", "activation", "slope", "init"},
	KindActivation:  {"activation", "slope"},
	KindDropout:     {"rate"},
	KindSoftmax:     {},
}

// MarshalYAML implements yaml.Marshaler.
func (l Layer) MarshalYAML() (any, error) {
	y := layerYAML{Type: l.Kind, Units: l.Units, Slope: l.Slope, Rate: l.Rate, Mean: l.Mean, Scale: l.Scale}
	if l.Activation != op.Identity {
		y.Activation = l.Activation.String()
	}
	if l.Init.Name != "" {
		y.Init = l.Init.String()
	}
	return y, nil
}

// UnmarshalYAML implements yaml.Unmarshaler. Errors name the line.
func (l *Layer) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.Errorf("line %d: a layer is a mapping such as {type: dense, units: 64, activation: relu}", n.Line)
	}
	var y layerYAML
	if err := n.Decode(&y); err != nil {
		return oneLine(err)
	}
	known, ok := fields[y.Type]
	if !ok {
		return errors.Wrapf(errUnknownKind(string(y.Type)), "line %d", n.Line)
	}
	known = append([]string{"type"}, known...)
	for i := 0; i < len(n.Content); i += 2 {
		if err := oneOf("key of a "+string(y.Type)+" layer", n.Content[i].Value, known); err != nil {
			return errors.Wrapf(err, "line %d", n.Content[i].Line)
		}
	}
	act, err := ParseActivation(y.Activation)
	if err != nil {
		return errors.Wrapf(err, "line %d", n.Line)
	}
	*l = Layer{Kind: y.Type, Units: y.Units, Activation: act, Slope: y.Slope, Rate: y.Rate, Mean: y.Mean, Scale: y.Scale}
	if y.Init != "" {
		if l.Init, err = initializers.Parse(y.Init); err != nil {
			return errors.Wrapf(err, "line %d", n.Line)
		}
	}
	return errors.Wrapf(l.check(), "line %d", n.Line)
}

// UnmarshalYAML implements yaml.Unmarshaler. Errors name the line.
func (s *Spec) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.Errorf("line %d: a model is a mapping with layers and optionally a name", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		if err := oneOf("key of a model", n.Content[i].Value, []string{"name", "layers"}); err != nil {
			return errors.Wrapf(err, "line %d", n.Content[i].Line)
		}
	}
	type plain Spec // without this method
	return oneLine(n.Decode((*plain)(s)))
}

func oneOf(kind, word string, known []string) error {
	for _, k := range known {
		if k == word {
			return nil
		}
	}
	return suggest.Unknown(kind, word, known)
}

// oneLine makes one line of yaml's list of values that have the wrong type; each names its line of the file.
func oneLine(err error) error {
	var list *yaml.TypeError
	if errors.As(err, &list) {
		return errors.New(strings.Join(list.Errors, "; "))
	}
	return err
}

// ParseYAML reads a spec: a mapping with layers and optionally a name.
func ParseYAML(b []byte) (Spec, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(b, &n); err != nil {
		return Spec{}, errors.Wrap(err, "model")
	}
	if len(n.Content) == 0 {
		return Spec{}, errors.New("model: the file is empty; it needs layers")
	}
	var s Spec
	if err := s.UnmarshalYAML(n.Content[0]); err != nil {
		return Spec{}, errors.Wrap(err, "model")
	}
	return s, nil
}
