package models_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// mix is what the layer scaledDense has beside units.
type mix struct{ Share float64 }

// scaledDense is x·W·share.
func scaledDense(kind models.Kind) models.LayerType {
	return models.LayerType{Kind: kind, Summary: "dense, scaled", Keys: "units init",
		Settings: func(l *models.Layer) settings.Rows {
			if l.Own == nil {
				l.Own = &mix{}
			}
			m := l.Own.(*mix)
			return settings.Rows{settings.Number("share", &m.Share, "of the sum").In(settings.Unit).Or(0.5)}
		},
		Check: func(l models.Layer) error {
			if l.Units < 1 {
				return errors.Errorf("units %d: must be at least 1", l.Units)
			}
			return nil
		},
		Build: func(b *models.Builder, l models.Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			width := in[0].Shape()[1]
			w, err := b.Weight(l, ".weight", initializers.Dense(width, l.Units), width, l.Units)
			if err != nil {
				return nil, err
			}
			share, err := b.Constant(l.Name+".share", []float64{l.Own.(*mix).Share}, 1)
			if err != nil {
				return nil, err
			}
			y, err := op.Linear(in[0], w, nil, op.Identity, 0)
			if err != nil {
				return nil, err
			}
			y, err = op.Mul(y, share)
			return gorgonia.Nodes{y}, err
		}}
}

// A layer of a type from outside is named, checked, built, saved and loaded as one of ours; its twin of ours gives the same.
func TestOwnLayer(t *testing.T) {
	own := scaledDense("scaled")
	d, err := data.NewClassification("four", []string{"a", "b", "c"}, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0, 1},
		[]string{"no", "yes"}, []int{0, 1, 0, 1})
	if err != nil {
		t.Fatal(err)
	}
	build := func(layers ...models.Layer) *models.Model {
		spec, err := models.Sequential(layers...).For(d.Shape(), d.Task, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		net, err := spec.Build(models.Options{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		return models.New(net, d, nil)
	}
	m := build(own.Layer(models.Layer{Units: 4, Own: &mix{Share: 0.25}}), own.Layer(models.Layer{Units: 5}),
		models.Activate(models.ReLU))
	var names []string
	for _, p := range m.Net.Params {
		names = append(names, p.Name())
	}
	if got := strings.Join(names, " "); got != "scaled1.weight scaled2.weight dense1.weight dense1.bias" {
		t.Errorf("parameters %s", got)
	}
	// The same numbers by layers of ours, whose weights are multiplied beforehand: powers of two lose nothing.
	twin := build(models.Dense(4, models.WithoutBias(), models.Named("scaled1")),
		models.Dense(5, models.WithoutBias(), models.Named("scaled2")), models.Activate(models.ReLU))
	for i, share := range []float32{0.25, 0.5, 1, 1} {
		for k, v := range m.Net.Params[i].Value().Data().([]float32) {
			twin.Net.Params[i].Value().Data().([]float32)[k] = share * v
		}
	}
	want := answers(t, twin, d.X)
	if got := answers(t, m, d.X); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("it gives %v, its twin %v", got, want)
	}
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded, err := models.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := answers(t, loaded, d.X); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("loaded it gives %v, not %v", got, want)
	}
	c, err := surgery.Analyze(m.Net)
	if err != nil {
		t.Fatal(err)
	}
	if g := c.Group("scaled1/matmul1"); g == nil || len(g.Units) != 4 {
		t.Errorf("its units cannot be pruned: %+v", g)
	}
}

func answers(t *testing.T, m *models.Model, x []float32) []float32 {
	t.Helper()
	p, err := m.Predictor()
	if err != nil {
		t.Fatal(err)
	}
	y, err := p.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// opaque is an operation without an ONNX form.
type opaque struct{}

func (opaque) String() string                                { return "Opaque" }
func (opaque) Signature() op.Signature                       { return op.Signature{In: []op.Rank{op.Matrix}, Out: op.Matrix} }
func (opaque) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }
func (opaque) Bind(out gorgonia.Value, in []gorgonia.Value) (op.Kernel, error) {
	return op.BindFloats(out, in, func(y []float32, x [][]float32) { copy(y, x[0]) },
		func(y []float64, x [][]float64) { copy(y, x[0]) })
}

