package models

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models/initializers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func build(t testing.TB, s Spec, o Options) *network.Network {
	t.Helper()
	n, err := s.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func everyLayer() Spec {
	return Sequential(Input(4), Standardize([]float64{1, 2, 3, 4}, []float64{1, 2, 1, 2}), Dense(6, ReLU), Dropout(0.3),
		Dense(5, Tanh),
		Activate(GELU), Dense(3, LeakyReLU, WithSlope(0.2)), Softmax())
}

func TestBuild(t *testing.T) {
	net := build(t, everyLayer(), Options{Seed: 1})
	var got []string
	for _, list := range []gorgonia.Nodes{net.Inputs, net.Params, net.Constants, net.Outputs} {
		for _, n := range list {
			got = append(got, fmt.Sprintf("%s %v", n.Name(), n.Shape()))
		}
	}
	want := []string{"input (1, 4)", "dense1.weight (4, 6)", "dense1.bias (6)", "dense2.weight (6, 5)", "dense2.bias (5)",
		"dense3.weight (5, 3)", "dense3.bias (3)", "standardise1.mean (4)", "standardise1.scale (4)", "softmax1 (1, 3)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	order, err := net.Order()
	if err != nil {
		t.Fatal(err)
	}
	var layers []string
	for _, n := range order {
		if n.Op() != nil {
			layers = append(layers, n.Name())
		}
	}
	if got, want := strings.Join(layers, " "),
		"standardise1 dense1 dropout1 dense2 activation1 dense3 softmax1"; got != want {
		t.Errorf("layers %q, want %q", got, want)
	}
	if !IsSoftmax(net) || IsSoftmax(build(t, Sequential(Input(2), Dense(3)), Options{})) {
		t.Error("IsSoftmax is wrong")
	}
	if total, _ := net.ParamCount(); total != 4*6+6+6*5+5+5*3+3 {
		t.Errorf("%d parameters", total)
	}
}

// The layers compute their formulas.
func TestForward(t *testing.T) {
	net := build(t, Sequential(Input(2), Standardize([]float64{1, 2}, []float64{2, 4}), Dense(1, Sigmoid,
		WithInit(constant(t, 3)))), Options{Dtype: tensor.Float64})
	if err := gorgonia.Let(net.Inputs[0], tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float64{2,
		4}))); err != nil {
		t.Fatal(err)
	}
	vm := graph.NewMachine(net.Graph)
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if got, want := net.Outputs[0].Value().Data().([]float64)[0],
		1/(1+math.Exp(-3*(0.5+0.5))); math.Abs(got-want) > 1e-15 {
		t.Errorf("output %v, want %v", got, want)
	}
}

