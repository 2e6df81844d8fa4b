package onnx

import (
	"slices"

	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
)

// passThrough is an operator that gives its input on.
func passThrough(_ *importer, n *node) (*plan, error) {
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) { return in[0], nil }}, nil
}

func foldIdentity(im *importer, n *node) (*constant, error) { return im.consts[n.in(0)], nil }

// foldConstant reads the forms of Constant that hold floats and integers.
func foldConstant(_ *importer, n *node) (*constant, error) {
	if len(n.Attribute) != 1 {
		return nil, invalidf("a constant needs one value, not %d", len(n.Attribute))
	}
	c := &constant{name: n.out()}
	p := n.Attribute[0]
	switch p.GetName() {
	case "value":
		t := n.attrs.tensor("value")
		if n.attrs.err != nil {
			return nil, n.attrs.err
		}
		c, err := decodeConstant(t)
		if err == nil {
			c.name = n.out()
		}
		return c, err
	case "value_float":
		c.f32 = []float32{n.attrs.float("value_float", 0)}
	case "value_floats":
		c.f32 = slices.Clone(n.attrs.find("value_floats", pb.AttributeProto_FLOATS).GetFloats())
		c.dims = []int{len(c.f32)}
	case "value_int":
		c.i64 = []int64{n.attrs.integer("value_int", 0)}
	case "value_ints":
		c.i64 = n.attrs.integers("value_ints")
		c.dims = []int{len(c.i64)}
	}
	if n.attrs.err == nil && c.len() == 0 {
		return nil, unsupportedf("a constant in the form of %q is not supported", p.GetName())
	}
	return c, n.attrs.done()
}

// matchDropout is the identity of inference. The ratio changes nothing then; a training mode that is switched on would.
func matchDropout(im *importer, n *node) (*plan, error) {
	n.attrs.ignore("ratio", "seed")
	if im.opset >= 12 && n.in(2) != "" {
		return nil, unsupportedf("it sets training_mode; export the model for inference")
	}
	return passThrough(im, n)
}

// matchCast allows a cast to the type that the value has.
func matchCast(im *importer, n *node) (*plan, error) {
	n.attrs.ignore("saturate")
	if to := pb.TensorProto_DataType(n.attrs.integer("to", 0)); to != elemType(im.dt) {
		return nil, unsupportedf("a cast to %v in a model of %v is not supported", to, im.dt)
	}
	return passThrough(im, n)
}

// matchFlatten: (batch, n) is flat already.
func matchFlatten(_ *importer, n *node) (*plan, error) {
	axis := n.attrs.integer("axis", 1)
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		if s := in[0].Shape(); len(s) != 2 || axis != 1 && axis != -1 {
			return nil, unsupportedf("flattening %v at axis %d is not supported, only (batch, n) at axis 1", s, axis)
		}
		return in[0], nil
	}}, nil
}

// matchReshape allows shapes that leave (batch, n) as it is.
func matchReshape(im *importer, n *node) (*plan, error) {
	to := im.consts[n.in(1)]
	if to == nil || to.i64 == nil {
		return nil, unsupportedf("its shape %q is not a constant of integers", n.in(1))
	}
	if n.attrs.integer("allowzero", 0) != 0 {
		return nil, unsupportedf("allowzero is not supported")
	}
	return &plan{in: n.Input[:1], make: func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		s, ok := in[0].Shape(), len(to.i64) == 2
		if ok = ok && len(s) == 2; ok {
			batch, size := to.i64[0], to.i64[1]
			ok = (batch == -1 || batch == 0) && (size == int64(s[1]) || size == 0) || batch == 0 && size == -1
		}
		if !ok {
			return nil, unsupportedf("reshaping %v (with a batch of 1) to %v is not supported", s, to.i64)
		}
		return in[0], nil
	}}, nil
}

// foldReshape gives a constant other dimensions.
func foldReshape(im *importer, n *node) (*constant, error) {
	c, to := im.consts[n.in(0)], im.consts[n.in(1)]
	if c == nil || to == nil || to.i64 == nil {
		return nil, nil
	}
	if n.attrs.integer("allowzero", 0) != 0 {
		return nil, unsupportedf("allowzero is not supported")
	}
	r := *c
	r.dims = nil
	open, size := -1, 1
	for i, d := range to.i64 {
		if d == 0 && i < len(c.dims) {
			d = int64(c.dims[i])
		}
		if d == -1 && open < 0 {
			open, d = i, 1
		}
		if d < 1 || d > int64(c.len()/size) {
			return nil, invalidf("a constant of dimensions %v cannot take %v", c.dims, to.i64)
		}
		size *= int(d)
		r.dims = append(r.dims, int(d))
	}
	if open >= 0 {
		r.dims[open] = c.len() / size
		size *= r.dims[open]
	}
	if size != c.len() {
		return nil, invalidf("a constant of dimensions %v cannot take %v", c.dims, to.i64)
	}
	return &r, n.attrs.done()
}

// matchTranspose is reached where the transposed value is used otherwise than as a weight.
func matchTranspose(*importer, *node) (*plan, error) {
	return nil, unsupportedf("it is supported only of a weight matrix in front of MatMul")
}

func isMatrixTranspose(t *node) error {
	if perm := t.attrs.integers("perm"); len(perm) > 0 && !slices.Equal(perm, []int64{1, 0}) {
		return unsupportedf("%s: perm %v is not supported, only [1, 0]", t.label, perm)
	}
	return t.attrs.done()
}
