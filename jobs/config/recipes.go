package config

import (
	"embed"
	"path"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
)

//go:embed embedded/*.yaml
var files embed.FS

// Names lists the embedded recipes, sorted.
func Names() []string {
	entries, err := files.ReadDir("embedded")
	if err != nil { // it is part of the binary
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Source returns a recipe's text.
func Source(name string) ([]byte, error) {
	b, err := files.ReadFile(path.Join("embedded", name+".yaml"))
	if err != nil {
		return nil, Usage(suggest.Unknown("recipe", name, Names()))
	}
	return b, nil
}

// Summary is the comment in a recipe's first line.
func Summary(name string) string {
	b, err := Source(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(strings.TrimPrefix(line, "#"))
}

// Named returns the default settings with a recipe over them.
func Named(name string) (Config, error) {
	c := Default()
	b, err := Source(name)
	if err != nil {
		return c, err
	}
	return c, c.Merge(b, "recipe "+name)
}
