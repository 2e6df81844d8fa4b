package jobs

import (
	"bytes"
	"io"
	"maps"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// Merge puts the settings of a YAML document over c's. A key that does not exist is an error that names the source and
// the line and suggests the nearest key; a value of the wrong kind is one that says what was wanted. On an error c is
// unchanged.
func (c *Config) Merge(doc []byte, source string) error {
	var root, more yaml.Node
	read := yaml.NewDecoder(bytes.NewReader(doc))
	err := read.Decode(&root)
	if err == nil {
		if err = read.Decode(&more); err == nil {
			return configErr(errors.Errorf("%s:%d: a second document begins behind ---: put all settings into one", source, more.Line))
		}
	}
	if err != io.EOF {
		return configErr(errors.Errorf("%s: %s", source, strings.TrimPrefix(oneLine(err), "yaml: ")))
	}
	if len(root.Content) == 0 {
		return nil
	}
	m := merger{place: func(line int) string { return source + ":" + strconv.Itoa(line) }}
	if n := find(root.Content[0], "train", "epochs"); n != nil && n.Value == "0" { // a file may say it this way, too
		n.Tag, n.Value = "!!str", Auto.String()
	}
	return configErr(m.into(c, root.Content[0]))
}

// Set changes one setting: key is a dotted path (train.epochs), value its text. A number is written as in YAML, a list
// as [a, b] or a,b. source says in errors where it came from, "--epochs" for example.
func (c *Config) Set(key, value, source string) error {
	m := merger{place: func(int) string { return source }}
	node, err := valueNode(key, value)
	if err != nil {
		return configErr(errors.Wrap(err, source))
	}
	if key == "train.lr" || key == "prune.finetune_lr" { // where a file says 0 it means the default, and nobody types that
		if v, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && v == 0 {
			return configErr(errors.Errorf("%s: %s is 0: nothing would be learnt; leave it out for the default", source, key))
		}
	}
	path := strings.Split(key, ".")
	for i := len(path) - 1; i >= 0; i-- {
		node = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: path[i]}, node}}
	}
	return configErr(m.into(c, node))
}

// valueNode reads the text of a value by the kind that its key has. Text is taken as it is: a path may hold anything.
func valueNode(key, value string) (*yaml.Node, error) {
	t := typeOf(key)
	switch {
	case strings.TrimSpace(value) == "":
		return nil, errors.Errorf("the value of %s is empty (%s)", key, kindOf(t))
	case t != nil && t.Kind() == reflect.String:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}, nil
	case t == reflect.TypeFor[[]string]() && !strings.HasPrefix(strings.TrimSpace(value), "["):
		value = "[" + value + "]"
	}
	var v yaml.Node
	if err := yaml.Unmarshal([]byte(value), &v); err != nil || len(v.Content) != 1 {
		return nil, errors.Errorf("%q is not a value for %s (%s)", value, key, kindOf(t))
	}
	return v.Content[0], nil
}

// merger puts a document over settings; place says where a line of it is.
type merger struct{ place func(line int) string }

func (m merger) into(c *Config, n *yaml.Node) error {
	if err := m.check(n, reflect.TypeFor[Config](), ""); err != nil {
		return err
	}
	merged := *c
	switch named, layered := find(n, "model", "name") != nil, find(n, "model", "layers") != nil; {
	case named: // a name replaces layers, and layers replace a name
		merged.Model.Layers, merged.Model.Outputs = nil, nil
	case layered:
		merged.Model.Name = ""
	}
	merged.Train.OptimizerOptions = maps.Clone(c.Train.OptimizerOptions) // decoding adds to the map that is there
	merged.Train.ScheduleOptions = maps.Clone(c.Train.ScheduleOptions)
	// Options belong to the optimizer and to the schedule that they were given for.
	if v := find(n, "train", "optimizer"); v != nil && v.Value != c.Train.Optimizer {
		merged.Train.OptimizerOptions = nil
	}
	if v := find(n, "train", "schedule"); v != nil && v.Value != c.Train.Schedule {
		merged.Train.ScheduleOptions = nil
	}
	if err := n.Decode(&merged); err != nil {
		return errors.Errorf("%s: %s", m.place(n.Line), strings.TrimPrefix(oneLine(err), "yaml: "))
	}
	if layers := find(n, "model", "layers"); layers != nil {
		if err := models.Sequential(merged.Model.Layers...).CheckNames(); err != nil {
			return errors.Wrapf(err, "%s: model.layers", m.place(layers.Line))
		}
	}
	*c = merged
	return nil
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "unmarshal errors:\n", "")), " ")
}

