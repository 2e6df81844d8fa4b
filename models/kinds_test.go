package models

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/gtrain/gtrain/onnx"
	"gopkg.in/yaml.v3"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// layerExamples are layers of every kind with the shape of a row that they read and the one that they give.
var layerExamples = []struct {
	in, out []int
	layer   Layer
	params  string // names and shapes of what the layer adds
}{
	{[]int{4}, []int{4}, Standardize([]float64{1, 2, 3, 4}, []float64{1, 1, 2, 2}), "x.mean (4) x.scale (4)"},
	{[]int{1}, []int{1}, Unscale(-3, 2.5), ""},
	{[]int{4}, []int{6}, Dense(6, LeakyReLU, WithSlope(0.2), WithInit(initializers.HeUniform())),
		"x.weight (4, 6) x.bias (6)"},
	{[]int{4}, []int{6}, Dense(6, Tanh, WithoutBias()), "x.weight (4, 6)"},
	{[]int{3, 4}, []int{3, 6}, Dense(6, GELU), "x.weight (4, 6) x.bias (6)"},
	{[]int{3, 4}, []int{3, 6}, Dense(6, WithoutBias()), "x.weight (4, 6)"},
	{[]int{2, 4, 5}, []int{2, 4, 5}, Activate(GELU), ""},
	{[]int{2, 4, 5}, []int{2, 4, 5}, Dropout(0.25), ""},
	{[]int{4}, []int{4}, Softmax(), ""},
	{[]int{3, 4}, []int{3, 4}, Softmax(), ""},
	{[]int{3, 8, 6}, []int{4, 4, 2}, Conv2D(4, 5, ReLU), ""},
	{[]int{4, 8, 7}, []int{6, 4, 4}, Conv2D(6, 3, Same, Stride(2), Groups(2), WithoutBias()), "x.weight (6, 2, 3, 3)"},
	{[]int{3, 8, 6}, []int{4, 6, 6}, Conv2D(4, 3, Kernel(5, 1), Dilation(1, 2), Pad(1, 0), ReLU),
		"x.weight (4, 3, 5, 1) x.bias (4)"},
	{[]int{3, 8, 6}, []int{4, 9, 8}, Conv2D(4, 3, Pad(1, 2, 2, 2)), "x.weight (4, 3, 3, 3) x.bias (4)"},
	{[]int{3, 8, 6}, []int{3, 8, 6}, DepthwiseConv2D(3, Same), "x.weight (3, 1, 3, 3) x.bias (3)"},
	{[]int{3, 8, 6}, []int{6, 6, 4}, DepthwiseConv2D(3, Multiplier(2), Sigmoid), "x.weight (6, 1, 3, 3) x.bias (6)"},
	{[]int{3, 8}, []int{5, 4}, Conv1D(5, 3, Stride(2), Pad(1), Softplus), "x.weight (5, 3, 3) x.bias (5)"},
	{[]int{3, 8, 6}, []int{3, 4, 3}, MaxPool(2), ""},
	{[]int{3, 7, 6}, []int{3, 4, 3}, MaxPool(2, Ceil()), ""},
	{[]int{3, 8, 6}, []int{3, 8, 6}, MaxPool(3, Stride(1), Same), ""},
	{[]int{3, 8, 6}, []int{3, 4, 4}, MaxPool(3, Kernel(3, 2), Stride(2, 1), Pad(1, 0, 0, 0), Dilation(1, 2)), ""},
	{[]int{3, 8, 6}, []int{3, 4, 3}, AvgPool(3, Stride(2), Pad(1), CountPadding()), ""},
	{[]int{3, 8, 6}, []int{3}, GlobalAvgPool(), ""},
	{[]int{3}, []int{3}, BatchNorm(), "x.weight (3) x.bias (3) x.running_mean (3) x.running_var (3)"},
	{[]int{3, 8}, []int{3, 8}, BatchNorm(Eps(0.001), Momentum(0.2)), ""},
	{[]int{3, 8, 6}, []int{3, 8, 6}, BatchNorm(), "x.weight (3) x.bias (3) x.running_mean (3) x.running_var (3)"},
	{[]int{6}, []int{6}, LayerNorm(), "x.weight (6) x.bias (6)"},
	{[]int{3, 6}, []int{3, 6}, LayerNorm(Eps(0.001)), "x.weight (6) x.bias (6)"},
	{[]int{3, 8, 6}, []int{144}, Flatten(), ""},
	{[]int{24}, []int{2, 3, 4}, Reshape(2, -1, 4), ""},
	{[]int{3, 6}, []int{6, 3}, Transpose(0, 2, 1), ""},
	{[]int{3, 6}, []int{6}, Mean(), ""},
	{[]int{3, 6}, []int{3}, Mean(OnAxis(2)), ""},
	{[]int{5}, []int{5, 3}, Embedding(7, 3), "x.weight (7, 3)"},
	{[]int{5, 3}, []int{5, 3}, PositionalEmbedding(), "x.weight (5, 3)"},
	{[]int{5, 8}, []int{5, 8}, Attention(2), "x.query.weight (8, 8) x.query.bias (8) x.key.weight (8, 8) x.key.bias (8) " +
		"x.value.weight (8, 8) x.value.bias (8) x.out.weight (8, 8) x.out.bias (8)"},
	{[]int{5, 8}, []int{5, 8}, Attention(2, WithoutBias()), "x.query.weight (8, 8) x.key.weight (8, 8) " +
		"x.value.weight (8, 8) x.out.weight (8, 8)"},
	{[]int{5, 8}, []int{5, 8}, Attention(4, Causal()), ""},
	{[]int{5, 3}, []int{4}, LSTM(4), "x.input.weight (3, 16) x.input.bias (16) x.hidden.weight (4, 16) x.hidden.bias (16)"},
	{[]int{5, 3}, []int{5, 4}, LSTM(4, Sequences()), ""},
	{[]int{5, 3}, []int{4}, GRU(4, WithoutBias()), "x.input.weight (3, 12) x.hidden.weight (4, 12)"},
	{[]int{5, 3}, []int{5, 4}, GRU(4, Sequences()), ""},
}

