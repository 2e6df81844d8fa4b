package onnx

import (
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// param is an initializer as a tensor of the network.
type param struct {
	value *tensor.Dense
	dims  []int // of the constant
	form  form
	role  role
}

// role is what becomes of a constant, where the file does not say it.
type role int

const (
	fixed   role = iota // nothing changes it
	trained             // it has a gradient
	state               // training changes it, but not by a gradient
)

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

// param gives the node of a constant in a form. The role says what the operation does with it; a file of ours says
// itself what is trained.
func (im *importer) param(name string, f form, r role) (*gorgonia.Node, error) {
	c, err := im.float(name)
	if err != nil {
		return nil, err
	}
	return im.paramOf(c, f, r)
}

// paramOf is param of a constant that need not be the file's own.
func (im *importer) paramOf(c *constant, f form, r role) (n *gorgonia.Node, err error) {
	if len(c.dims) == 1 && c.dims[0] == f.row { // it is that row, so that matrices and others may share it
		f.row = 0
	}
	name := c.paramName()
	if p := im.params[name]; p != nil && !slices.Equal(p.dims, c.dims) {
		name = c.name
	}
	if im.ours && r != state {
		if r = trained; im.untrained[name] {
			r = fixed
		}
	}
	p := im.params[name]
	if p == nil {
		var v *tensor.Dense
		if im.dt == tensor.Float32 {
			v, err = layOut(im, c, c.f32, f)
		} else {
			v, err = layOut(im, c, c.f64, f)
		}
		if err != nil {
			return nil, err
		}
		p = &param{v, c.dims, f, r}
		im.params[name] = p
	}
	turned := p.form
	turned.transpose = !turned.transpose
	tied := turned == f && f.row == 0 && len(c.dims) == 2 // the same weights, the other way round
	if p.form != f && !tied || !slices.Equal(p.dims, c.dims) || (p.role == state) != (r == state) {
		return nil, unsupportedf("the initializer %q is used in two ways that need different layouts", name)
	}
	if n = im.at.params[name]; n == nil {
		n = gorgonia.NewTensor(im.at.g, im.dt, p.value.Dims(), gorgonia.WithName(name),
			gorgonia.WithShape(p.value.Shape()...), gorgonia.WithValue(p.value))
		im.at.params[name] = n
	}
	if tied {
		return op.Transpose(n, 1, 0)
	}
	return n, nil
}

// layOut copies the numbers of c into a new tensor of the form.
func layOut[T float32 | float64](im *importer, c *constant, data []T, f form) (*tensor.Dense, error) {
	if len(data) == 0 {
		return nil, unsupportedf("the constant %q has dimensions %v: no elements", c.name, c.dims)
	}
	if err := im.spend(max(len(data), f.row)); err != nil {
		return nil, err
	}
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
	c := im.known(name)
	if c == nil || c.len() != 1 || c.i64 != nil {
		return 0, false
	}
	if c.f32 != nil {
		return float64(c.f32[0]), true
	}
	return c.f64[0], true
}

// zeroes makes a constant of a form like another's, for what a file leaves out. Nothing trains it.
func (im *importer) zeroes(name, like string) (string, error) {
	c, err := im.float(like)
	if err != nil {
		return "", err
	}
	for im.makers[name] != nil || im.consts[name] != nil {
		name += "_"
	}
	z := &constant{name: name, dims: c.dims, f32: make([]float32, len(c.f32)), f64: make([]float64, len(c.f64))}
	if c.f32 == nil {
		z.f32 = nil
	} else {
		z.f64 = nil
	}
	im.consts[name] = z
	im.made = append(im.made, name)
	return name, im.spend(c.len())
}

// roleOf is trained, but for what zeroes made.
func (im *importer) roleOf(name string) role {
	if slices.Contains(im.made, name) {
		return fixed
	}
	return trained
}

// addParams lists the parameters and constants in the order of the file, those made by Constant nodes behind them, and
// then what stands for what the file leaves out.
func (im *importer) addParams(net *network.Network) {
	add := func(name string) {
		p := im.params[name]
		if p == nil {
			return
		}
		list := map[role]*gorgonia.Nodes{trained: &net.Params, state: &net.States, fixed: &net.Constants}[p.role]
		*list = append(*list, im.at.params[name])
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
	for _, name := range im.made {
		add(name)
	}
}

// spend takes memory for so many numbers from what the size of the file allows: a file can name one tensor, or a shape,
// any number of times.
func (im *importer) spend(numbers int) error {
	if im.budget -= 8 * numbers; im.budget < 0 {
		return unsupportedf("its constants would take many times the memory of the file")
	}
	return nil
}