// find returns the value at a path of keys, nil where there is none.
func find(n *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		var next *yaml.Node
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				next = n.Content[i+1]
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	return n
}

// check compares a mapping with the yaml tags of a struct, down to the kinds of the values.
func (m merger) check(n *yaml.Node, t reflect.Type, prefix string) error {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" { // a section whose lines are all comments
		return nil
	}
	if n.Kind != yaml.MappingNode {
		what := "the document"
		if prefix != "" {
			what = strings.TrimSuffix(prefix, ".")
		}
		return errors.Errorf("%s: %s must be a group of settings, key: value", m.place(n.Line), what)
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := prefix + key.Value
		if line, twice := seen[key.Value]; twice {
			return errors.Errorf("%s: %s is given twice, first on line %d", m.place(key.Line), name, line)
		}
		seen[key.Value] = key.Line
		field, ok := fieldOf(t, key.Value)
		if !ok {
			return errors.Wrap(suggest.Unknown("setting", name, siblings(t, prefix)), m.place(key.Line))
		}
		if field.Kind() == reflect.Struct {
			if err := m.check(value, field, name+"."); err != nil {
				return err
			}
			continue
		}
		if err := m.leaf(value, field, name); err != nil {
			return err
		}
	}
	return nil
}

// leaf checks one value. Decoding alone would cut 2.5 epochs down to 2 and take nothing for an answer.
func (m merger) leaf(n *yaml.Node, t reflect.Type, name string) error {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return errors.Errorf("%s: %s has no value (%s)", m.place(n.Line), name, kindOf(t))
	}
	if k := t.Kind(); (k == reflect.Int || k == reflect.Uint64) && n.ShortTag() == "!!float" {
		var v float64
		if n.Decode(&v) == nil && v == math.Trunc(v) && math.Abs(v) < 1<<53 { // 1e3
			n.Tag, n.Value = "!!int", strconv.FormatFloat(v, 'f', -1, 64)
		} else {
			return errors.Errorf("%s: %s is %s: must be %s", m.place(n.Line), name, n.Value, kindOf(t))
		}
	}
	err := n.Decode(reflect.New(t).Interface())
	switch {
	case err == nil:
		return nil
	case n.Kind == yaml.ScalarNode:
		return errors.Errorf("%s: %s is %q: must be %s", m.place(n.Line), name, n.Value, kindOf(t))
	case t.Kind() == reflect.Slice && n.Kind == yaml.SequenceNode: // the parts know better what is wrong
		return errors.Errorf("%s: %s: %s", m.place(n.Line), name, strings.TrimPrefix(oneLine(err), "yaml: "))
	}
	return errors.Errorf("%s: %s must be %s", m.place(n.Line), name, kindOf(t))
}

// fieldOf is the type of the field with that yaml name.
func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		if yamlName(t.Field(i)) == name {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

// siblings are the names to suggest from.
func siblings(t reflect.Type, prefix string) []string {
	var names []string
	for i := range t.NumField() {
		names = append(names, prefix+yamlName(t.Field(i)))
	}
	return names
}

// typeOf is the type of a key's value, nil for a key that does not exist or lies in a map.
func typeOf(key string) reflect.Type {
	t := reflect.TypeFor[Config]()
	for _, part := range strings.Split(key, ".") {
		if t.Kind() != reflect.Struct {
			return nil
		}
		next, ok := fieldOf(t, part)
		if !ok {
			return nil
		}
		t = next
	}
	return t
}

// kindOf says what kind of value a type takes.
func kindOf(t reflect.Type) string {
	switch t {
	case nil:
		return "a value"
	case reflect.TypeFor[Count]():
		return "a whole number, or auto"
	}
	switch t.Kind() {
	case reflect.Int:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number >= 0"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a group of settings"
	}
	return "text"
}
