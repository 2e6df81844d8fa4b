package models

import (
	"reflect"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// field is a row of the table of a layer's fields: its key in a file and where it is kept.
type field struct {
	name string
	at   func(l *Layer) any // a pointer
	// zero says why an explicit zero, which would read as "not given", is wrong; empty where it is what it says.
	zero string
}

const (
	atLeastOne = "must be at least 1"
	notEmpty   = "must not be empty"
)

// fields are in the order in which a file has them.
var fields = []field{
	{"name", func(l *Layer) any { return &l.Name }, notEmpty},
	{"inputs", func(l *Layer) any { return (*names)(&l.Inputs) }, notEmpty},
	{"units", func(l *Layer) any { return &l.Units }, atLeastOne},
	{"shape", func(l *Layer) any { return (*sizes)(&l.Shape) }, notEmpty},
	{"filters", func(l *Layer) any { return &l.Filters }, atLeastOne},
	{"kernel", func(l *Layer) any { return (*sizes)(&l.Kernel) }, notEmpty},
	{"stride", func(l *Layer) any { return (*sizes)(&l.Stride) }, notEmpty},
	{"padding", func(l *Layer) any { return &l.Padding }, ""},
	{"dilation", func(l *Layer) any { return (*sizes)(&l.Dilation) }, notEmpty},
	{"groups", func(l *Layer) any { return &l.Groups }, atLeastOne},
	{"multiplier", func(l *Layer) any { return &l.Multiplier }, atLeastOne},
	{"ceil", func(l *Layer) any { return &l.Ceil }, ""},
	{"count_padding", func(l *Layer) any { return &l.CountPad }, ""},
	{"vocabulary", func(l *Layer) any { return &l.Vocabulary }, atLeastOne},
	{"heads", func(l *Layer) any { return &l.Heads }, atLeastOne},
	{"causal", func(l *Layer) any { return &l.Causal }, ""},
	{"sequences", func(l *Layer) any { return &l.Sequences }, ""},
	{"activation", func(l *Layer) any { return (*activation)(&l.Activation) }, ""},
	{"slope", func(l *Layer) any { return &l.Slope }, "is what relu is for"},
	{"bias", func(l *Layer) any { return (*absent)(&l.NoBias) }, ""},
	{"init", func(l *Layer) any { return (*initializer)(&l.Init) }, notEmpty},
	{"rate", func(l *Layer) any { return &l.Rate }, ""},
	{"eps", func(l *Layer) any { return &l.Eps }, "must be positive"},
	{"momentum", func(l *Layer) any { return &l.Momentum }, "must be positive"},
	{"axis", func(l *Layer) any { return &l.Axis }, "is the batch"},
	{"sizes", func(l *Layer) any { return (*sizes)(&l.Sizes) }, notEmpty},
	{"perm", func(l *Layer) any { return (*sizes)(&l.Perm) }, notEmpty},
	{"mean", func(l *Layer) any { return &l.Mean }, ""},
	{"scale", func(l *Layer) any { return &l.Scale }, ""},
}

func (f field) isSet(l *Layer) bool {
	return !reflect.ValueOf(f.at(l)).Elem().IsZero()
}

// read takes a field's value from a file.
func (f field) read(l *Layer, n *yaml.Node) error {
	to := f.at(l)
	if err := n.Decode(to); err != nil {
		return oneLine(err)
	}
	if v := reflect.ValueOf(to).Elem(); f.zero != "" && (v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0) {
		value := n.Value
		if value == "" {
			value = "of nothing"
		}
		return errors.Errorf("line %d: %s %s: %s", n.Line, f.name, value, f.zero)
	}
	return nil
}

// names is a list of names in a file, or a single one.
type names []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *names) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*s = names{n.Value}
		return nil
	}
	return n.Decode((*[]string)(s))
}

// MarshalYAML implements yaml.Marshaler.
func (s names) MarshalYAML() (any, error) { return flow([]string(s)) }

// sizes is a list of whole numbers in a file, or a single one.
type sizes []int

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *sizes) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*s = make(sizes, 1)
		return n.Decode(&(*s)[0])
	}
	return n.Decode((*[]int)(s))
}

// MarshalYAML implements yaml.Marshaler.
func (s sizes) MarshalYAML() (any, error) {
	if len(s) == 1 {
		return s[0], nil
	}
	return flow([]int(s))
}

// flow is a list on one line.
func flow(v any) (*yaml.Node, error) {
	var n yaml.Node
	err := n.Encode(v)
	n.Style |= yaml.FlowStyle
	return &n, err
}

// UnmarshalYAML implements yaml.Unmarshaler: same, valid, one number or a list.
func (p *Padding) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		p.same = false
		return n.Decode(&p.pads)
	}
	q, err := ParsePadding(n.Value)
	*p = q
	return errors.Wrapf(err, "line %d", n.Line)
}

// MarshalYAML implements yaml.Marshaler.
func (p Padding) MarshalYAML() (any, error) {
	switch len(p.pads) {
	case 0:
		return p.String(), nil
	case 1:
		return p.pads[0], nil
	}
	return flow(p.pads)
}

// activation is written by name.
type activation op.Activation

// UnmarshalYAML implements yaml.Unmarshaler.
func (a *activation) UnmarshalYAML(n *yaml.Node) error {
	act, err := ParseActivation(n.Value)
	*a = activation(act)
	return errors.Wrapf(err, "line %d", n.Line)
}

// MarshalYAML implements yaml.Marshaler.
func (a activation) MarshalYAML() (any, error) { return op.Activation(a).String(), nil }

// initializer is written by name.
type initializer initializers.Initializer

// UnmarshalYAML implements yaml.Unmarshaler.
func (i *initializer) UnmarshalYAML(n *yaml.Node) error {
	init, err := initializers.Parse(n.Value)
	*i = initializer(init)
	return errors.Wrapf(err, "line %d", n.Line)
}

// MarshalYAML implements yaml.Marshaler.
func (i initializer) MarshalYAML() (any, error) { return initializers.Initializer(i).String(), nil }

// absent is a yes or no in a file that is kept as its opposite.
type absent bool

// UnmarshalYAML implements yaml.Unmarshaler.
func (a *absent) UnmarshalYAML(n *yaml.Node) error {
	var there bool
	err := n.Decode(&there)
	*a = absent(!there)
	return err
}

// MarshalYAML implements yaml.Marshaler.
func (a absent) MarshalYAML() (any, error) { return !bool(a), nil }
