package models

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gtrain/gtrain/models/initializers"
	"gopkg.in/yaml.v3"
)

const text = `name: example
layers:
    - {type: input, units: 4}
    - {type: standardise, mean: [1, 2, 3, 4], scale: [1, 1, 2, 2]}
    - {type: dense, units: 6, activation: relu, init: he_uniform}
    - {type: dropout, rate: 0.25}
    - {type: dense, units: 5, activation: leaky_relu, slope: 0.2}
    - {type: activation, activation: gelu}
    - type: dense
      units: 3
      init: constant:0.5
    - {type: softmax}
`

func TestYAML(t *testing.T) {
	got, err := ParseYAML([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Sequential(Input(4), Standardize([]float64{1, 2, 3, 4}, []float64{1, 1, 2, 2}), Dense(6, ReLU,
		WithInit(initializers.HeUniform())),
		Dropout(0.25), Dense(5, LeakyReLU, WithSlope(0.2)), Activate(GELU), Dense(3, WithInit(constant(t, 0.5))), Softmax())
	want.Name = "example"
	same := cmp.Options{cmpopts.IgnoreUnexported(Spec{}, Layer{}, initializers.Initializer{})}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Error(diff)
	}
	b, err := yaml.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseYAML(b)
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if diff := cmp.Diff(got, again, same); diff != "" {
		t.Errorf("%s\n%s", diff, b)
	}
	if !cmp.Equal(weights(t, build(t, got, Options{Seed: 4})), weights(t, build(t, again, Options{Seed: 4}))) {
		t.Error("the model changed on its way through YAML")
	}
	if _, err := ParseYAML([]byte("layers:\n  - &a {type: dense, units: 4}\n  - *a\n")); err != nil {
		t.Errorf("an alias: %v", err)
	}
}

func TestYAMLErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "empty",
		"- {type: dense}":                       "line 1: a model is a mapping",
		"layer:\n  - {}\n":                      `line 1: unknown key of a model "layer": did you mean "layers"`,
		"layers: 5":                             "line 1: cannot unmarshal",
		"layers:\n  - dense\n":                  "line 2: a layer is a mapping",
		"layers:\n  - units: 3\n":               `line 2: unknown layer type ""`,
		"layers:\n  - {type: dens, units: 3}\n": `line 2: unknown layer type "dens": did you mean "dense"`,
		"layers:\n  - type: dense\n    unit: 3\n":                          `line 3: unknown key of a dense layer "unit": did you mean "units"`,
		"layers:\n  - {type: softmax, units: 3}\n":                         `line 2: unknown key of a softmax layer "units"`,
		"layers:\n\n  - {type: dense, units: many}\n":                      "line 3: units is \"many\": must be a whole number",
		"layers:\n  - {type: dense, units: 3, activation: rleu}\n":         `line 2: unknown activation "rleu": did you mean "relu"`,
		"layers:\n  - {type: dense, units: 3, init: he}\n":                 `line 2: unknown initializer "he"`,
		"layers:\n  - {type: dense, units: 0}\n":                           "line 2: units is 0: must be at least 1",
		"layers:\n  - {type: dropout, rate: 2}\n":                          "line 2: rate 2",
		"layers:\n  - {type: dense, units: 3, units: 4}\n":                 "line 2: units is given twice",
		"layers:\n  - {type: dense, units: 3, activation: relu, slope: 1}": "line 2: slope 1: only leaky_relu",
		"layers: [": "line 1",
	} {
		_, err := ParseYAML([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want one line that contains %q", text, err, want)
		}
	}
}

// A key without a value is one that is left out: files from before have them.
func TestYAMLWithoutValues(t *testing.T) {
	plain, err := ParseYAML([]byte("layers:\n  - {type: conv2d, filters: 3, kernel: 2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"activation", "bias", "padding", "init", "name", "inputs", "slope", "stride", "groups"} {
		s, err := ParseYAML([]byte("layers:\n  - {type: conv2d, filters: 3, kernel: 2, " + key + ": }\n"))
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := yaml.Marshal(s)
		want, err2 := yaml.Marshal(plain)
		if err != nil || err2 != nil || string(got) != string(want) {
			t.Errorf("%s without a value:\n%s, left out:\n%s, %v, %v", key, got, want, err, err2)
		}
	}
	_, err = ParseYAML([]byte("layers:\n  - {type: dense, units: }\n"))
	if err == nil || !strings.Contains(err.Error(), "line 2: units 0: must be from 1") {
		t.Error(err)
	}
}

// What a list says of a key is so: where it names a default, a layer may do without.
func TestOptionalKeysHaveDefaults(t *testing.T) {
	for text, keys := range map[string][]string{
		"{type: batch_norm}": {"eps", "momentum"}, "{type: layer_norm}": {"eps"}, "{type: dropout}": {"rate"},
		"{type: mean}": {"axis"}, "{type: dense, units: 3, activation: elu}": {"slope", "activation", "bias", "init"},
	} {
		s, err := ParseYAML([]byte("layers: [" + text + "]"))
		if err != nil {
			t.Error(err)
			continue
		}
		rows := s.Layers[0].rows()
		for _, key := range keys {
			if r, _ := rows.Find(key); r.DefaultText() == "" && r.Otherwise == "" {
				t.Errorf("%s: %s has no default", text, key)
			}
		}
	}
}
