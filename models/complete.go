package models

import (
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
)

// For completes a spec for a task on rows of the given shape ([data.Dataset.Shape]): the input before it, optionally the
// preprocessing, and the head behind it. What the spec has of these already is kept if it fits and is an error otherwise.
//
// The network takes rows of features, (N, features), whatever the model works on; behind the preprocessing they are
// reshaped to what its input or its first layer asks for:
//   - images, (N, channels, height, width), where that is the data's shape;
//   - sequences, (N, tokens, features): the data's shape where that has two axes; otherwise a row of pixels is a token, or
//     each feature is one, of a single number;
//   - signals, (N, channels, length): the data's shape where that has two axes, (N, 1, features) otherwise.
//
// The head is a softmax for classes, behind a linear dense layer of one unit a class; for a regression it is a dense
// layer of one unit.
func (s Spec) For(shape []int, task data.Task, classes int, scaling *data.Scaling) (Spec, error) {
	if err := s.CheckNames(); err != nil {
		return s, err
	}
	out, rest, err := s.edge(shape, scaling)
	if err != nil {
		return s, err
	}
	out.Layers = append(out.Layers, rest...)
	return out, out.head(s, task, classes)
}

// ReadsIDs tells whether the model begins with an embedding, whose input are whole numbers that no scaling may change.
func (s Spec) ReadsIDs() bool { return s.first().Wants == OfIDs }

// first is the first kind of layer that wants a certain form of input, as long as no layer before it gives another form.
func (s Spec) first() LayerType {
	for _, l := range s.Layers {
		t, err := l.typ()
		if err != nil || t.Wants != "" {
			return t
		}
		if t.Reforms {
			break
		}
	}
	return LayerType{}
}

// edge makes the layers between the data and the model's own, which come without their input.
func (s Spec) edge(shape []int, scaling *data.Scaling) (out Spec, rest []Layer, err error) {
	features := 1
	for _, n := range shape {
		features *= n
	}
	rest = make([]Layer, len(s.Layers))
	for i, l := range s.Layers {
		l.Inputs = slices.Clone(l.Inputs)
		rest[i] = l
	}
	var own Layer
	if len(rest) > 0 && rest[0].Kind == KindInput {
		own, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 && rest[0].Kind == KindInput {
		return out, nil, errors.New("the model has several inputs; data of rows and columns has one")
	}
	if own.Units != 0 && own.Units != features {
		return out, nil, errors.Errorf("the model takes %d features; the data has %d", own.Units, features)
	}
	out = Spec{Name: s.Name, Layers: []Layer{Input(features)}}
	edge := "input"
	if scaling != nil && scaling.Method != data.NoScaling && !(len(rest) > 0 && rest[0].Kind == KindStandardize) {
		if s.ReadsIDs() {
			return out, nil, errors.Errorf("the model reads ids, which no scaling may change: scaling must be %s",
				data.NoScaling)
		}
		out.Layers = append(out.Layers, Standardize(scaling.Mean, scaling.Scale))
		edge = string(KindStandardize) + "1"
	}
	form, name, err := s.form(own, shape, features)
	if err != nil {
		return out, nil, err
	}
	if form != nil {
		l := Reshape(form...)
		l.Name, edge = name, name
		if len(rest) > 0 && rest[0].Kind == KindStandardize { // of the model's own, which works on columns
			l.Inputs, edge = nil, "input"
			out.Layers, rest = append(out.Layers, rest[0], l), rest[1:]
			edge = name
		} else {
			out.Layers = append(out.Layers, l)
		}
	}
	input := own.Name
	if input == "" {
		input = "input"
	}
	for i := range rest { // what reads the input reads what stands between it and the model
		for j, from := range rest[i].Inputs {
			if from == input {
				rest[i].Inputs[j] = edge
			}
		}
	}
	return out, rest, nil
}

// form is the shape that rows of features get in front of the model, nil if they stay as they are, and what to call it.
func (s Spec) form(own Layer, shape []int, features int) ([]int, string, error) {
	if len(own.Shape) > 0 {
		size := 1
		for _, n := range own.Shape {
			size *= n
		}
		if size != features {
			return nil, "", errors.Errorf("the model takes rows of %v, which are %d features; the data has %d", own.Shape, size,
				features)
		}
		return own.Shape, "rows", nil
	}
	pixels := len(shape) == 3
	switch first := s.first(); first.Wants {
	case OfImages:
		if !pixels {
			return nil, "", errors.Errorf("a model that begins with %s takes images, and the %d features of the data are no "+
				"pixels: pixel_0_0, pixel_0_1, …; a shape of the data, or an input layer with a shape "+
				"says how to read them", first.Kind, features)
		}
		return shape, string(OfImages), nil
	case OfSequences:
		switch {
		case len(shape) == 2:
			return shape, "tokens", nil
		case pixels:
			return []int{shape[0] * shape[1], shape[2]}, "tokens", nil
		}
		return []int{features, 1}, "tokens", nil
	case OfSignals:
		if len(shape) == 2 {
			return shape, string(OfSignals), nil
		}
		return []int{1, features}, string(OfSignals), nil
	}
	return nil, "", nil
}

// head puts behind the layers of out what the task needs and the spec s lacks.
func (out *Spec) head(s Spec, task data.Task, classes int) error {
	if len(s.Outputs) > 1 {
		return errors.Errorf("the model has %d outputs; a task has one", len(s.Outputs))
	}
	var after []LayerOption
	if len(s.Outputs) == 1 {
		after = append(after, From(s.Outputs[0]))
		out.Outputs = slices.Clone(s.Outputs)
	}
	_, last := s.last()
	add := func(layers ...Layer) {
		layers[0] = layers[0].with(after)
		out.Layers, out.Outputs = append(out.Layers, layers...), nil
	}
	switch {
	case task == data.Regression && last.Kind == KindSoftmax:
		return errors.New("the model ends in softmax; a regression needs a dense layer of one unit at the end")
	case task == data.Regression && (last.Kind == KindDense && last.Units == 1 || last.Kind == KindUnscale):
	case task == data.Regression:
		add(Dense(1))
	case last.Kind == KindSoftmax:
		if n := out.width(); n != 0 && n != classes {
			return errors.Errorf("the model's head has %d units; the data has %d classes", n, classes)
		}
	case last.Kind == KindDense && last.Activation == op.Identity && last.Units == classes:
		add(Softmax())
	default:
		add(Dense(classes), Softmax())
	}
	return nil
}

// last is the layer that the spec gives, and its place; −1 and no layer where the head is still to come.
func (s Spec) last() (int, Layer) {
	end := len(s.Layers) - 1
	if len(s.Outputs) == 1 {
		end = s.owner(s.Outputs[0])
	}
	if end < 0 || s.hidden {
		return -1, Layer{}
	}
	return end, s.Layers[end]
}

// width is the number of units that go into a softmax at the end, 0 where that is not plain to see.
func (s Spec) width() int {
	end := len(s.Layers) - 1
	if len(s.Outputs) > 0 || len(s.Layers[end].Inputs) > 0 {
		return 0
	}
	for _, l := range slices.Backward(s.Layers[:end]) {
		switch l.Kind {
		case KindDense, KindInput:
			return l.Units
		case KindStandardize, KindActivation, KindDropout:
			if len(l.Inputs) > 0 {
				return 0
			}
		default:
			return 0
		}
	}
	return 0
}
