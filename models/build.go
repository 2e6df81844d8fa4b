package models

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/models/initializers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Options of Build.
type Options struct {
	Seed  uint64       // of the initial weights and of dropout
	Dtype tensor.Dtype // Float32 by default; Float64 to check gradients
}

// Build makes the network, at batch size 1. An error names the layer by number and kind, and by line where the model
// was read from a file.
func (s Spec) Build(opt Options) (*network.Network, error) {
	if opt.Dtype == (tensor.Dtype{}) {
		opt.Dtype = tensor.Float32
	}
	if opt.Dtype != tensor.Float32 && opt.Dtype != tensor.Float64 {
		return nil, errors.Errorf("models are of float32 or float64, not %v", opt.Dtype)
	}
	more := slices.ContainsFunc(s.Layers, func(l Layer) bool { return l.Kind != KindInput })
	if !more || s.Layers[0].Kind != KindInput {
		return nil, errors.New("a model begins with an input layer and has at least one more")
	}
	b := &Builder{opt: opt, net: &network.Network{Graph: gorgonia.NewGraph()}, wiring: newWiring(),
		nodes: map[string]*gorgonia.Node{}}
	for i, l := range s.Layers {
		if err := b.add(i, l); err != nil {
			return nil, s.at(i, err)
		}
	}
	if err := b.outputs(s.Outputs); err != nil {
		return nil, err
	}
	return b.net, b.net.Validate()
}

// at names the layer in an error: by its line in the file that it was read from, or by its place in the list.
func (s Spec) at(i int, err error) error {
	l := s.Layers[i]
	what := string(l.Kind)
	if l.Name != "" {
		what += " " + l.Name
	}
	if l.line > 0 {
		return errors.Wrapf(err, "line %d: %s", l.line, what)
	}
	return errors.Wrapf(err, "layer %d (%s)", i+1, what)
}

// Builder is what the layers of one model are built with. Names of parameters, states and constants begin with the layer's
// and a dot, l.Name + ".weight", so that they differ from layer to layer.
type Builder struct {
	opt Options
	net *network.Network
	*wiring
	nodes map[string]*gorgonia.Node // by the name of a layer, or of a part of one
}

func (b *Builder) add(i int, l Layer) error {
	t, err := l.typ()
	if err != nil {
		return err
	}
	t.rows(&l) // makes l.Own, where Check puts defaults
	if err := l.check(); err != nil {
		return err
	}
	if l.Kind == KindInput && len(b.net.Inputs) != i {
		return errors.New("the input is the first layer, and several inputs come before all else")
	}
	if l, err = b.wire(l); err != nil {
		return err
	}
	in := make(gorgonia.Nodes, len(l.Inputs))
	for k, name := range l.Inputs {
		in[k] = b.nodes[name]
	}
	out, err := safely(t, b, l, in)
	if err != nil {
		return err
	}
	if err := b.whole(l, out); err != nil {
		return err
	}
	for j, n := range out {
		name := l.Name
		if len(out) > 1 {
			name = part(l.Name, j)
		}
		if !slices.Contains(in, n) && n.Op() != nil { // a layer may come to nothing
			gorgonia.WithName(name)(n)
		}
		b.nodes[name] = n
	}
	b.nameInner(l.Name, out)
	return nil
}

