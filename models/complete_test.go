package models

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gtrain/gtrain/data"
)

func describe(s Spec) string {
	var words []string
	for _, l := range s.Layers {
		w := string(l.Kind)
		switch {
		case len(l.Shape) > 0:
			w += fmt.Sprint(l.Shape)
		case l.Units > 0:
			w += fmt.Sprint(l.Units)
		}
		if len(l.Inputs) > 0 {
			w += "←" + strings.Join(l.Inputs, "+")
		}
		words = append(words, w)
	}
	if len(s.Outputs) > 0 {
		words = append(words, fmt.Sprint(s.Outputs))
	}
	return strings.Join(words, " ")
}

// Rows of features become what the model works on.
func TestForShapes(t *testing.T) {
	pixels, table := []int{1, 4, 6}, []int{24}
	scaled := &data.Scaling{Method: data.StandardizeGlobal, Mean: filled(24, 1), Scale: filled(24, 2)}
	for _, c := range []struct {
		what    string
		spec    Spec
		shape   []int
		scaling *data.Scaling
		want    string // an error where it has no "input"
	}{
		{"an image", Sequential(Conv2D(2, 3), GlobalAvgPool()), pixels, scaled,
			"input24 standardise reshape[1 4 6] conv2d global_avg_pool dense3 softmax"},
		{"an image by its input", Sequential(Input(2, 3, 4), Conv2D(2, 3), GlobalAvgPool()), table, scaled,
			"input24 standardise reshape[2 3 4] conv2d global_avg_pool dense3 softmax"},
		{"an image by its own reshape", Sequential(Reshape(2, 3, 4), Conv2D(2, 3), GlobalAvgPool()), table, nil,
			"input24 reshape[2 3 4] conv2d global_avg_pool dense3 softmax"},
		{"dropout first", Sequential(Dropout(0.1), Conv2D(2, 3), GlobalAvgPool()), pixels, nil,
			"input24 reshape[1 4 6] dropout conv2d global_avg_pool dense3 softmax"},
		{"its own statistics", Sequential(Standardize(filled(24, 0), filled(24, 1)), Conv2D(2, 3), GlobalAvgPool()), pixels,
			scaled, "input24 standardise reshape[1 4 6] conv2d global_avg_pool dense3 softmax"},
		{"rows as tokens", Sequential(PositionalEmbedding(), Mean()), pixels, nil,
			"input24 reshape[4 6] positional_embedding mean dense3 softmax"},
		{"features as tokens", Sequential(Dense(4), PositionalEmbedding(), Mean()), table, nil,
			"input24 reshape[24 1] dense4 positional_embedding mean dense3 softmax"},
		{"a signal", Sequential(Conv1D(2, 3), Flatten()), pixels, nil,
			"input24 reshape[1 24] conv1d flatten dense3 softmax"},
		{"an image with colors", Sequential(Conv2D(2, 3), GlobalAvgPool()), []int{2, 3, 4}, nil,
			"input24 reshape[2 3 4] conv2d global_avg_pool dense3 softmax"},
		{"rows of each color as tokens", Sequential(PositionalEmbedding(), Mean()), []int{3, 2, 4}, nil,
			"input24 reshape[6 4] positional_embedding mean dense3 softmax"},
		{"a sequence", Sequential(PositionalEmbedding(), Mean()), []int{8, 3}, nil,
			"input24 reshape[8 3] positional_embedding mean dense3 softmax"},
		{"a signal of channels", Sequential(Conv1D(2, 3), Flatten()), []int{3, 8}, nil,
			"input24 reshape[3 8] conv1d flatten dense3 softmax"},
		{"ids", Sequential(Embedding(9, 4), Mean()), table, nil, "input24 embedding4 mean dense3 softmax"},
		{"dense layers take rows as they are", Sequential(Dense(4)), pixels, nil, "input24 dense4 dense3 softmax"},
		{"what reads the input reads what is in front of it", Graph([]Layer{Input(1, 4, 6), Conv2D(2, 3, Same),
			Conv2D(2, 3, Same, From("input")), Add([]string{"conv2d1", "conv2d2"}), GlobalAvgPool()}), pixels, scaled,
			"input24 standardise reshape[1 4 6] conv2d conv2d←rows add←conv2d1+conv2d2 global_avg_pool dense3 softmax"},
		{"and by its own name", Graph([]Layer{{Kind: KindInput, Units: 24, Name: "x"}, Dense(24), Add([]string{"x", "dense1"})}),
			table, scaled, "input24 standardise dense24 add←standardise1+dense1 dense3 softmax"},
		{"a named output", Graph([]Layer{Dense(4, Named("a")), Dense(5, From("input"))}, "a"), table, nil,
			"input24 dense4 dense5←input dense3←a softmax"},
		{"a part of a split", Graph([]Layer{Split([]int{20, 4})}, "split1.1"), table, nil,
			"input24 split dense3←split1.1 softmax"},
		{"a named softmax", Graph([]Layer{Dense(3), Softmax(Named("p")), Dense(5, From("dense1"))}, "p"), table, nil,
			"input24 dense3 softmax dense5←dense1 [p]"},
		{"no pixels", Sequential(Conv2D(2, 3)), table, nil, "begins with conv2d takes images, and the 24 features"},
		{"another shape", Sequential(Input(1, 5, 5), Conv2D(2, 3)), pixels, nil,
			"takes rows of [1 5 5], which are 25 features; the data has 24"},
		{"scaled ids", Sequential(Embedding(9, 4)), table, scaled, "scaling must be none"},
		{"two inputs", Sequential(Input(24), Input(2), Dense(3)), table, nil, "several inputs"},
		{"two outputs", Graph([]Layer{Dense(3), Dense(4)}, "dense1", "dense2"), table, nil, "has 2 outputs"},
		{"no such layer", Graph([]Layer{Dense(3), Dense(4, From("dense7"))}), table, nil, `layer "dense7"`},
	} {
		before := describe(c.spec)
		got, err := c.spec.For(c.shape, data.Classification, 3, c.scaling)
		switch {
		case err != nil:
			if !strings.Contains(err.Error(), c.want) || strings.HasPrefix(c.want, "input") {
				t.Errorf("%s: error %v, want %q", c.what, err, c.want)
			}
		case describe(got) != c.want:
			t.Errorf("%s: %q, want %q", c.what, describe(got), c.want)
		default:
			net, err := got.Build(Options{})
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			} else if in, out := InputWidth(net), net.Outputs[0].Shape()[1]; in != 24 || out != 3 || !IsSoftmax(net) {
				t.Errorf("%s: %d features to %d classes", c.what, in, out)
			}
		}
		if describe(c.spec) != before {
			t.Errorf("%s: the spec itself was changed", c.what)
		}
	}
}

