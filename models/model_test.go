package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
)

// A file holds all that a model needs, and the network computes the same.
func TestSaveAndLoad(t *testing.T) {
	m := &Model{Net: build(t, everyLayer(), Options{Seed: 1}), Task: data.Classification, Classes: []string{"a", "b", "ç"},
		Features: []string{"w", "x", "y", "z"}, Extra: map[string]string{"note": "mine"}}
	dir := t.TempDir()
	if err := m.Save(filepath.Join(dir, File)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, File)} {
		got, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.Task != m.Task || !cmp.Equal(got.Classes, m.Classes) || !cmp.Equal(got.Features, m.Features) ||
			!cmp.Equal(got.Extra, m.Extra) {
			t.Errorf("got %+v", got)
		}
		if !IsSoftmax(got.Net) {
			t.Error("the softmax was lost")
		}
		x := []float32{1, -2, 0.5, 3, 0, 1, 2, 3}
		if diff := cmp.Diff(predict(t, m.Net, x), predict(t, got.Net, x)); diff != "" {
			t.Error(diff)
		}
	}
	if w := m.With(build(t, Sequential(Input(4), Dense(3)), Options{})); len(w.Classes) != 3 || w.Net == m.Net {
		t.Errorf("With gave %+v", w)
	}
}

func predict(t testing.TB, n *network.Network, x []float32) []float32 {
	t.Helper()
	r, err := network.NewRunner(n, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What a file of another maker does not say is guessed from the output, or numbered.
func TestComplete(t *testing.T) {
	for _, c := range []struct {
		spec     Spec
		task     string
		want     data.Task
		classes  int
		complain string
	}{
		{Sequential(Input(2), Dense(3)), "", data.Classification, 3, ""},
		{Sequential(Input(2), Dense(1)), "", data.Regression, 0, ""},
		{Sequential(Input(2), Dense(1)), "classification", data.Classification, 2, ""},
		{Sequential(Input(2), Dense(1)), "clasification", 0, 0, "classification"},
	} {
		m := &Model{Net: build(t, c.spec, Options{})}
		err := m.complete(c.task)
		if c.complain != "" {
			if err == nil || !strings.Contains(err.Error(), c.complain) {
				t.Errorf("error %v, want one that contains %q", err, c.complain)
			}
			continue
		}
		if err != nil || m.Task != c.want || len(m.Classes) != c.classes || !cmp.Equal(m.Features, []string{"x0", "x1"}) {
			t.Errorf("%+v, %v", m, err)
		}
	}
	net := build(t, Sequential(Input(2), Dense(3)), Options{})
	for want, m := range map[string]*Model{
		"names 2 classes but gives 3":  {Net: net, Classes: []string{"a", "b"}},
		"names 1 features but takes 2": {Net: net, Features: []string{"a"}},
	} {
		if err := m.complete(""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that contains %q", err, want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "is it a run directory?") {
		t.Errorf("error %v for an empty directory", err)
	}
	path := filepath.Join(dir, File)
	if err := os.WriteFile(path, []byte("no model"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), File) {
		t.Errorf("error %v for a file that is no model", err)
	}
}