// nameInner names the operations that a layer is made of, for those who look at the graph: after the parameters that they
// read ("attention1.query"), or by layer and operation ("attention1/softmax1").
func (b *Builder) nameInner(layer string, out gorgonia.Nodes) {
	count := map[string]int{}
	seen := map[*gorgonia.Node]bool{}
	var visit func(n *gorgonia.Node)
	visit = func(n *gorgonia.Node) {
		if seen[n] || n.Op() == nil {
			return
		}
		seen[n] = true
		unnamed := strings.ContainsRune(n.Name(), '(') // one that Gorgonia makes up; a constant has its value for a name
		if !unnamed && !slices.Contains(out, n) {
			return
		}
		name := ""
		for _, k := range op.Children(n) {
			visit(k)
			if of, ok := strings.CutPrefix(k.Name(), layer+"."); ok && k.Op() == nil && strings.Contains(of, ".") {
				name = k.Name()[:strings.LastIndexByte(k.Name(), '.')]
			}
		}
		if !unnamed {
			return
		}
		if name == "" {
			what := strings.ToLower(n.Op().String())
			if end := strings.IndexFunc(what, func(r rune) bool { return r < 'a' || r > 'z' }); end >= 0 {
				what = what[:end]
			}
			count[what]++
			name = layer + "/" + what + itoa(count[what])
		}
		gorgonia.WithName(name)(n)
	}
	for _, n := range out {
		visit(n)
	}
}

// whole says what is wrong with the result of a type of layer that does not come with this package.
func (b *Builder) whole(l Layer, out gorgonia.Nodes) error {
	switch {
	case slices.ContainsFunc(ownKinds, func(t LayerType) bool { return t.Kind == l.Kind }):
	case len(out) != 1 || out[0] == nil:
		return errors.Errorf("its Build gives %d nodes, or one that is nil; it must give one", len(out))
	case out[0].Graph() != b.net.Graph:
		return errors.New("its Build gives a node of another graph than that of its inputs")
	}
	return nil
}

// safely guards against a panic of Gorgonia's, which is how it reports shapes that do not fit.
func safely(t LayerType, b *Builder, l Layer, in gorgonia.Nodes) (out gorgonia.Nodes, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("%v", r)
		}
	}()
	return t.Build(b, l, in)
}

func (b *Builder) input(l Layer) (gorgonia.Nodes, error) {
	shape := []int{1, l.Units}
	if len(l.Shape) > 0 {
		shape = append([]int{1}, l.Shape...)
	}
	if err := checkSize(shape); err != nil {
		return nil, err
	}
	n := gorgonia.NewTensor(b.net.Graph, b.opt.Dtype, len(shape), gorgonia.WithName(l.Name), gorgonia.WithShape(shape...))
	b.net.Inputs = append(b.net.Inputs, n)
	return gorgonia.Nodes{n}, nil
}

// outputs finds the nodes that the model gives: those named, or the last layer's.
func (b *Builder) outputs(names []string) error {
	if len(names) == 0 {
		names = []string{b.last}
	}
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			return errors.Errorf("outputs: %q is named twice", name)
		}
		seen[name] = true
		if err := b.known("outputs", name); err != nil {
			return err
		}
		b.net.Outputs = append(b.net.Outputs, b.nodes[name])
	}
	return nil
}

// Weight adds the parameter l.Name + suffix, of random values: by the layer's initializer, or by its activation's usual one.
// fan says how many numbers go in and out ([initializers.Dense]).
func (b *Builder) Weight(l Layer, suffix string, fan initializers.Fan, shape ...int) (*gorgonia.Node, error) {
	init := l.Init
	if init.Name == "" {
		init = defaultInit(l.Activation)
	}
	if err := checkSize(shape); err != nil {
		return nil, err
	}
	w := make([]float64, tensor.Shape(shape).TotalSize())
	name := l.Name + suffix
	if err := initializers.Fill(w, init, fan, initializers.Stream(b.opt.Seed, name)); err != nil {
		return nil, err
	}
	return b.Param(name, w, shape...)
}

// Bias adds the parameter l.Name + ".bias" of zeros, or gives nil if the layer is to have none.
func (b *Builder) Bias(l Layer, size int) (*gorgonia.Node, error) {
	if l.NoBias {
		return nil, nil
	}
	return b.Param(l.Name+".bias", make([]float64, size), size)
}

// Seed is that of something random in a layer, dropout for example, which nothing else shares: its name and what it is for
// say which.
func (b *Builder) Seed(purpose ...string) uint64 { return random.Seed(b.opt.Seed, purpose...) }

