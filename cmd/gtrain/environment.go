package main

import (
	"slices"
	"sort"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/pkg/errors"
)

const envPrefix = "GTRAIN_"

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// environment is what a flag's variable holds, empty without it.
func (in *inputs) environment(flag string) string {
	for _, kv := range in.env {
		if value, ok := strings.CutPrefix(kv, envName(flag)+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// fromEnv applies GTRAIN_ variables. One that no command knows is an error; one of another command, or without a value,
// is passed over.
func (in *inputs) fromEnv(c *config.Config) error {
	byEnv := map[string]config.Setting{}
	var known []string
	for _, s := range config.Keys() {
		if s.Flag != "" {
			known = append(known, envName(s.Flag))
		}
	}
	for _, s := range in.given {
		byEnv[envName(s.Flag)] = s
	}
	env := append([]string(nil), in.env...)
	sort.Strings(env)
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		s, ok := byEnv[name]
		if !ok {
			if slices.Contains(known, name) {
				continue
			}
			return usageError{unknownVariable(name, known)}
		}
		if strings.TrimSpace(value) == "" {
			continue
		}
		if err := in.set(c, s.Name, value, name); err != nil {
			return err
		}
	}
	return nil
}

// unknownVariable suggests the nearest variable; the list of all would not be read.
func unknownVariable(name string, known []string) error {
	if near, ok := suggest.Nearest(name, known); ok {
		return errors.Errorf("unknown environment variable %s: did you mean %s?", name, near)
	}
	return errors.Errorf("unknown environment variable %s: known are GTRAIN_ and a flag's name, as GTRAIN_EPOCHS", name)
}
