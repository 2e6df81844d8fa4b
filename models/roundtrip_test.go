package models_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/tensor"
)

// people has numbers, text, holes and two classes, so that the schema has something of everything.
func people(t *testing.T) (*data.Dataset, *data.Parts) {
	t.Helper()
	var b strings.Builder
	b.WriteString("age,colour,income,bought\n")
	r := random.New(1, "people")
	for i := range 60 {
		age := fmt.Sprint(20 + r.IntN(50))
		if i%7 == 0 {
			age = ""
		}
		fmt.Fprintf(&b, "%s,%s,%v,%s\n", age, []string{"red", "green", "blue"}[i%3], r.Float64(), []string{"no",
			"yes"}[r.IntN(2)])
	}
	d, err := data.ReadCSV(strings.NewReader(b.String()), "people.csv", data.Options{Impute: data.ImputeMedian})
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Split(d, data.SplitOptions{Test: 0.2, Val: 0.2, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if d, err = d.Impute(parts.Train); err != nil {
		t.Fatal(err)
	}
	return d, parts
}

func build(t *testing.T, d *data.Dataset, dtype tensor.Dtype, layers ...models.Layer) *network.Network {
	t.Helper()
	scaling, err := data.FitScaling(data.Standardize, d, []int{0, 1, 2, 3, 4, 5, 6, 7})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := models.Sequential(layers...).For(d.Shape(), d.Task, len(d.Classes), scaling)
	if err != nil {
		t.Fatal(err)
	}
	net, err := spec.Build(models.Options{Seed: 1, Dtype: dtype})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func predict(t *testing.T, net *network.Network, x []float32) []float32 {
	t.Helper()
	r, err := network.NewRunner(net, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSaveAndLoadKeepEverything(t *testing.T) {
	d, parts := people(t)
	for _, dtype := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		net := build(t, d, dtype, models.Dense(8, models.GELU), models.Dropout(0.5), models.Dense(5, models.LeakyReLU,
			models.WithSlope(0.2)))
		c, err := surgery.Analyze(net)
		if err != nil {
			t.Fatal(err)
		}
		if net, err = c.Mask(map[string][]int{"dense1": {2, 5}, "dense2": {0}}); err != nil {
			t.Fatal(err)
		}
		m := models.New(net, d, &parts.Info)
		m.Extra = map[string]string{"note": "as it was", "gtrain.command": "train"}
		path := filepath.Join(t.TempDir(), models.File)
		if err := m.Save(path); err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{path, filepath.Dir(path)} {
			got, err := models.Load(from)
			if err != nil {
				t.Fatal(err)
			}
			if got.Task != data.Classification || !slices.Equal(got.Classes, d.Classes) || !slices.Equal(got.Features,
				d.Features) {
				t.Errorf("%v, %v, %v", got.Task, got.Classes, got.Features)
			}
			if !reflect.DeepEqual(got.Schema, d.Schema) {
				t.Errorf("schema %+v\nwant %+v", got.Schema, d.Schema)
			}
			if *got.Split != parts.Info || !maps.Equal(got.Extra, m.Extra) {
				t.Errorf("split %+v, extra %v", got.Split, got.Extra)
			}
			if a, b := predict(t, m.Net, d.X), predict(t, got.Net, d.X); !slices.Equal(a, b) {
				t.Errorf("%v: other predictions", dtype)
			}
			c, err := surgery.Analyze(got.Net)
			if err != nil {
				t.Fatal(err)
			}
			masked, err := c.Masked()
			if err != nil || !reflect.DeepEqual(masked, map[string][]int{"dense1": {2, 5}, "dense2": {0}}) {
				t.Errorf("masks %v, %v", masked, err)
			}
			for i, p := range m.Net.Params {
				if q := got.Net.Params[i]; q.Name() != p.Name() || !reflect.DeepEqual(q.Value().Data(), p.Value().Data()) {
					t.Errorf("parameter %q came back as %q, or with other values", p.Name(), q.Name())
				}
			}
			if err := got.Check(d); err != nil {
				t.Errorf("its own data: %v", err)
			}
			again := filepath.Join(t.TempDir(), "again.onnx")
			if err := got.Save(again); err != nil {
				t.Fatal(err)
			}
			a, errA := os.ReadFile(path)
			b, errB := os.ReadFile(again)
			if errA != nil || errB != nil || !slices.Equal(a, b) {
				t.Errorf("saved again it has other bytes: %v, %v", errA, errB)
			}
		}
	}
}

func TestSaveReplacesAFileWholeOrNotAtAll(t *testing.T) {
	d, _ := people(t)
	m := models.New(build(t, d, tensor.Float32), d, nil)
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := m.With(m.Net)
	bad.Extra = map[string]string{"": "no name"}
	if err := bad.Save(path); err == nil {
		t.Error("metadata without a key")
	}
	if after, err := os.ReadFile(path); err != nil || !slices.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
	if m.Split != nil || m.Extra != nil {
		t.Error("saving changed the model")
	}
}

// A file that says nothing of task, classes and features: they are read off the network.
func TestLoadOfAForeignFile(t *testing.T) {
	for _, c := range []struct {
		what    string
		layers  []models.Layer
		meta    onnx.Meta
		task    data.Task
		classes []string
		want    string
	}{
		{what: "softmax", layers: []models.Layer{models.Dense(3), models.Softmax()}, task: data.Classification,
			classes: []string{"0", "1", "2"}},
		{what: "logits", layers: []models.Layer{models.Dense(4)}, task: data.Classification, classes: []string{"0", "1",
			"2", "3"}},
		{what: "one column", layers: []models.Layer{models.Dense(1)}, task: data.Regression},
		{what: "one column of a classifier", layers: []models.Layer{models.Dense(1, models.Sigmoid)},
			meta: onnx.Meta{Task: "classification"},
			task: data.Classification, classes: []string{"0", "1"}},
		{what: "wrong classes", layers: []models.Layer{models.Dense(3)}, meta: onnx.Meta{Classes: []string{"a", "b"}},
			want: "names 2 classes but gives 3"},
		{what: "wrong features", layers: []models.Layer{models.Dense(1)}, meta: onnx.Meta{Features: []string{"a"}},
			want: "names 1 features but takes 2"},
		{what: "wrong task", layers: []models.Layer{models.Dense(1)}, meta: onnx.Meta{Task: "clustering"},
			want: "clustering"},
		{what: "task auto", layers: []models.Layer{models.Dense(1)}, meta: onnx.Meta{Task: "auto"}, want: `"auto"`},
		{what: "schema", layers: []models.Layer{models.Dense(1)},
			meta: onnx.Meta{Properties: map[string]string{"gtrain.schema": "{"}}, want: "gtrain.schema"},
		{what: "split", layers: []models.Layer{models.Dense(1)},
			meta: onnx.Meta{Properties: map[string]string{"gtrain.split": "{"}}, want: "gtrain.split"},
		{what: "loss", layers: []models.Layer{models.Dense(1)},
			meta: onnx.Meta{Properties: map[string]string{"gtrain.loss": `{"name":"cross-entropy"}`}}, want: "cross-entropy"},
		{what: "loss of no name", layers: []models.Layer{models.Dense(1)},
			meta: onnx.Meta{Properties: map[string]string{"gtrain.loss": "7"}}, want: "gtrain.loss"},
	} {
		net, err := models.Sequential(append([]models.Layer{models.Input(2)}, c.layers...)...).Build(models.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "foreign.onnx")
		if err := onnx.Save(path, net, c.meta); err != nil {
			t.Fatal(err)
		}
		m, err := models.Load(path)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: want %q, got %v", c.what, c.want, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if m.Task != c.task || !slices.Equal(m.Classes, c.classes) || !slices.Equal(m.Features, []string{"x0", "x1"}) ||
			m.Schema != nil || m.Split != nil {
			t.Errorf("%s: %+v", c.what, m)
		}
	}
}

func TestLoadOfWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	if _, err := models.Load(dir); err == nil || !strings.Contains(err.Error(), "run directory") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := models.Load(filepath.Join(dir, "none.onnx")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(dir, models.File)
	if err := os.WriteFile(path, []byte("not a model"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := models.Load(dir); !errors.Is(err, onnx.ErrNotONNX) {
		t.Errorf("something else: %v", err)
	}
}

func TestWithSharesNoNotes(t *testing.T) {
	d, _ := people(t)
	m := models.New(build(t, d, tensor.Float32), d, nil)
	m.Extra = map[string]string{"a": "1"}
	n := m.With(m.Net)
	n.Extra["a"] = "2"
	if m.Extra["a"] != "1" {
		t.Error("a note about one model is said of the other")
	}
}

func TestCheck(t *testing.T) {
	d, _ := people(t)
	m := models.New(build(t, d, tensor.Float32), d, nil)
	iris, err := data.Load("iris", data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*data.Dataset)) *data.Dataset {
		c := *d
		change(&c)
		return &c
	}
	for _, c := range []struct {
		d    *data.Dataset
		want string
	}{
		{d, ""},
		{iris, "takes 5 features; iris has 4"},
		{with(func(d *data.Dataset) { d.Task = data.Regression }), "is for classification"},
		{with(func(d *data.Dataset) { d.Classes = []string{"a", "b", "c"} }), "tells 2 classes apart"},
		{with(func(d *data.Dataset) { d.Classes = []string{"yes", "no"} }), `class 1 of the model is "no"`},
		{with(func(d *data.Dataset) {
			d.Features = slices.Clone(d.Features)
			d.Features[0], d.Features[4] = d.Features[4], d.Features[0]
		}), `feature 1 of the model is "age"`},
	} {
		err := m.Check(c.d)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	foreign := *m
	foreign.Schema, foreign.Classes, foreign.Features = nil, []string{"0", "1"}, []string{"x0", "x1", "x2", "x3", "x4"}
	if err := foreign.Check(d); err != nil {
		t.Errorf("a model without a schema knows no names: %v", err)
	}
}

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		last             []models.Layer
		softmax, sigmoid bool
	}{
		{[]models.Layer{models.Dense(2), models.Softmax()}, true, false},
		{[]models.Layer{models.Dense(2)}, false, false},
		{[]models.Layer{models.Dense(1, models.Sigmoid)}, false, true},
		{[]models.Layer{models.Dense(1), models.Activate(models.Sigmoid)}, false, true},
		{[]models.Layer{models.Dense(1, models.Tanh)}, false, false},
	} {
		net, err := models.Sequential(append([]models.Layer{models.Input(2)}, c.last...)...).Build(models.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if models.IsSoftmax(net) != c.softmax || models.IsSigmoid(net) != c.sigmoid {
			t.Errorf("%v: softmax %v, sigmoid %v", c.last, models.IsSoftmax(net), models.IsSigmoid(net))
		}
	}
}