// filled is n times v.
func filled(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

// Param adds a parameter, which training changes and pruning may cut.
func (b *Builder) Param(name string, v []float64, shape ...int) (*gorgonia.Node, error) {
	n, err := b.tensor(name, v, shape...)
	b.net.Params = append(b.net.Params, n)
	return n, err
}

// State adds a vector that is saved and cut as a parameter is, but that no optimizer sees: running statistics.
func (b *Builder) State(name string, v []float64) (*gorgonia.Node, error) {
	n, err := b.tensor(name, v, len(v))
	b.net.States = append(b.net.States, n)
	return n, err
}

// Constant adds a tensor that nothing changes.
func (b *Builder) Constant(name string, v []float64, shape ...int) (*gorgonia.Node, error) {
	n, err := b.tensor(name, v, shape...)
	b.net.Constants = append(b.net.Constants, n)
	return n, err
}

// tensor adds a named tensor; float32 values are the rounding of the float64 ones, so both dtypes start alike.
func (b *Builder) tensor(name string, v []float64, shape ...int) (*gorgonia.Node, error) {
	if err := checkSize(shape); err != nil {
		return nil, errors.Wrap(err, name)
	}
	var backing any = v
	if b.opt.Dtype == tensor.Float32 {
		f := make([]float32, len(v))
		for i, x := range v {
			f[i] = float32(x)
		}
		backing = f
	}
	return gorgonia.NewTensor(b.net.Graph, b.opt.Dtype, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing)))), nil
}

// maxSize bounds one tensor: 2 GiB of float64.
const maxSize = 1 << 28

func checkSize(shape []int) error {
	size := 1
	for _, d := range shape {
		if size *= d; d > maxSize || size > maxSize {
			return errors.Errorf("a tensor of shape %v is larger than the %d values that are allowed", shape, maxSize)
		}
	}
	return nil
}

// wiring follows the names of layers, without a graph.
type wiring struct {
	count map[Kind]int
	parts map[string]int // how many parts each layer has; 1 for all but a split
	names []string
	last  string
}

func newWiring() *wiring { return &wiring{count: map[Kind]int{}, parts: map[string]int{}} }

// wire gives a layer its name and its inputs where it does not say them.
func (w *wiring) wire(l Layer) (Layer, error) {
	w.count[l.Kind]++
	if l.Name == "" {
		l.Name = string(l.Kind) + strconv.Itoa(w.count[l.Kind])
		if l.Name == "input1" { // there is usually one
			l.Name = "input"
		}
	}
	if w.parts[l.Name] > 0 {
		return l, errors.Errorf("two layers are called %q; give one of them another name", l.Name)
	}
	if l.Kind != KindInput && len(l.Inputs) == 0 {
		l.Inputs = []string{w.last}
	}
	for _, name := range l.Inputs {
		if err := w.known("inputs", name); err != nil {
			return l, err
		}
	}
	w.parts[l.Name], w.last = 1, l.Name
	w.names = append(w.names, l.Name)
	if l.Kind == KindSplit && len(l.Sizes) > 1 {
		w.parts[l.Name] = len(l.Sizes)
		w.names = w.names[:len(w.names)-1]
		for j := range l.Sizes {
			name := part(l.Name, j)
			if w.parts[name] > 0 {
				return l, errors.Errorf("two layers are called %q; give one of them another name", name)
			}
			w.parts[name] = 1
			w.names = append(w.names, name)
		}
	}
	return l, nil
}

// part is the name of a part of a split.
func part(layer string, j int) string { return fmt.Sprintf("%s.%d", layer, j) }

// known says why a layer cannot read what has that name.
func (w *wiring) known(what, name string) error {
	switch n := w.parts[name]; {
	case n == 1:
		return nil
	case n > 1:
		return errors.Errorf("%s: %q has %d parts; name one of them: %s, …", what, name, n, part(name, 0))
	}
	return errors.Wrap(suggest.Unknown("earlier layer", name, w.names), what)
}

func itoa(n int) string { return strconv.Itoa(n) }