func constant(t testing.TB, v float64) initializers.Initializer {
	t.Helper()
	i, err := initializers.Constant().With(v)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func weights(t testing.TB, n *network.Network) map[string][]float64 {
	t.Helper()
	m := map[string][]float64{}
	for _, p := range n.Params {
		switch d := p.Value().Data().(type) {
		case []float64:
			m[p.Name()] = d
		case []float32:
			for _, v := range d {
				m[p.Name()] = append(m[p.Name()], float64(v))
			}
		}
	}
	return m
}

// A seed gives the same bits each time, float32 the rounding of float64's; another seed gives others; a layer's weights
// do not depend on the layers around it.
func TestSeeds(t *testing.T) {
	a, b := weights(t, build(t, everyLayer(), Options{Seed: 1})), weights(t, build(t, everyLayer(), Options{Seed: 1}))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	for name, w := range weights(t, build(t, everyLayer(), Options{Seed: 1, Dtype: tensor.Float64})) {
		for i, v := range w {
			if float64(float32(v)) != a[name][i] {
				t.Fatalf("%s, element %d: %v in float64, %v in float32", name, i, v, a[name][i])
			}
		}
	}
	other := weights(t, build(t, everyLayer(), Options{Seed: 2}))
	if cmp.Equal(a["dense1.weight"], other["dense1.weight"]) || cmp.Equal(a["dense2.weight"], a["dense1.weight"]) {
		t.Error("two streams of random numbers are the same")
	}
	alone := weights(t, build(t, Sequential(Input(4), Dense(6, ReLU), Dense(2)), Options{Seed: 1}))
	if !cmp.Equal(alone["dense1.weight"], a["dense1.weight"]) {
		t.Error("the first layer's weights depend on what follows it")
	}
	seeds := func(seed uint64) (s []uint64) {
		net := build(t, Sequential(Input(2), Dropout(0.1), Dropout(0.1), Dense(1)), Options{Seed: seed})
		order, err := net.Order()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range order {
			if o, ok := n.Op().(*op.Operation); ok {
				if d, ok := o.Definition.(op.DropoutLayer); ok {
					s = append(s, d.State.Seed)
				}
			}
		}
		return s
	}
	if x, y := seeds(1), seeds(2); len(x) != 2 || x[0] == x[1] || x[0] == y[0] {
		t.Errorf("dropout seeds %v and %v", x, y)
	}
}

func TestDefaultInitialisers(t *testing.T) {
	variance := func(act ActivationOption) float64 {
		var s float64
		w := weights(t, build(t, Sequential(Input(200), Dense(100, act)), Options{Seed: 3}))["dense1.weight"]
		for _, v := range w {
			s += v * v
		}
		return s / float64(len(w))
	}
	for act, want := range map[ActivationOption]float64{ReLU: 2. / 200, LeakyReLU: 2. / 200, GELU: 2. / 200, Tanh: 2. / 300,
		Linear: 2. / 300} {
		if got := variance(act); math.Abs(got-want) > 0.05*want {
			t.Errorf("%v: variance %v, want %v", act, got, want)
		}
	}
}

func TestInvalidLayers(t *testing.T) {
	for _, c := range []struct {
		want string
		spec Spec
	}{
		{"begins with an input", Sequential()},
		{"begins with an input", Sequential(Input(3))},
		{"begins with an input", Sequential(Dense(3), Softmax())},
		{"begins with an input", Sequential(Input(3), Input(3))},
		{"layer 3 (input): the input is the first layer", Sequential(Input(3), Dense(2), Input(3))},
		{"layer 2 (dense): units 0", Sequential(Input(3), Dense(0))},
		{"layer 1 (input): units -1", Sequential(Input(-1), Dense(2))},
		{"layer 2 (dense): units 16777217", Sequential(Input(3), Dense(1<<24+1))},
		{"layer 2 (dropout): rate 1", Sequential(Input(3), Dropout(1))},
		{"rate NaN", Sequential(Input(3), Dropout(math.NaN()))},
		{"2 means and 3 scales for 3 features", Sequential(Input(3), Standardize([]float64{1, 2}, []float64{1, 1, 1}))},
		{"scale of feature 1 is 0", Sequential(Input(2), Standardize([]float64{1, 2}, []float64{1, 0}))},
		{`did you mean "dense"`, Sequential(Input(3), Layer{Kind: "dens"})},
		{"layer 2 (softmax): a layer of this kind has no units", Sequential(Input(3), Layer{Kind: KindSoftmax, Units: 3})},
		{"has no rate", Sequential(Input(3), Layer{Kind: KindDense, Units: 3, Rate: 0.5})},
		{"only leaky_relu and elu have one", Sequential(Input(3), Dense(2, ReLU, WithSlope(0.1)))},
		{"outside [0, 1)", Sequential(Input(3), Dense(2, LeakyReLU, WithSlope(2)))},
		{"the compiler alone makes it", Sequential(Input(3), Activate(Activation(op.Rectify)))},
		{"initializer", Sequential(Input(3), Dense(2, WithInit(initializers.Initializer{Name: "made up"})))},
	} {
		if _, err := c.spec.Build(Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one that contains %q", err, c.want)
		}
	}
	if _, err := everyLayer().Build(Options{Dtype: tensor.Int}); err == nil || !strings.Contains(err.Error(),
		"float32 or float64") {
		t.Errorf("error %v for a model of int", err)
	}
}

func TestFor(t *testing.T) {
	standard := &data.Scaling{Method: data.Standardize, Mean: []float64{1, 2}, Scale: []float64{3, 4}}
	none := &data.Scaling{Method: data.NoScaling, Mean: []float64{0, 0}, Scale: []float64{1, 1}}
	parsed := func(name string) Spec {
		s, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		name    string
		spec    Spec
		task    data.Task
		scaling *data.Scaling
		want    string // an error where it contains a blank
	}{
		{"classes", parsed("mlp:8"), data.Classification, nil, "input2 dense8 dense3 softmax"},
		{"regression", parsed("mlp:8"), data.Regression, nil, "input2 dense8 dense1"},
		{"scaling", parsed("logistic"), data.Classification, standard, "input2 standardise dense3 softmax"},
		{"no scaling", parsed("logistic"), data.Classification, none, "input2 dense3 softmax"},
		{"hidden units as many as classes", parsed("mlp:3:linear"), data.Classification, nil, "input2 dense3 dense3 softmax"},
		{"one hidden unit", parsed("mlp:8,1"), data.Regression, nil, "input2 dense8 dense1 dense1"},
		{"complete", Sequential(Input(2), Dense(3), Softmax()), data.Classification, nil, "input2 dense3 softmax"},
		{"logits", Sequential(Input(2), Dense(8, ReLU), Dense(3)), data.Classification, nil, "input2 dense8 dense3 softmax"},
		{"activated units are no logits", Sequential(Dense(3, ReLU)), data.Classification, nil,
			"input2 dense3 dense3 softmax"},
		{"dropout last", Sequential(Dense(8, ReLU), Dropout(0.5)), data.Classification, nil,
			"input2 dense8 dropout dense3 softmax"},
		{"no input", Sequential(Dense(8, ReLU), Dense(1, Softplus)), data.Regression, nil, "input2 dense8 dense1"},
		{"own statistics", Sequential(Input(2), Standardize([]float64{0, 0}, []float64{1, 1}), Dense(1)), data.Regression,
			standard, "input2 standardise dense1"},
		{"features", Sequential(Input(5), Dense(3)), data.Classification, nil, "takes 5 features; the data has 2"},
		{"classes do not fit", Sequential(Dense(4), Softmax()), data.Classification, nil, "4 units; the data has 3 classes"},
		{"softmax of the features", Sequential(Softmax()), data.Classification, nil, "2 units; the data has 3 classes"},
		{"softmax for a regression", Sequential(Dense(1), Softmax()), data.Regression, nil, "ends in softmax"},
	} {
		before := len(c.spec.Layers)
		got, err := c.spec.For([]int{2}, c.task, 3, c.scaling)
		var words []string
		for _, l := range got.Layers {
			w := string(l.Kind)
			if l.Units > 0 {
				w += fmt.Sprint(l.Units)
			}
			words = append(words, w)
		}
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", c.name, err, c.want)
			}
		} else if s := strings.Join(words, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		} else if _, err := got.Build(Options{}); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if len(c.spec.Layers) != before {
			t.Errorf("%s: the spec itself was changed", c.name)
		}
	}
}