// Layers of every kind give the shape, and add the parameters, that their functions say; they read back from YAML as
// they were; a row's result does not depend on the batch around it, nor on a way through an ONNX file.
func TestEveryLayer(t *testing.T) {
	seen := map[Kind]bool{KindInput: true}
	for _, c := range layerExamples {
		seen[c.layer.Kind] = true
		name := fmt.Sprintf("%s %v", c.layer.Kind, c.in)
		l := c.layer
		l.Name = "x"
		net, err := Sequential(Input(c.in...), l).Build(Options{Seed: 1})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := net.Outputs[0].Shape(); !got.Eq(append(tensor.Shape{1}, c.out...)) {
			t.Errorf("%s: output %v, want %v", name, got, c.out)
		}
		if net.Outputs[0].Name() != "x" {
			t.Errorf("%s: the output is called %q", name, net.Outputs[0].Name())
		}
		if c.params != "" {
			var got []string
			for _, list := range []gorgonia.Nodes{net.Params, net.States, net.Constants} {
				for _, n := range list {
					got = append(got, fmt.Sprintf("%s %v", n.Name(), n.Shape()))
				}
			}
			if s := strings.Join(got, " "); s != c.params {
				t.Errorf("%s: parameters %s, want %s", name, s, c.params)
			}
		}
		sameYAML(t, c.layer)
		x := rows(c.layer, 3*tensor.Shape(c.in).TotalSize())
		all, first := predict(t, net, x), predict(t, net, x[:len(x)/3])
		if diff := cmp.Diff(first, all[:len(all)/3], cmpopts.EquateApprox(1e-5, 1e-6)); diff != "" {
			t.Errorf("%s: a row's result depends on its batch: %s", name, diff)
		}
		path := filepath.Join(t.TempDir(), File)
		inference, err := net.Inference()
		if err != nil {
			t.Fatal(err)
		}
		if err := onnx.Save(path, inference, onnx.Meta{}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back, _, err := onnx.Load(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(all, predict(t, back, x), cmpopts.EquateApprox(1e-5, 1e-6)); diff != "" {
			t.Errorf("%s: through a file: %s", name, diff)
		}
	}
	for _, k := range Kinds() {
		if !seen[k.Name] && k.Name != KindAdd && k.Name != KindMultiply && k.Name != KindConcat && k.Name != KindSplit {
			t.Errorf("no example of %s", k.Name)
		}
	}
}

// rows are inputs to a layer: ids for an embedding, values of both signs otherwise.
func rows(l Layer, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		if x[i] = float32((i*7)%11)/5 - 1; l.Kind == KindEmbedding {
			x[i] = float32(i * 3 % l.Vocabulary)
		}
	}
	return x
}

func sameYAML(t *testing.T, l Layer) {
	t.Helper()
	b, err := yaml.Marshal(l)
	if err != nil {
		t.Errorf("%s: %v", l.Kind, err)
		return
	}
	var again Layer
	if err := yaml.Unmarshal(b, &again); err != nil {
		t.Errorf("%s: %v in %s", l.Kind, err, b)
		return
	}
	again.line = 0
	same := cmp.Options{cmpopts.IgnoreUnexported(Layer{}, initializers.Initializer{})}
	if diff := cmp.Diff(l, again, same); diff != "" {
		t.Errorf("%s: through YAML: %s\n%s", l.Kind, diff, b)
	}
	if strings.Count(string(b), "\n") != 1 {
		t.Errorf("%s: more than a line:\n%s", l.Kind, b)
	}
}

// Every key that a kind reads is a field, and every field is read by some kind.
func TestTableOfKinds(t *testing.T) {
	read := map[string]bool{"name": true, "inputs": true}
	known := map[string]bool{}
	for _, name := range new(Layer).rows().Names() {
		known[name] = true
	}
	for _, k := range Kinds() {
		if k.Summary == "" {
			t.Errorf("%s has no summary", k.Name)
		}
		for _, key := range k.Keys {
			read[key] = true
			if !known[key] {
				t.Errorf("%s reads %q, which no field is called", k.Name, key)
			}
		}
	}
	for name := range known {
		if !read[name] {
			t.Errorf("no layer reads %q", name)
		}
	}
}

// What is wrong with a layer is said with the layer's place.
func TestWrongLayers(t *testing.T) {
	image := Input(3, 8, 8)
	for _, c := range []struct {
		want  string
		in, l Layer
	}{
		{"layer 2 (conv2d): filters 0: must be from 1", image, Conv2D(0, 3)},
		{"kernel [0]: every number must be from 1", image, Conv2D(4, 0)},
		{"kernel [3 3 3]: give one number or 2", image, Conv2D(4, 3, Kernel(3, 3, 3))},
		{"stride [-1]", image, Conv2D(4, 3, Stride(-1))},
		{"dilation [1 0]", image, Conv2D(4, 3, Dilation(1, 0))},
		{"padding 1, 2, 3: give one number, 2 or 4", image, Conv2D(4, 3, Pad(1, 2, 3))},
		{"padding -1: every number must be from 0", image, Conv2D(4, 3, Pad(-1))},
		{"groups 3: must divide the 4 filters", image, Conv2D(4, 3, Groups(3))},
		{"groups 2: must divide the 3 channels", image, Conv2D(4, 3, Groups(2))},
		{"window of 9×9 does not fit into 8×8: axis 2 has 8 with padding, and it needs 9", image, Conv2D(4, 9)},
		{"window of 3×3 does not fit into 8×8: axis 2 has 8 with padding, and it needs 9", image, Conv2D(4, 3, Dilation(4))},
		{"it takes images (N, channels, height, width), and gets (N, 10)", Input(10), Conv2D(4, 3)},
		{"it takes images (N, channels, height, width), and gets (N, 3, 8)", Input(3, 8), MaxPool(2)},
		{"it takes channels of values", Input(10), Conv1D(4, 3)},
		{"flatten makes an image one row), and gets (N, 3, 8, 8)", image, Dense(3)},
		{"multiplier -1", image, DepthwiseConv2D(3, Multiplier(-1))},
		{"has no groups", image, DepthwiseConv2D(3, Groups(3))},
		{"has no filters", image, MaxPool(2, optionFunc(func(l *Layer) { l.Filters = 3 }))},
		{"has no count_padding", image, MaxPool(2, CountPadding())},
		{"has no dilation", image, AvgPool(2, Dilation(2))},
		{"with padding same there is nothing to round", image, MaxPool(2, Same, Ceil())},
		{"kernel: it needs a size", image, Layer{Kind: KindMaxPool}},
		{"eps 1: must lie in (0, 1)", image, BatchNorm(Eps(1))},
		{"momentum 2: must lie in (0, 1]", image, BatchNorm(Momentum(2))},
		{"has no momentum", Input(4), LayerNorm(Momentum(0.1))},
		{"it takes rows or tokens", image, LayerNorm()},
		{"shape [5 -1] has no room for the 192 values of (N, 3, 8, 8)", image, Reshape(5, -1)},
		{"shape [7]", image, Reshape(7)},
		{"-1 at most once", image, Reshape(-1, -1)},
		{"shape []: it needs one size", image, Reshape()},
		{"every size must be from 1", image, Reshape(0, 192)},
		{"perm [1 0]: every axis once, and the batch, 0, first", Input(4), Transpose(1, 0)},
		{"perm [0 1 1]", Input(4, 4), Transpose(0, 1, 1)},
		{"it takes 3 axes, and gets (N, 4)", Input(4), Transpose(0, 2, 1)},
		{"axis 3: it gets (N, 4, 4), which has none", Input(4, 4), Mean(OnAxis(3))},
		{"axis -1", Input(4, 4), Mean(OnAxis(-1))},
		{"sizes [2 3] sum up to 5; axis 1 of (N, 4) has 4", Input(4), Split([]int{2, 3})},
		{"sizes [4]: it needs those of two parts", Input(4), Split([]int{4})},
		{"sizes [4 0]", Input(4), Split([]int{4, 0})},
		{"vocabulary 0", Input(4), Embedding(0, 3)},
		{"it takes ids", Input(4, 2), Embedding(5, 3)},
		{"heads 3: must divide the 4 features", Input(5, 4), Attention(3)},
		{"heads 0", Input(5, 4), Attention(0)},
		{"it takes sequences (N, tokens, features), and gets (N, 4)", Input(4), Attention(2)},
		{"it takes sequences (N, tokens, features), and gets (N, 4)", Input(4), LSTM(2)},
		{"it takes sequences (N, tokens, features), and gets (N, 4)", Input(4), PositionalEmbedding()},
		{"units 0", Input(5, 4), GRU(0)},
		{`name "3x": a name is letters`, Input(4), Dense(2, Named("3x"))},
		{`name "a b"`, Input(4), Dense(2, Named("a b"))},
		{"is larger than the", Input(1 << 20), Dense(1 << 20)},
		{"is larger than the", Input(1<<15, 1<<15), Flatten()},
		{"shape [0 3]: every number must be from 1", Input(0, 3), Flatten()},
	} {
		_, err := Sequential(c.in, c.l).Build(Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line that contains %q", c.l.Kind, err, c.want)
		}
	}
}
