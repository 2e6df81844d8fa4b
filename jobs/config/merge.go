package config

import (
	"bytes"
	"io"
	"maps"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/settings"
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
			return Usage(errors.Errorf("%s:%d: a second document begins behind ---: put all settings into one", source, more.Line))
		}
	}
	if err != io.EOF {
		return Usage(errors.Errorf("%s: %s", source, oneLine(err)))
	}
	if len(root.Content) == 0 {
		return nil
	}
	m := merger{to: *c, file: true, place: func(line int) string { return source + ":" + strconv.Itoa(line) }}
	return Usage(m.into(c, root.Content[0]))
}

// Set changes one setting: key is a dotted path (train.epochs), value its text. A number is written as in YAML, a list
// as [a, b] or a,b. source says in errors where it came from.
func (c *Config) Set(key, value, source string) error {
	m := merger{to: *c, place: func(int) string { return source }}
	path := strings.Split(key, ".")
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
	for i := len(path) - 1; i >= 0; i-- {
		node = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: path[i]}, node}}
	}
	return Usage(m.into(c, node))
}

// merger puts a document over settings; place says where a line of it is.
type merger struct {
	to    Config // a copy of the settings
	table []Setting
	file  bool // values have the kinds of YAML; otherwise they are text
	place func(line int) string
}

func (m *merger) into(c *Config, n *yaml.Node) error {
	m.table = m.to.Table()
	was := m.to
	switch named, layered := find(n, "model", "name") != nil, find(n, "model", "layers") != nil; {
	case named: // a name replaces layers, and layers replace a name
		m.to.Model.Layers, m.to.Model.Outputs = nil, nil
	case layered:
		m.to.Model.Name = ""
	}
	// Options belong to the optimizer and to the schedule that they were given for. A file adds to them.
	t := &m.to.Train
	t.OptimizerOptions, t.ScheduleOptions = maps.Clone(t.OptimizerOptions), maps.Clone(t.ScheduleOptions)
	if v := find(n, "train", "optimizer"); v != nil && v.Value != was.Train.Optimizer {
		t.OptimizerOptions = nil
	}
	if v := find(n, "train", "schedule"); v != nil && v.Value != was.Train.Schedule {
		t.ScheduleOptions = nil
	}
	if err := m.group(n, ""); err != nil {
		return err
	}
	*c = m.to
	return nil
}

