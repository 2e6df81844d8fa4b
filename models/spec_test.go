package models

import (
	"errors"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/suggest"
)

func TestLeNet300100(t *testing.T) {
	s, err := Parse("lenet-300-100")
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.For([]int{784}, data.Classification, 10, nil); err != nil {
		t.Fatal(err)
	}
	if total, _ := build(t, s, Options{Seed: 1}).ParamCount(); total != 266610 {
		t.Errorf("%d parameters, want 266,610", total)
	}
}

func TestParse(t *testing.T) {
	s, err := Parse("mlp:64, 32:tanh")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Layers) != 2 || s.Layers[0].Units != 64 || s.Layers[1].Units != 32 || s.Layers[1].Activation != op.Tanh ||
		s.Name != "mlp:64, 32:tanh" {
		t.Errorf("%+v", s)
	}
	if s, err = Parse("mlp:5"); err != nil || s.Layers[0].Activation != op.ReLU {
		t.Errorf("%+v, %v", s, err)
	}
	for _, m := range All() {
		if s, err := Parse(m.Name); err != nil || m.Summary == "" {
			t.Errorf("%s of the table: %+v, %v", m.Name, s, err)
		}
	}
	for name, want := range map[string]string{"lenet": `did you mean "lenet-5"`, "mlp": "needs its hidden units",
		"mlp:":   "needs its hidden units",
		"mlp:8,": `"" is no number`, "mlp:0": `"0" is no number`, "mlp:8x": `"8x" is no number`,
		"mlp:8:tnah":   `did you mean "tanh"`,
		"mlp:99999999": "is no number", "": "unknown model"} {
		if _, err := Parse(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that contains %q", name, err, want)
		}
	}
	if _, err := Parse("lenet"); !errors.Is(err, suggest.ErrUnknown) {
		t.Errorf("error %v is not ErrUnknown", err)
	}
}

func TestParseActivation(t *testing.T) {
	for _, a := range op.Activations() {
		if got, err := ParseActivation(a.String()); err != nil || got != a {
			t.Errorf("%v: %v, %v", a, got, err)
		}
	}
	for _, name := range []string{"linear", "none", ""} {
		if got, err := ParseActivation(name); err != nil || got != op.Identity {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
}
