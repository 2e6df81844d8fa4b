package onnx

import (
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// param is an initializer as a node of the network.
type param struct {
	node    *gorgonia.Node
	form    form
	trained bool
}

// form is how a constant is laid out for an operation.
type form struct {
	transpose bool    // of a matrix
	scale     float32 // every number times this
	row       int     // as a vector of this length, a single number repeated
}

// float returns the constant behind name if it is one of the network's type.
func (im *importer) float(name string) (*constant, error) {
	c := im.consts[name]
	switch {
	case c == nil:
		return nil, unsupportedf("input %q must be a constant", name)
	case im.dt == tensor.Float32 && c.f32 == nil, im.dt == tensor.Float64 && c.f64 == nil:
		return nil, invalidf("the constant %q does not hold %v, as the model's input does", name, im.dt)
	}
	return c, nil
}

// param gives the node of a constant in a form. Trained says what the operation does with it, where the file does not
// say it.
func (im *importer) param(name string, f form, trained bool) (*gorgonia.Node, error) {
	c, err := im.float(name)
	if err != nil {
		return nil, err
	}
	if p := im.params[c.name]; p != nil {
		if p.form != f {
			return nil, unsupportedf("the initializer %q is used in two ways that need different layouts", c.name)
		}
		return p.node, nil
	}
	var v *tensor.Dense
	if im.dt == tensor.Float32 {
		v, err = layOut(c, c.f32, f)
	} else {
		v, err = layOut(c, c.f64, f)
	}
	if err != nil {
		return nil, err
	}
	if im.ours {
		trained = !im.untrained[c.name]
	}
	n := gorgonia.NewTensor(im.g, im.dt, v.Dims(), gorgonia.WithName(c.name), gorgonia.WithShape(v.Shape()...),
		gorgonia.WithValue(v))
	im.params[c.name] = &param{n, f, trained}
	return n, nil
}

// layOut copies the numbers of c into a new tensor of the form.
func layOut[T float32 | float64](c *constant, data []T, f form) (*tensor.Dense, error) {
	dims := append([]int(nil), c.dims...)
	out := append([]T(nil), data...)
	switch {
	case f.row > 0:
		if err := c.fitsRow(f.row); err != nil {
			return nil, err
		}
		for len(out) < f.row {
			out = append(out, data[0])
		}
		dims = []int{f.row}
	case f.transpose:
		rows, cols := dims[0], dims[1]
		for i := range rows {
			for j := range cols {
				out[j*rows+i] = data[i*cols+j]
			}
		}
		dims = []int{cols, rows}
	}
	if f.scale != 1 {
		for i := range out {
			out[i] *= T(f.scale)
		}
	}
	return tensor.New(tensor.WithBacking(out), tensor.WithShape(dims...)), nil
}

// fitsRow checks that c broadcasts to one row of n numbers, the same for each example.
func (c *constant) fitsRow(n int) error {
	for i, d := range c.dims {
		if i < len(c.dims)-1 && d != 1 {
			return unsupportedf("the constant %q of dimensions %v differs along the batch", c.name, c.dims)
		}
	}
	if size := c.len(); size != 1 && size != n {
		return invalidf("the constant %q of dimensions %v does not fit rows of %d numbers", c.name, c.dims, n)
	}
	return nil
}

// scalar gives the number in a constant of one element.
func (im *importer) scalar(name string) (v float64, ok bool) {
	c := im.consts[name]
	if c == nil || c.len() != 1 || c.i64 != nil {
		return 0, false
	}
	if c.f32 != nil {
		return float64(c.f32[0]), true
	}
	return c.f64[0], true
}

// addParams lists the parameters and constants in the order of the file, those made by Constant nodes last.
func (im *importer) addParams(net *graph.Network) {
	add := func(name string) {
		p := im.params[name]
		switch {
		case p == nil:
			return
		case p.trained:
			net.Params = append(net.Params, p.node)
		default:
			net.Constants = append(net.Constants, p.node)
		}
		delete(im.params, name)
	}
	for _, t := range im.pb.GetInitializer() {
		add(t.GetName())
	}
	for _, n := range im.pb.GetNode() {
		for _, out := range n.GetOutput() {
			add(out)
		}
	}
}

func shapeText(s *pb.TensorShapeProto) string {
	var dims []string
	for _, d := range s.GetDim() {
		switch v := d.GetValue().(type) {
		case *pb.TensorShapeProto_Dimension_DimValue:
			dims = append(dims, fmt.Sprint(v.DimValue))
		case *pb.TensorShapeProto_Dimension_DimParam:
			dims = append(dims, v.DimParam)
		default:
			dims = append(dims, "?")
		}
	}
	return "(" + strings.Join(dims, ", ") + ")"
}