// A network may take rows of any shape: the data's rows are flat, in row-major order.
func TestInputsOfAnyShape(t *testing.T) {
	layers := []Layer{Conv2D(3, 2, ReLU), Flatten(), Dense(3), Softmax()}
	image := build(t, Sequential(append([]Layer{Input(2, 3, 4)}, layers...)...), Options{Seed: 1})
	flat := build(t, Sequential(append([]Layer{Input(24), Reshape(2, 3, 4)}, layers...)...), Options{Seed: 1})
	x := make([]float32, 5*24)
	for i := range x {
		x[i] = float32(i*13%17)/4 - 2
	}
	if diff := cmp.Diff(predict(t, image, x), predict(t, flat, x), cmpopts.EquateApprox(0, 0)); diff != "" {
		t.Error(diff)
	}
	m := &Model{Net: image}
	if err := m.complete(""); err != nil || len(m.Features) != 24 || m.Task != data.Classification {
		t.Errorf("%+v, %v", m, err)
	}
	for want, spec := range map[string]Spec{
		"1 inputs and 2 outputs": Graph([]Layer{Input(2), Dense(2), Dense(3)}, "dense1", "dense2"),
		"2 inputs and 1 outputs": Sequential(Input(2), Input(3), Dense(3)),
		"rows of results":        Sequential(Input(1, 3, 3), Conv2D(2, 2)),
	} {
		m := &Model{Net: build(t, spec, Options{})}
		if err := m.complete(""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
