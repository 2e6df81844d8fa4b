package surgery

import (
	"math"
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// FoldBatchNorm returns the network as it is used for predictions, with every batch norm that follows a convolution or a
// dense layer put into its weights and bias once and for all: the result does not follow the training of this network. A
// batch norm stays where its layer has an activation or another reader, or shares its weights, and behind a dense layer
// that works on more than a matrix: its units lie on the last axis, the channels of the batch norm on axis 1.
func FoldBatchNorm(n *network.Network) (*network.Network, error) {
	n, err := n.Inference() // where Gorgonia's batch norms are ours
	if err != nil {
		return nil, errors.Wrap(err, "fold batch norm")
	}
	f, err := newNormFolder(n)
	if err != nil {
		return nil, errors.Wrap(err, "fold batch norm")
	}
	out, err := network.Rewrite{Input: f.input, Node: f.node}.Apply(n)
	if err != nil {
		return nil, errors.Wrap(err, "fold batch norm")
	}
	unused := func(v *gorgonia.Node) bool { return f.gone[v.Name()] }
	out.Params = slices.DeleteFunc(append(out.Params, f.added...), unused)
	out.States = slices.DeleteFunc(out.States, unused)
	out.Constants = slices.DeleteFunc(out.Constants, unused)
	return out, errors.Wrap(out.Validate(), "fold batch norm")
}

// normFolder is a FoldBatchNorm in progress.
type normFolder struct {
	net    *network.Network
	layers map[*gorgonia.Node]normalised // by the layer's node
	norms  map[*gorgonia.Node]bool       // batch norms that vanish
	values map[*gorgonia.Node]*tensor.Dense
	gone   map[string]bool // their parameters and states
	added  gorgonia.Nodes
}

// normalised is a layer with a batch norm in it.
type normalised struct {
	definition op.Definition
	bias       *tensor.Dense // of a layer that had none
	name       string        // of that
}

func newNormFolder(net *network.Network) (*normFolder, error) {
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	f := &normFolder{net: net, layers: map[*gorgonia.Node]normalised{}, norms: map[*gorgonia.Node]bool{},
		values: map[*gorgonia.Node]*tensor.Dense{}, gone: map[string]bool{}}
	tensors := op.Set(net.Tensors())
	once := func(v *gorgonia.Node) bool { return uses(net, order, v) == 1 }
	for _, v := range order {
		b, ok := op.As[op.Normalizer](v.Op())
		if !ok {
			continue
		}
		kids := op.Children(v)
		layer, own := kids[0], kids[1:]
		o, ours := layer.Op().(*op.Operation)
		if !ours || !once(layer) {
			continue
		}
		folded, ok := b.FoldInto(o.Definition)
		weights := op.Children(layer)[1:]
		if !ok || slices.ContainsFunc(slices.Concat(weights, own), func(w *gorgonia.Node) bool { return !tensors[w] }) ||
			slices.ContainsFunc(weights, func(w *gorgonia.Node) bool { return !once(w) }) {
			continue
		}
		if err := f.fold(layer, folded, weights, own); err != nil {
			return nil, errors.Wrapf(err, "node %q", v.Name())
		}
		f.norms[v] = true
		for _, p := range own {
			if once(p) {
				f.gone[p.Name()] = true
			}
		}
	}
	return f, nil
}

// fold computes the new weights and bias.
func (f *normFolder) fold(layer *gorgonia.Node, to op.Normalized, weights, own gorgonia.Nodes) error {
	var numbers [4][]float64 // γ, β, mean, variance
	for i, p := range own {
		var err error
		if numbers[i], err = floats(p.Value()); err != nil {
			return err
		}
	}
	gamma, beta, mean, variance := numbers[0], numbers[1], numbers[2], numbers[3]
	scale, shift := make([]float64, len(gamma)), make([]float64, len(gamma))
	var bias []float64
	if len(weights) > 1 {
		var err error
		if bias, err = floats(weights[1].Value()); err != nil {
			return err
		}
	}
	for c := range scale {
		scale[c] = gamma[c] / math.Sqrt(variance[c]+to.Eps)
		shift[c] = beta[c] - mean[c]*scale[c]
		if bias != nil {
			shift[c] += bias[c] * scale[c]
		}
	}
	w, err := floats(weights[0].Value())
	if err != nil {
		return err
	}
	shape := weights[0].Shape()
	inner := shape[to.Filters()+1:].TotalSize()
	scaled := make([]float64, len(w))
	for i, v := range w {
		scaled[i] = v * scale[i/inner%len(scale)]
	}
	if f.values[weights[0]], err = denseOf(weights[0].Dtype(), scaled, shape); err != nil {
		return err
	}
	b, err := denseOf(weights[0].Dtype(), shift, tensor.Shape{len(shift)})
	if err != nil {
		return err
	}
	n := normalised{definition: to.Biased()}
	if bias != nil {
		f.values[weights[1]] = b
	} else {
		n.bias = b
		if n.name = layerOf(weights[0].Name()) + ".bias"; named(f.net, n.name) != nil {
			n.name = weights[0].Name() + ".bias"
		}
	}
	f.layers[layer] = n
	return nil
}

func (f *normFolder) input(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
	if v := f.values[old]; v != nil {
		return old.Shape(), v, nil
	}
	return old.Shape(), old.Value(), nil
}

func (f *normFolder) node(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
	if f.norms[old] {
		return in[0], nil
	}
	l, ok := f.layers[old]
	if !ok {
		return network.InferenceForm(old, in)
	}
	if l.bias != nil {
		b := gorgonia.NewVector(in[0].Graph(), old.Dtype(), gorgonia.WithName(l.name), gorgonia.WithShape(l.bias.Shape()...),
			gorgonia.WithValue(l.bias))
		f.added = append(f.added, b)
		in = append(in, b)
	}
	return op.Apply(l.definition, in...)
}
