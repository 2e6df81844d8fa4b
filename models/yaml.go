package models

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// MarshalYAML implements yaml.Marshaler: one line, {type: dense, units: 64, activation: relu}.
func (l Layer) MarshalYAML() (any, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	put := func(key string, value any) error {
		var v yaml.Node
		if err := v.Encode(value); err != nil {
			return errors.Wrapf(err, "%s of a %s layer", key, l.Kind)
		}
		if v.Kind == yaml.SequenceNode {
			v.Style |= yaml.FlowStyle
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, &v)
		return nil
	}
	if l.of != nil {
		if _, err := kind(l.Kind); err != nil {
			return nil, errors.Errorf("a layer of type %q cannot be written to a file: models.Register makes the type known to those "+
				"who read it", l.Kind)
		}
	}
	if err := put("type", string(l.Kind)); err != nil {
		return nil, err
	}
	t, err := l.typ()
	if err != nil {
		return nil, err
	}
	for _, r := range t.all(&l).Given() {
		if err := put(r.Name, written(r)); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// UnmarshalYAML implements yaml.Unmarshaler. Errors name the line.
//
//	layers:
//	  - {type: input, shape: [1, 28, 28]}
//	  - {type: conv2d, filters: 16, kernel: 3, padding: same, activation: relu, name: a}
//	  - {type: conv2d, filters: 16, kernel: 3, padding: same}
//	  - {type: add, inputs: [a, conv2d2], activation: relu}
func (l *Layer) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.Errorf("line %d: a layer is a mapping such as {type: dense, units: 64, activation: relu}", n.Line)
	}
	*l = Layer{line: n.Line}
	known := []string{"type"}
	for _, pair := range pairs(n) {
		if pair.key.Value == "type" {
			if err := pair.value.Decode((*string)(&l.Kind)); err != nil {
				return oneLine(err)
			}
		}
	}
	t, err := kind(l.Kind)
	if err != nil {
		return errors.Wrapf(err, "line %d", n.Line)
	}
	known = append(known, t.keys(l)...)
	seen, rows := map[string]bool{}, t.all(l)
	for _, pair := range pairs(n) {
		key, line := pair.key.Value, pair.key.Line
		if !slices.Contains(known, key) {
			return errors.Wrapf(suggest.Unknown("key of a "+string(l.Kind)+" layer", key, known), "line %d", line)
		}
		if seen[key] {
			return errors.Errorf("line %d: %s is given twice", line, key)
		}
		seen[key] = true
		if r, ok := rows.Find(key); ok {
			if err := read(r, pair.value); err != nil {
				return err
			}
		}
	}
	return errors.Wrapf(l.check(), "line %d", n.Line)
}

type pair struct{ key, value *yaml.Node }

func pairs(n *yaml.Node) (out []pair) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		value := n.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		out = append(out, pair{n.Content[i], value})
	}
	return out
}

// UnmarshalYAML implements yaml.Unmarshaler. Errors name the line.
func (s *Spec) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.Errorf("line %d: a model is a mapping with layers and optionally a name and outputs", n.Line)
	}
	known := []string{"name", "layers", "outputs"}
	for _, p := range pairs(n) {
		if !slices.Contains(known, p.key.Value) {
			return errors.Wrapf(suggest.Unknown("key of a model", p.key.Value, known), "line %d", p.key.Line)
		}
	}
	type plain Spec // without this method
	if err := oneLine(n.Decode((*plain)(s))); err != nil {
		return err
	}
	return s.CheckNames()
}

// oneLine makes one line of yaml's list of values that have the wrong type; each names its line of the file.
func oneLine(err error) error {
	var list *yaml.TypeError
	if errors.As(err, &list) {
		return errors.New(strings.Join(list.Errors, "; "))
	}
	return err
}

// ParseYAML reads a spec: a mapping with layers and optionally a name and the names of its outputs.
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
