package models

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Spec is a sequential model as data.
type Spec struct {
	Name   string  `yaml:"name,omitempty"`
	Layers []Layer `yaml:"layers"`

	hidden bool // from Parse: there is no head among the layers, whatever the last one looks like
}

// Sequential is a stack of layers.
func Sequential(layers ...Layer) Spec { return Spec{Layers: layers} }

// Options of Build.
type Options struct {
	Seed  uint64       // of the initial weights and of dropout
	Dtype tensor.Dtype // Float32 by default; Float64 to check gradients
}

// For completes a spec for a task: the input before it, optionally the preprocessing, and the head behind it. What the
// spec has of these already is kept if it fits and is an error otherwise. The head is a softmax for classes, behind a
// linear dense layer of one unit a class; for a regression it is a dense layer of one unit.
func (s Spec) For(features int, task data.Task, classes int, scaling *data.Scaling) (Spec, error) {
	out := Spec{Name: s.Name}
	rest := slices.Clone(s.Layers)
	if len(rest) > 0 && rest[0].Kind == KindInput {
		if rest[0].Units != features {
			return s, errors.Errorf("the model takes %d features; the data has %d", rest[0].Units, features)
		}
		rest = rest[1:]
	}
	out.Layers = append(out.Layers, Input(features))
	if scaling != nil && scaling.Method != data.NoScaling && !(len(rest) > 0 && rest[0].Kind == KindStandardise) {
		out.Layers = append(out.Layers, Standardise(scaling.Mean, scaling.Scale))
	}
	out.Layers = append(out.Layers, rest...)
	var last Layer
	if len(rest) > 0 && !s.hidden {
		last = rest[len(rest)-1]
	}
	switch {
	case task == data.Regression && last.Kind == KindSoftmax:
		return s, errors.New("the model ends in softmax; a regression needs a dense layer of one unit at the end")
	case task == data.Regression && last.Kind == KindDense && last.Units == 1:
	case task == data.Regression:
		out.Layers = append(out.Layers, Dense(1))
	case last.Kind == KindSoftmax:
		if n := width(out.Layers); n != classes {
			return s, errors.Errorf("the model's head has %d units; the data has %d classes", n, classes)
		}
	case last.Kind == KindDense && last.Activation == op.Identity && last.Units == classes:
		out.Layers = append(out.Layers, Softmax())
	default:
		out.Layers = append(out.Layers, Dense(classes), Softmax())
	}
	return out, nil
}

// width is the number of units that come out of a stack of layers.
func width(ls []Layer) int {
	for _, l := range slices.Backward(ls) {
		if l.Kind == KindDense || l.Kind == KindInput {
			return l.Units
		}
	}
	return 0
}

// Build makes the network, at batch size 1. The error names the layer by number and kind.
func (s Spec) Build(opt Options) (*graph.Network, error) {
	if opt.Dtype == (tensor.Dtype{}) {
		opt.Dtype = tensor.Float32
	}
	if opt.Dtype != tensor.Float32 && opt.Dtype != tensor.Float64 {
		return nil, errors.Errorf("models are of float32 or float64, not %v", opt.Dtype)
	}
	if len(s.Layers) < 2 || s.Layers[0].Kind != KindInput {
		return nil, errors.New("a model begins with an input layer and has at least one more")
	}
	b := &builder{opt: opt, net: &graph.Network{Graph: gorgonia.NewGraph()}, count: map[Kind]int{}}
	for i, l := range s.Layers {
		if err := b.add(i, l); err != nil {
			return nil, errors.Wrapf(err, "layer %d (%s)", i+1, l.Kind)
		}
	}
	b.net.Outputs = gorgonia.Nodes{b.x}
	return b.net, b.net.Validate()
}

type builder struct {
	opt   Options
	net   *graph.Network
	x     *gorgonia.Node
	count map[Kind]int
}

