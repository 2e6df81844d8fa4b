package onnx

import (
	"math"
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
)

// matchBatchNorm: mean and variance become states of the network. It has the evaluation form, which is what the file
// describes; network.Network.Training brings the other one. A file that asks for training itself, by its attribute or by
// further outputs as until opset 13, is refused.
func matchBatchNorm(im *importer, n *node) (*plan, error) {
	if n.attrs.integer("training_mode", 0) != 0 ||
		slices.ContainsFunc(n.Output[1:], func(out string) bool { return out != "" }) {
		return nil, unsupportedf("it normalises by the statistics of each batch; export the model for inference")
	}
	if im.opset < 9 && n.attrs.integer("spatial", 1) != 1 {
		return nil, unsupportedf("spatial 0 is not supported: one mean for each channel")
	}
	eps, momentum := n.attrs.float("epsilon", 1e-5), n.attrs.float("momentum", 0.9)
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s := in[0].Shape()
		if len(s) < 2 {
			return nil, invalidf("a value of shape %v has no channels", s)
		}
		vectors := make(gorgonia.Nodes, 4)
		for i, r := range []role{trained, trained, state, state} {
			var err error
			if vectors[i], err = im.param(n.in(i+1), form{scale: 1}, r); err != nil {
				return nil, err
			}
			if err := im.fitsChannels(n.in(0), vectors[i].Shape().TotalSize(), n.in(i+1)); err != nil {
				return nil, err
			}
		}
		layer := op.BatchNormLayer{Eps: shortest(eps), Momentum: follow(momentum), Eval: true}
		if err := layer.Valid(); err != nil {
			return nil, err
		}
		return op.Apply(layer, append(in[:1:1], vectors...)...)
	}}, nil
}

// follow turns ONNX's momentum, the weight of the old statistics, into PyTorch's, that of the new.
func follow(momentum float32) float64 { return shortest(float32(1 - shortest(momentum))) }

// matchLayerNorm is for LayerNormalization, of opset 17.
func matchLayerNorm(im *importer, n *node) (*plan, error) {
	axis, eps := n.attrs.integer("axis", -1), n.attrs.float("epsilon", 1e-5)
	if t := n.attrs.integer("stash_type", 1); t != 1 {
		return nil, unsupportedf("stash_type %d is not supported", t)
	}
	beta := n.in(2)
	if beta == "" {
		var err error
		if beta, err = im.zeroes(n.out()+".bias", n.in(1)); err != nil {
			return nil, err
		}
	}
	return im.layerNorm(n.in(0), n.in(1), beta, axis, shortest(eps)), nil
}

// layerNorm is the plan of a layer norm over the axes from axis on.
func (im *importer) layerNorm(x, gamma, beta string, axis int64, eps float64) *plan {
	return &plan{in: []string{x}, make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		a, err := axisOf(axis, in[0].Dims())
		if err != nil {
			return nil, err
		}
		g, err := im.param(gamma, form{scale: 1}, trained)
		if err != nil {
			return nil, err
		}
		b, err := im.param(beta, form{scale: 1}, im.roleOf(beta))
		if err != nil {
			return nil, err
		}
		return op.LayerNorm(in[0], g, b, a, eps)
	}}
}

// layerNormOf recognises a layer norm that is spelled out, from its last Add: γ·(x − mean)/√(mean((x − mean)²) + eps) + β
// over the last axis; nil if it is something else.
func (im *importer) layerNormOf(add *node) (*plan, error) {
	scaled, beta := im.withConstant(add)
	mul := im.only(scaled, 1)
	if mul == nil || mul.OpType != "Mul" {
		return nil, nil
	}
	normal, gamma := im.withConstant(mul)
	div := im.only(normal, 1)
	if div == nil || div.OpType != "Div" {
		return nil, nil
	}
	x, centred := im.centred(div.in(0))
	root := im.only(div.in(1), 1)
	if x == "" || root == nil || root.OpType != "Sqrt" {
		return nil, nil
	}
	sum := im.only(root.in(0), 1)
	if sum == nil || sum.OpType != "Add" {
		return nil, nil
	}
	variance, number := im.withConstant(sum)
	eps, ok := im.scalar(number)
	squares := im.meanOverLast(variance)
	if !ok || !(eps > 0) || squares == "" || !im.isSquareOf(squares, centred) {
		return nil, nil
	}
	for _, name := range []string{gamma, beta} {
		if c := im.consts[name]; len(c.dims) != 1 || c.i64 != nil {
			return nil, nil
		}
	}
	return im.layerNorm(x, gamma, beta, -1, shortest(float32(eps))), nil
}

// withConstant tells the computed operand of a node of two from the constant one; empty if there is not one of each.
func (im *importer) withConstant(n *node) (computed, constant string) {
	for i := range 2 {
		if im.consts[n.in(i)] != nil && im.consts[n.in(1-i)] == nil {
			return n.in(1 - i), n.in(i)
		}
	}
	return "", ""
}

// centred reads x − mean(x) over the last axis, which is read twice; empty if value is something else.
func (im *importer) centred(value string) (x string, sub *node) {
	sub = im.only(value, 2)
	if sub == nil || sub.OpType != "Sub" || im.meanOverLast(sub.in(1)) != sub.in(0) {
		return "", nil
	}
	return sub.in(0), sub
}

// meanOverLast gives what a value is the mean of, over the last axis; empty if it is something else.
func (im *importer) meanOverLast(value string) string {
	m := im.only(value, 1)
	if m == nil || m.OpType != "ReduceMean" || m.attrs.integer("keepdims", 1) == 0 {
		return ""
	}
	axes, err := im.intsOrAttribute(m, "axes", axesInput("ReduceMean"), 1)
	if err != nil || len(axes) != 1 || axes[0] != -1 {
		return ""
	}
	return m.in(0)
}

// isSquareOf tells whether a value is the square of what a node makes.
func (im *importer) isSquareOf(value string, of *node) bool {
	pow := im.only(value, 1)
	if pow == nil || pow.OpType != "Pow" || pow.in(0) != of.out() {
		return false
	}
	two, ok := im.scalar(pow.in(1))
	return ok && math.Abs(two-2) < 1e-9
}
