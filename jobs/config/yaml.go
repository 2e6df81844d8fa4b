package config

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// YAML writes the settings as a document. Those without a default that nobody has given are left out.
func (c *Config) YAML() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	groups := map[string]*yaml.Node{"": root}
	for _, s := range c.Table() {
		group, name, nested := strings.Cut(s.Name, ".")
		if !nested {
			group, name = "", s.Name
		}
		to := groups[group]
		if to == nil {
			to = &yaml.Node{Kind: yaml.MappingNode}
			groups[group] = to
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: group}, to)
		}
		if !s.IsSet() && (s.Default == nil || s.Kind == settings.KindText) {
			continue
		}
		value, err := node(s)
		if err != nil {
			return nil, errors.Wrap(err, "write settings")
		}
		to.Content = append(to.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, errors.Wrap(err, "write settings")
	}
	return b.Bytes(), enc.Close()
}

// node is a setting's value.
func node(s Setting) (*yaml.Node, error) {
	var n yaml.Node
	err := n.Encode(s.Get())
	if s.Name == "compare.criteria" { // many short names
		n.Style |= yaml.FlowStyle
	}
	return &n, err
}

// Template is the default configuration as a commented YAML file. Settings without a default are commented out.
func Template() []byte {
	var b bytes.Buffer
	b.WriteString("# Settings of gtrain. What is left out keeps its default; GTRAIN_ variables and flags win over it.\n")
	section := ""
	c := Default()
	for _, s := range c.Table() {
		group, name, nested := strings.Cut(s.Name, ".")
		indent := ""
		if !nested {
			name = group
		} else {
			indent = "  "
			if group != section {
				fmt.Fprintf(&b, "\n%s:\n", group)
				section = group
			}
		}
		line := indent + "# " + name + ": " + s.Example
		if s.Default != nil {
			line = indent + name + ": " + valueText(s)
		}
		fmt.Fprintf(&b, "%-36s # %s\n", line, s.Help())
	}
	return b.Bytes()
}

// valueText is a setting's value as YAML on one line.
func valueText(s Setting) string {
	n, err := node(s)
	if err != nil {
		return ""
	}
	n.Style |= yaml.FlowStyle
	out, err := yaml.Marshal(n)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