func oneLine(err error) string {
	text := strings.TrimPrefix(strings.ReplaceAll(err.Error(), "unmarshal errors:\n", ""), "yaml: ")
	return strings.Join(strings.Fields(text), " ")
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

// group sets what a mapping holds; prefix is the path of the mapping with a point behind it.
func (m *merger) group(n *yaml.Node, prefix string) error {
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
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		known, s := m.lookup(prefix, name)
		var err error
		switch {
		case s != nil:
			err = m.leaf(*s, value)
		case known == nil:
			err = m.group(value, name+".")
		default:
			err = errors.Wrap(suggest.Unknown("setting", name, known), m.place(key.Line))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lookup returns the setting of a name, nothing at all for the name of a group, and otherwise the names that there are.
func (m *merger) lookup(prefix, name string) (known []string, s *Setting) {
	group := false
	for i := range m.table {
		row := m.table[i].Name
		if row == name {
			return nil, &m.table[i]
		}
		group = group || strings.HasPrefix(row, name+".") && name != ""
		if rest, ok := strings.CutPrefix(row, prefix); ok {
			first, _, _ := strings.Cut(rest, ".")
			if n := len(known); n == 0 || known[n-1] != prefix+first {
				known = append(known, prefix+first)
			}
		}
	}
	if group {
		return nil, nil
	}
	return known, nil
}

// leaf sets one setting.
func (m *merger) leaf(s Setting, n *yaml.Node) error {
	v, err := m.value(s, n)
	if err == nil {
		if m.file && (v == 0 || v == 0.0) && s.Default == nil {
			return s.Reset() // a file may say 0 for what holds without it; nobody types that
		}
		err = s.Set(v)
	}
	place := m.place(n.Line)
	if err != nil && !s.means(place) {
		err = at(s.Name, err)
	}
	return errors.WithMessage(err, place)
}

// value is what a node holds, of the kind that the setting takes.
func (m *merger) value(s Setting, n *yaml.Node) (any, error) {
	scalar := n.Kind == yaml.ScalarNode
	empty := scalar && strings.TrimSpace(n.Value) == ""
	switch {
	case scalar && n.ShortTag() == "!!null":
		return nil, settings.Errorf(s.Name, "has no value (%s)", s.Want())
	case !m.file && empty:
		return nil, settings.About(s.Name, errors.Errorf("the value of %s is empty (%s)", s.Name, s.Want()))
	case s.Kind == settings.KindMapping:
		return m.mapping(s, n)
	case s.Kind == settings.KindList:
		if m.file {
			return n, nil
		}
		return yamlText(s, n.Value)
	}
	lists := s.Kind == settings.KindTexts || s.Kind == settings.KindCounts || s.Kind == settings.KindNumbers
	switch {
	case n.Kind == yaml.MappingNode, n.Kind == yaml.SequenceNode && !lists:
		return nil, settings.Errorf(s.Name, "must be %s", s.Want())
	case m.file && scalar && lists:
		return nil, settings.Errorf(s.Name, "is %q: must be %s", n.Value, s.Want())
	case lists && !m.file && strings.HasPrefix(strings.TrimSpace(n.Value), "["):
		list, err := yamlText(s, n.Value)
		if err != nil {
			return nil, err
		}
		n = list
	case scalar && (!m.file || s.Kind == settings.KindText || s.Kind == settings.KindPath || s.Kind == settings.KindChoice):
		return n.Value, nil
	case s.Name == "train.epochs" && n.Value == "0": // a file may leave the length to the data this way, too
		return Auto.String(), nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, settings.Errorf(s.Name, "%s", oneLine(err))
	}
	return v, nil
}

// mapping adds options to those that are there. On a command line each is given by itself: train.optimizer_options.beta1.
func (m *merger) mapping(s Setting, n *yaml.Node) (any, error) {
	if n.Kind != yaml.MappingNode && !m.file { // train.optimizer_options={beta1: 0.5}
		node, err := yamlText(s, n.Value)
		if err != nil {
			return nil, err
		}
		n = node
	}
	if n.Kind != yaml.MappingNode {
		return nil, settings.Errorf(s.Name, "must be %s", s.Want())
	}
	all := map[string]any{}
	if before, ok := s.Get().(map[string]any); ok {
		maps.Copy(all, before)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		name := s.Name + "." + key
		if !m.file && value.Kind == yaml.ScalarNode && value.Tag == "!!str" {
			if strings.TrimSpace(value.Value) == "" {
				return nil, settings.About(s.Name, errors.Errorf("the value of %s is empty (a value)", name))
			}
			node, err := yamlText(Setting{Row: s.Named(name)}, value.Value)
			if err != nil {
				return nil, err
			}
			value = node
		}
		var v any
		if err := value.Decode(&v); err != nil {
			return nil, settings.Errorf(name, "%s", oneLine(err))
		}
		all[key] = v
	}
	return all, nil
}

// yamlText reads the text of a value as YAML.
func yamlText(s Setting, text string) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) != 1 {
		return nil, settings.About(s.Name, errors.Errorf("%q is not a value for %s (%s)", text, s.Name, s.Want()))
	}
	return doc.Content[0], nil
}

// layers is the value of model.layers.
type layers struct{ at *[]models.Layer }

// Set implements settings.Value. It takes a node of YAML, whose lines errors name.
func (l layers) Set(v any) error {
	switch v := v.(type) {
	case nil:
		*l.at = nil
	case *yaml.Node:
		if v.Kind != yaml.SequenceNode {
			return errors.New("must be a list")
		}
		var list []models.Layer
		if err := v.Decode(&list); err != nil {
			return errors.New(oneLine(err))
		}
		*l.at = list
		return models.Sequential(list...).CheckNames()
	default:
		return errors.New("must be a list")
	}
	return nil
}

// Get implements settings.Value.
func (l layers) Get() any { return *l.at }

// IsZero implements settings.Value.
func (l layers) IsZero() bool { return len(*l.at) == 0 }