func (b *builder) add(i int, l Layer) (err error) {
	if err := l.check(); err != nil {
		return err
	}
	if (i == 0) != (l.Kind == KindInput) {
		return errors.New("the input is the first layer and no other")
	}
	b.count[l.Kind]++
	name := fmt.Sprintf("%s%d", l.Kind, b.count[l.Kind])
	var n *gorgonia.Node
	switch l.Kind {
	case KindInput:
		n = gorgonia.NewMatrix(b.net.Graph, b.opt.Dtype, gorgonia.WithName("input"), gorgonia.WithShape(1, l.Units))
		b.net.Inputs, b.x = gorgonia.Nodes{n}, n
		return nil
	case KindStandardise:
		var mean, scale *gorgonia.Node
		width := b.x.Shape()[1]
		if len(l.Mean) != width || len(l.Scale) != width {
			return errors.Errorf("%d means and %d scales for %d features", len(l.Mean), len(l.Scale), width)
		}
		mean, scale = b.constant(name+".mean", l.Mean), b.constant(name+".scale", l.Scale)
		n, err = op.Standardise(b.x, mean, scale)
	case KindDense:
		n, err = b.dense(name, l)
	case KindActivation:
		n, err = op.Activate(b.x, l.Activation, l.slope())
	case KindDropout:
		n, err = op.Dropout(b.x, l.Rate, &op.DropoutState{Seed: random.Seed(b.opt.Seed, "dropout", name)})
	case KindSoftmax:
		n, err = op.Softmax(b.x)
	}
	if err != nil {
		return err
	}
	gorgonia.WithName(name)(n)
	b.x = n
	return nil
}

func (b *builder) dense(name string, l Layer) (*gorgonia.Node, error) {
	in := b.x.Shape()[1]
	init := l.Init
	if init.Name == "" {
		init = defaultInit(l.Activation)
	}
	w := make([]float64, in*l.Units)
	if err := initializers.Fill(w, init, initializers.Dense(in, l.Units), initializers.Stream(b.opt.Seed,
		name+".weight")); err != nil {
		return nil, err
	}
	weight := b.tensor(name+".weight", w, in, l.Units)
	bias := b.tensor(name+".bias", make([]float64, l.Units), l.Units)
	b.net.Params = append(b.net.Params, weight, bias)
	return op.Dense(b.x, weight, bias, l.Activation, l.slope())
}

// defaultInit keeps the variance of activations through depth: He et al. 2015 for those that are zero for half of their
// inputs, Glorot & Bengio 2010 otherwise.
func defaultInit(a op.Activation) initializers.Initializer {
	switch a {
	case op.ReLU, op.LeakyReLU, op.GELU:
		return initializers.HeNormal()
	}
	return initializers.GlorotUniform()
}

func (b *builder) constant(name string, v []float64) *gorgonia.Node {
	n := b.tensor(name, v, len(v))
	b.net.Constants = append(b.net.Constants, n)
	return n
}

// tensor adds a named tensor; float32 values are the rounding of the float64 ones, so both dtypes start alike.
func (b *builder) tensor(name string, v []float64, shape ...int) *gorgonia.Node {
	var backing any = v
	if b.opt.Dtype == tensor.Float32 {
		f := make([]float32, len(v))
		for i, x := range v {
			f[i] = float32(x)
		}
		backing = f
	}
	return gorgonia.NewTensor(b.net.Graph, b.opt.Dtype, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))))
}

func (l Layer) slope() float64 {
	if l.Activation == op.LeakyReLU && l.Slope == 0 {
		return op.DefaultSlope
	}
	return l.Slope
}

// maxUnits bounds a layer's width, so that a slip of the keyboard is an error and not an empty memory.
const maxUnits = 1 << 24

// check finds values out of range, and fields that the kind of layer does not read.
func (l Layer) check() error {
	known, ok := fields[l.Kind]
	if !ok {
		return errUnknownKind(string(l.Kind))
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"units", l.Units != 0}, {"activation", l.Activation != op.Identity}, {"slope", l.Slope != 0}, {"rate", l.Rate != 0},
		{"init", l.Init.Name != ""}, {"mean", l.Mean != nil}, {"scale", l.Scale != nil},
	} {
		if f.set && !slices.Contains(known, f.name) {
			return errors.Errorf("a layer of this kind has no %s", f.name)
		}
	}
	switch l.Kind {
	case KindInput, KindDense:
		if l.Units < 1 || l.Units > maxUnits {
			return errors.Errorf("units %d: must be from 1 to %d", l.Units, maxUnits)
		}
	case KindDropout:
		if !(l.Rate >= 0 && l.Rate < 1) {
			return errors.Errorf("rate %v: must lie in [0, 1)", l.Rate)
		}
	case KindStandardise:
		for i, v := range l.Scale {
			if v == 0 {
				return errors.Errorf("scale of feature %d is 0", i)
			}
		}
	}
	if l.Slope != 0 && l.Activation != op.LeakyReLU {
		return errors.Errorf("slope %v: only %v has one", l.Slope, op.LeakyReLU)
	}
	return nil
}
