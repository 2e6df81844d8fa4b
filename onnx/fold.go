package onnx

import (
	"slices"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// Folding computes nodes while the file is read: those that read constants, and those that compute with shapes, as
// exporters write view(x.size(0), -1). Values are small then; what they may take is bounded all the same.

// operand gives the i-th input of a node that is folded.
func (im *importer) operand(n *node, i int) (*constant, error) {
	if c := im.known(n.in(i)); c != nil {
		return c, nil
	}
	return nil, unsupportedf("its input %d, %q, is not known before the network runs", i, n.in(i))
}

// ints gives the i-th input of a node as a list of integers; nil where it is left out.
func (im *importer) ints(n *node, i int) ([]int64, error) {
	if n.in(i) == "" {
		return nil, nil
	}
	c := im.known(n.in(i))
	if c == nil || c.i64 == nil || len(c.dims) > 1 {
		return nil, unsupportedf("its input %q is not a list of integers that is known before the network runs", n.in(i))
	}
	if c.follows() {
		return nil, unsupportedf("its input %q depends on the batch size", n.in(i))
	}
	return c.i64, nil
}

// intsOrAttribute gives a list that opsets before since have as an attribute and later ones as the i-th input.
func (im *importer) intsOrAttribute(n *node, name string, since int64, i int) ([]int64, error) {
	if im.opset < since {
		return n.attrs.integers(name), nil
	}
	return im.ints(n, i)
}

// axis counts a negative axis from the end.
func axisOf(axis int64, rank int) (int, error) {
	if axis < -int64(rank) || axis >= int64(rank) {
		return 0, invalidf("axis %d of a value of %d axes", axis, rank)
	}
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis), nil
}

// axesOf is axisOf for a list; a list that is empty means all axes. Duplicates are refused.
func axesOf(axes []int64, rank int) ([]int, error) {
	var out []int
	if len(axes) == 0 {
		for a := range rank {
			out = append(out, a)
		}
		return out, nil
	}
	for _, axis := range axes {
		a, err := axisOf(axis, rank)
		if err != nil {
			return nil, err
		}
		if slices.Contains(out, a) {
			return nil, invalidf("axis %d is listed twice", axis)
		}
		out = append(out, a)
	}
	return out, nil
}

// gathered makes a constant of dimensions dims whose element i is element at(i) of c.
func (im *importer) gathered(c *constant, dims []int, at func(i int) int) (*constant, error) {
	size, err := im.sized(dims)
	if err != nil {
		return nil, err
	}
	return &constant{dims: dims, f32: pickAll(c.f32, size, at), f64: pickAll(c.f64, size, at),
		i64: pickAll(c.i64, size, at), per: pickAll(c.per, size, at)}, nil
}

func pickAll[T any](from []T, size int, at func(int) int) []T {
	if from == nil {
		return nil
	}
	out := make([]T, size)
	for i := range out {
		out[i] = from[at(i)]
	}
	return out
}

// sized is the number of elements that dims ask for, if there is memory for them.
func (im *importer) sized(dims []int) (int, error) {
	size := 1
	for _, d := range dims {
		if d < 1 {
			return 0, unsupportedf("a constant would have dimensions %v: no elements", dims)
		}
		if d > maxBytes/size {
			return 0, unsupportedf("a constant would have dimensions %v", dims)
		}
		size *= d
	}
	return size, im.spend(size)
}

// coordinates splits a flat index.
func coordinates(at []int, i int, dims []int) {
	for a := len(dims) - 1; a >= 0; a-- {
		at[a] = i % dims[a]
		i /= dims[a]
	}
}

func flat(at, dims []int) (i int) {
	for a, d := range dims {
		i = i*d + at[a]
	}
	return i
}

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
		c, err := decodeConstant(t, nil)
		if err == nil {
			c.name = n.out()
		}
		return c, err
	case "value_float":
		c.f32 = []float32{n.attrs.float("value_float", 0)}
	case "value_floats":
		c.f32 = append([]float32{}, n.attrs.find("value_floats", pb.AttributeProto_FLOATS).GetFloats()...)
		c.dims = []int{len(c.f32)}
	case "value_int":
		c.i64 = []int64{n.attrs.integer("value_int", 0)}
	case "value_ints":
		c.i64 = append([]int64{}, n.attrs.integers("value_ints")...)
		c.dims = []int{len(c.i64)}
	default:
		return nil, unsupportedf("a constant in the form of %q is not supported", p.GetName())
	}
	return c, n.attrs.done()
}

// foldSame is for operators that change neither the numbers nor their order, nor their dimensions. The copy has a name
// of its own: exporters store equal initializers once, and what is a scale in one place is a variance in another.
func foldSame(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	r := *c
	r.origin = ""
	return &r, n.attrs.done()
}

// foldCast changes the type of a constant.
func foldCast(im *importer, n *node) (*constant, error) {
	c, err := im.operand(n, 0)
	if err != nil {
		return nil, err
	}
	n.attrs.ignore("saturate")
	to := pb.TensorProto_DataType(n.attrs.integer("to", 0))
	if err := n.attrs.done(); err != nil {
		return nil, err
	}
	if err := im.spend(c.len()); err != nil {
		return nil, err
	}
	r := &constant{dims: c.dims}
	for i := range c.len() {
		switch to {
		case pb.TensorProto_FLOAT:
			r.f32 = append(r.f32, float32(c.number(i)))
		case pb.TensorProto_DOUBLE:
			r.f64 = append(r.f64, c.number(i))
		case pb.TensorProto_INT64, pb.TensorProto_INT32:
			if c.i64 != nil {
				r.i64 = append(r.i64, c.i64[i])
			} else {
				r.i64 = append(r.i64, int64(c.number(i)))
			}
		case pb.TensorProto_BOOL:
			r.i64 = append(r.i64, truth(c.number(i) != 0))
		default:
			return nil, unsupportedf("a cast to %v is not supported", to)
		}
	}
	for i := range c.per {
		switch whole := to == pb.TensorProto_INT64 || to == pb.TensorProto_INT32; {
		case c.per[i] == 0:
		case whole && c.i64 != nil:
			r.setPer(i, c.per[i])
		default:
			r.setPer(i, loose)
		}
	}
	return r, nil
}

// number gives element i as a float64.
func (c *constant) number(i int) float64 {
	switch {
	case c.f32 != nil:
		return float64(c.f32[i])
	case c.f64 != nil:
		return c.f64[i]
	}
	return float64(c.i64[i])
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
