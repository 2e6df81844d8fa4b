package randnet

import (
	"fmt"
	"math"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// layer draws a layer for inputs of one row of this shape; a layer that the model refuses is drawn again.
type layer struct {
	rank int // of a row; 0 for any
	draw func(g *grower, shape []int) models.Layer
}

var layers = []layer{
	{1, func(g *grower, _ []int) models.Layer { return models.Dense(g.axis(), g.layerOptions()...) }},
	{1, func(g *grower, _ []int) models.Layer { return models.LayerNorm(models.Eps(0.01)) }},
	{1, func(g *grower, s []int) models.Layer { return models.Reshape(g.divisor(s[0]), -1) }},
	{1, func(g *grower, s []int) models.Layer { return models.Reshape(g.divisor(s[0]), -1, 1) }},
	{2, func(g *grower, _ []int) models.Layer { return models.Dense(g.axis(), g.layerOptions()...) }},
	{2, func(g *grower, _ []int) models.Layer {
		return models.Conv1D(g.axis(), g.between(1, 3), g.layerOptions()...)
	}},
	{2, func(g *grower, _ []int) models.Layer {
		return models.Conv1D(g.axis(), 3, models.Pad(1), models.Stride(g.between(1, 2)), models.WithoutBias())
	}},
	{2, func(g *grower, _ []int) models.Layer { return models.LSTM(g.between(1, 5)) }},
	{2, func(g *grower, _ []int) models.Layer { return models.LSTM(g.between(1, 5), models.Sequences()) }},
	{2, func(g *grower, _ []int) models.Layer { return models.GRU(g.between(1, 5), models.Sequences()) }},
	{2, func(g *grower, _ []int) models.Layer { return models.GRU(g.between(1, 5), models.WithoutBias()) }},
	{2, func(g *grower, s []int) models.Layer { return models.Attention(g.divisor(s[1])) }},
	{2, func(g *grower, s []int) models.Layer {
		return models.Attention(g.divisor(s[1]), models.Causal(), models.WithoutBias())
	}},
	{2, func(g *grower, _ []int) models.Layer { return models.PositionalEmbedding() }},
	{2, func(g *grower, _ []int) models.Layer { return models.LayerNorm(models.Eps(0.01)) }},
	{2, func(g *grower, _ []int) models.Layer { return models.Transpose(0, 2, 1) }},
	{2, func(g *grower, _ []int) models.Layer { return models.Mean(models.OnAxis(g.between(1, 2))) }},
	{3, func(g *grower, s []int) models.Layer {
		return models.Conv2D(g.axis(), g.between(1, 3), models.Stride(g.between(1, 2)), models.Pad(g.n(2)))
	}},
	{3, func(g *grower, s []int) models.Layer {
		return models.Conv2D(g.axis(), g.between(1, 3), g.layerOptions()...)
	}},
	{3, func(g *grower, s []int) models.Layer {
		return models.Conv2D(2*g.axis(), 2, models.Groups(2), models.WithoutBias(), models.Same)
	}},
	{3, func(g *grower, s []int) models.Layer {
		return models.DepthwiseConv2D(g.between(1, 3), models.Multiplier(g.between(1, 2)), models.Same)
	}},
	{3, func(g *grower, s []int) models.Layer { return models.MaxPool(2, models.Ceil()) }},
	{3, func(g *grower, s []int) models.Layer { return models.AvgPool(2, models.Stride(1)) }},
	{3, func(g *grower, s []int) models.Layer { return models.AvgPool(3, models.Pad(1), models.CountPadding()) }},
	{3, func(g *grower, s []int) models.Layer { return models.GlobalAvgPool() }},
	{3, func(g *grower, s []int) models.Layer { return models.Transpose(0, 2, 3, 1) }},
	{0, func(g *grower, _ []int) models.Layer { return models.BatchNorm(models.Eps(0.001)) }},
	{0, func(g *grower, _ []int) models.Layer { return models.BatchNorm() }},
	{0, func(g *grower, _ []int) models.Layer { return models.Activate(models.Activation(g.activation())) }},
	{0, func(g *grower, _ []int) models.Layer { return models.Dropout(0.3) }},
	{0, func(g *grower, _ []int) models.Layer { return models.Softmax() }},
	{0, func(g *grower, _ []int) models.Layer { return models.Flatten() }},
	{0, func(g *grower, s []int) models.Layer {
		n := s[0]
		at := g.between(1, max(1, n-1))
		return models.Split([]int{at, n - at})
	}},
	{0, func(g *grower, _ []int) models.Layer { return models.Add(g.two()) }},
	{0, func(g *grower, _ []int) models.Layer { return models.Multiply(g.two()) }},
	{0, func(g *grower, _ []int) models.Layer { return models.Concat(g.two()) }},
}

// two names layers to join: those that are named are tried, and refused where their shapes do not fit.
func (g *grower) two() []string {
	return []string{fmt.Sprint("l", g.n(len(g.text))), fmt.Sprint("l", len(g.text)-1)}
}

func (g *grower) layerOptions() (opts []models.LayerOption) {
	if a := g.activation(); a != op.Identity {
		opts = append(opts, models.Activation(a))
	}
	if g.chance(4) {
		opts = append(opts, models.WithoutBias())
	}
	return opts
}

// Layers makes the network of a seed out of the layers of models.Spec, as New does out of operations.
func Layers(seed uint64, steps int, dt tensor.Dtype) (*Net, error) {
	g := &grower{seed: seed, rng: random.New(seed, "shape"), size: map[*gorgonia.Node]float64{}}
	all := g.between(1, 10)
	if steps < 0 {
		steps = all
	}
	out := &Net{Seed: seed, Steps: steps, Rows: one(g, 1, 2, 3, 5, 7, 16)}
	if g.large = g.chance(10); g.large {
		out.Rows = one(g, 65, 130, 300)
	}
	spec, last, err := g.spec(out, steps)
	if err != nil {
		return nil, errors.Wrapf(err, "layers of seed %d, %d steps", seed, steps)
	}
	g.rng = random.New(seed, "head")
	tail := models.Spec{Layers: append(append([]models.Layer{}, spec.Layers...), models.Flatten(models.From(last)))}
	if g.chance(3) { // what the table of For puts around it
		task, classes := data.Classification, g.between(2, 5)
		if g.chance(3) {
			task, classes = data.Regression, 0
		}
		features := tail.Layers[0].Units
		if shape := tail.Layers[0].Shape; shape != nil {
			features = tensor.Shape(shape).TotalSize()
		}
		whole, err := tail.For([]int{features}, task, classes, nil)
		if err != nil {
			return nil, errors.Wrapf(err, "layers of seed %d, %d steps", seed, steps)
		}
		tail = whole
	} else {
		tail.Layers = append(tail.Layers, models.Dense(one(g, 1, 1, 2, 3, 5)))
		if width := tail.Layers[len(tail.Layers)-1].Units; width > 1 && g.chance(2) {
			tail.Layers = append(tail.Layers, models.Softmax())
		}
	}
	if out.Network, err = tail.Build(models.Options{Seed: seed, Dtype: dt}); err != nil {
		return nil, errors.Wrapf(err, "layers of seed %d, %d steps", seed, steps)
	}
	for _, l := range tail.Layers {
		out.Text = append(out.Text, describe(l))
	}
	out.Network, err = used(out.Network)
	if err != nil {
		return nil, err
	}
	return out, fill(out.Network, seed)
}

// spec draws the layers between input and head.
func (g *grower) spec(out *Net, steps int) (spec models.Spec, last string, err error) {
	shape := [][]int{{g.between(1, 9)}, {g.axis(), g.axis()}, {g.between(1, 4), g.between(2, 7), g.between(2, 7)}}[g.n(3)]
	if g.large {
		shape = [][]int{{g.between(50, 150)}, {12, 33}, {3, 9, 8}}[g.n(3)]
	}
	spec.Layers = []models.Layer{models.Input(shape...)}
	spec.Layers[0].Name, last = "l0", "l0"
	g.text = []string{"input"}
	push := func(l models.Layer) error {
		l.Name = fmt.Sprint("l", len(g.text))
		next := spec
		next.Layers = append(append([]models.Layer{}, spec.Layers...), l)
		end, name := next, l.Name
		if len(l.Sizes) > 0 {
			name += ".1"
			end.Outputs = []string{name}
		}
		net, err := end.Build(models.Options{Seed: 1})
		if err != nil {
			return err
		}
		if tensor.Shape(net.Outputs[0].Shape()[1:]).TotalSize() > 1000 {
			return errors.New("too large")
		}
		if len(l.Sizes) > 0 { // go on with the second part
			same := models.Activate(models.Linear, models.From(name), models.Named(fmt.Sprint("l", len(g.text)+1)))
			next.Layers = append(next.Layers, same)
			g.text = append(g.text, "split")
			name = same.Name
		}
		if l.Kind == models.KindMultiply { // products of products grow beyond what float32 tells apart
			same := models.Activate(models.Tanh, models.Named(fmt.Sprint("l", len(g.text)+1)))
			next.Layers = append(next.Layers, same)
			g.text = append(g.text, "multiply")
			name = same.Name
		}
		spec, last, shape = next, name, net.Outputs[0].Shape()[1:]
		g.text = append(g.text, string(l.Kind))
		return nil
	}
	if len(shape) == 1 && !g.large && g.chance(4) {
		out.Ids = g.between(2, 9)
		if err := push(models.Embedding(out.Ids, g.axis())); err != nil {
			return spec, last, err
		}
	}
	for i := range steps {
		g.rng = random.New(g.seed, "step", fmt.Sprint(i))
		for range 20 {
			l := layers[g.n(len(layers))]
			if l.rank != 0 && l.rank != len(shape) {
				continue
			}
			if push(l.draw(g, shape)) == nil {
				break
			}
		}
	}
	return spec, last, nil
}

func describe(l models.Layer) string {
	s := fmt.Sprintf("%+v", l)
	var keep []string
	for _, part := range strings.Fields(strings.Trim(s, "{}")) {
		if !strings.HasSuffix(part, ":0") && !strings.HasSuffix(part, ":[]") && !strings.HasSuffix(part, ":false") {
			keep = append(keep, part)
		}
	}
	return strings.Join(keep, " ")
}

// fill gives every parameter and statistic numbers that a trained network could have, the same in both dtypes.
func fill(net *network.Network, seed uint64) error {
	for _, p := range append(append(gorgonia.Nodes{}, net.Params...), net.States...) {
		d, ok := p.Value().(*tensor.Dense)
		if !ok {
			return errors.Errorf("%s holds a %T", p.Name(), p.Value())
		}
		mean, spread := 0.0, 0.4
		switch s := d.Shape(); {
		case strings.HasSuffix(p.Name(), "running_var"):
			mean, spread = 1.2, 0.2
		case len(s) > 2: // a kernel
			spread = 1 / math.Sqrt(float64(tensor.Shape(s[1:]).TotalSize()))
		case len(s) == 2:
			spread = 1 / math.Sqrt(float64(s[0]))
		case strings.HasSuffix(p.Name(), ".weight"): // of a norm
			mean, spread = 1, 0.3
		}
		r := random.New(seed, "value", p.Name())
		for i := range d.Shape().TotalSize() {
			put(d, i, mean+spread*max(-3, min(3, r.NormFloat64())))
		}
	}
	return nil
}