// What is wrong with a type, or with a layer of one, is said when the model is built; what cannot be saved, when it is saved.
func TestOwnLayerErrors(t *testing.T) {
	good := scaledDense("scaled")
	with := func(change func(*models.LayerType)) models.Layer {
		c := good
		change(&c)
		return c.Layer(models.Layer{Units: 2})
	}
	gives := func(f func(in gorgonia.Nodes) gorgonia.Nodes) models.Layer {
		return with(func(c *models.LayerType) {
			c.Build = func(_ *models.Builder, _ models.Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) { return f(in), nil }
		})
	}
	other := good.Layer(models.Layer{Units: 2})
	other.Kind = models.KindDense
	for _, c := range []struct {
		layer models.Layer
		want  string
	}{
		{with(func(c *models.LayerType) { c.Kind = "" }), "without a name"},
		{with(func(c *models.LayerType) { c.Kind = "two words" }), `name "two words"`},
		{with(func(c *models.LayerType) { c.Kind = "dense" }), "there is one of this name already"},
		{with(func(c *models.LayerType) { c.Build = nil }), "Build is nil"},
		{with(func(c *models.LayerType) { c.Inputs = -3 }), "-3 inputs: give a number, or Several"},
		{with(func(c *models.LayerType) { c.Keys = "units unit" }), `no layer has a key "unit"`},
		{with(func(c *models.LayerType) { c.Keys = "name units" }), `no layer has a key "name"`},
		{with(func(c *models.LayerType) {
			c.Settings = func(*models.Layer) settings.Rows { return settings.Rows{settings.Flag("units", new(bool), "")} }
		}), `the setting "units" has the name of a layer's key`},
		{with(func(c *models.LayerType) { c.Inputs = models.Several }), "0 inputs: name two layers or more"},
		{good.Layer(models.Layer{Units: 2, Rate: 0.5}), "a layer of this kind has no rate"},
		{good.Layer(models.Layer{}), "units 0: must be at least 1"},
		{good.Layer(models.Layer{Units: 2, Own: &mix{Share: 2}}), "share is 2: must be a number in [0, 1]"},
		{models.Layer{Kind: models.KindSoftmax, Own: 3}, "no settings of its own"},
		{gives(func(gorgonia.Nodes) gorgonia.Nodes { return nil }), "it must give one"},
		{gives(func(gorgonia.Nodes) gorgonia.Nodes { return gorgonia.Nodes{nil} }), "it must give one"},
		{gives(func(gorgonia.Nodes) gorgonia.Nodes {
			return gorgonia.Nodes{gorgonia.NewMatrix(gorgonia.NewGraph(), tensor.Float32, gorgonia.WithShape(1, 2))}
		}), "a node of another graph"},
		{models.Layer{Kind: "scaled", Units: 2}, `unknown layer type "scaled"`},
		{other, `says that it is of kind "dense"`},
	} {
		_, err := models.Sequential(models.Input(3), c.layer).Build(models.Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v; want %q", err, c.want)
		}
	}
	if _, err := yaml.Marshal(good.Layer(models.Layer{Units: 2})); err == nil || !strings.Contains(err.Error(), "models.Register") {
		t.Errorf("written to a file: %v", err)
	}
	net, err := models.Sequential(models.Input(3), with(func(c *models.LayerType) {
		c.Build = func(_ *models.Builder, _ models.Layer, in gorgonia.Nodes) (gorgonia.Nodes, error) {
			y, err := op.Apply(opaque{}, in[0])
			return gorgonia.Nodes{y}, err
		}
	})).Build(models.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = (&models.Model{Net: net, Classes: []string{"a", "b", "c"}}).Save(filepath.Join(t.TempDir(), "m.onnx"))
	if err == nil || !strings.Contains(err.Error(), "Opaque") {
		t.Errorf("saving an operation without ONNX form: %v", err)
	}
}
