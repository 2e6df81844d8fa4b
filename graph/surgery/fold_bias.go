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

// BiasFold says what became of the mean outputs of removed units at one node that sums over them.
type BiasFold struct {
	Node  string // that sums
	Units int    // indices that it loses
	Into  string // parameter or state that took their mean; empty where none could
	Why   string // then
}

// FoldBias prepares a network for the removal of units: at every node that sums over them, the sum of their mean outputs
// goes into the bias, so that afterwards the node gives what it would give with the units held at their means. For units
// that are constant that is exactly what it gave. The network itself is unchanged; biases that change are copies. The
// result still has the units: mask or cut them.
//
// The mean of a unit is one number: means gives them for each place of Places, by index along its axis. A node cannot
// take it where it has no bias of its own, or where the sum is not the same everywhere, as at the edges of a padded
// convolution; the record says so.
func (c *Coupling) FoldBias(removed map[string][]int, means func(Place) []float64) (*network.Network, []BiasFold,
	error) {
	places, err := c.Places(removed)
	if err != nil {
		return nil, nil, errors.Wrap(err, "fold bias")
	}
	f := &biasFolder{net: c.a.net, a: c.a, shift: map[*gorgonia.Node][]float64{}, uses: map[*gorgonia.Node]int{}}
	for _, v := range c.a.order {
		for _, k := range op.Children(v) {
			f.uses[k]++
		}
	}
	var record []BiasFold
	for _, p := range places {
		mean := means(p)
		if len(mean) != c.a.shape[p.Activation][p.Axis] {
			return nil, nil, errors.Errorf("fold bias: %d means for axis %d of %q, which has %d indices", len(mean), p.Axis,
				p.Activation.Name(), c.a.shape[p.Activation][p.Axis])
		}
		for _, s := range c.a.sinks {
			if s.activation != p.Activation || s.axis != p.Axis {
				continue
			}
			r := BiasFold{Node: s.node.Name(), Units: len(p.Indices)}
			if r.Into, r.Why, err = f.fold(s, p, mean); err != nil {
				return nil, nil, errors.Wrapf(err, "fold bias of node %q", s.node.Name())
			}
			record = append(record, r)
		}
	}
	out, err := network.Rewrite{Input: f.input}.Apply(c.a.net)
	return out, record, errors.Wrap(err, "fold bias")
}

// biasFolder collects what each bias takes.
type biasFolder struct {
	net   *network.Network
	a     *analysis
	shift map[*gorgonia.Node][]float64
	uses  map[*gorgonia.Node]int
}

// fold finds who takes the mean outputs of a place at one sum. Why says why nobody does.
func (f *biasFolder) fold(s sink, p Place, mean []float64) (into, why string, err error) {
	if f.uses[s.weight] > 1 {
		return "", "its weight " + quote(s.weight) + " is used elsewhere too", nil
	}
	if !slices.Contains(f.net.Params, s.weight) {
		return "", "it multiplies with " + quote(s.weight) + ", which is not a parameter", nil
	}
	to, axis, sign, why := f.taker(s)
	if to == nil {
		return "", why, nil
	}
	sum, why, err := f.sum(s, p, mean, axis)
	if why != "" || err != nil {
		return "", why, err
	}
	if len(sum) != to.Shape().TotalSize() {
		return "", "its bias " + quote(to) + " has another size", nil
	}
	if f.shift[to] == nil {
		f.shift[to] = make([]float64, len(sum))
	}
	for i, v := range sum {
		f.shift[to][i] += sign * v
	}
	return to.Name(), "", nil
}

func quote(n *gorgonia.Node) string { return `"` + n.Name() + `"` }

// taker finds what takes a constant that a node's output lacks: its own bias, that of an addition behind it, or the
// running mean of a batch norm behind it. Axis is the output's axis that it belongs to.
func (f *biasFolder) taker(s sink) (to *gorgonia.Node, axis int, sign float64, why string) {
	kids := op.Children(s.node)
	if len(kids) == 3 && s.arg == 0 && kids[1] == s.weight {
		return f.own(s.node, kids[2], 1)
	}
	var readers gorgonia.Nodes
	for _, v := range f.a.order {
		if slices.Contains(op.Children(v), s.node) {
			readers = append(readers, v)
		}
	}
	if slices.Contains(f.net.Outputs, s.node) || len(readers) != 1 || f.uses[s.node] != 1 {
		return nil, 0, 0, "it has no bias"
	}
	next := readers[0]
	if _, act := op.LayerOf(s.node); act != op.Identity {
		return nil, 0, 0, "it has no bias"
	}
	kids = op.Children(next)
	if b, ok := op.As[op.Shifted](next.Op()); ok && kids[0] == s.node {
		input, sign := b.ShiftedBy()
		return f.own(s.node, kids[input], sign)
	}
	for i, k := range kids {
		if k == s.node && len(kids) == 2 && op.IsAddition(next.Op()) {
			if b := behindBroadcast(kids[1-i]); b != nil {
				return f.own(s.node, b, 1)
			}
		}
	}
	return nil, 0, 0, "it has no bias"
}

// own checks that a bias is the node's alone and finds its axis.
func (f *biasFolder) own(n, bias *gorgonia.Node, sign float64) (*gorgonia.Node, int, float64, string) {
	switch {
	case !slices.Contains(f.net.Params, bias) && !slices.Contains(f.net.States, bias):
		return nil, 0, 0, "its bias " + quote(bias) + " is not a parameter"
	case f.uses[bias] > 1:
		return nil, 0, 0, "its bias " + quote(bias) + " is used elsewhere too"
	}
	size := bias.Shape().TotalSize()
	for axis := len(f.a.shape[n]) - 1; axis > 0; axis-- {
		if f.a.shape[n][axis] != size {
			continue
		}
		for k, along := range f.a.shape[bias] {
			if along == size && f.a.root(bias, k, 0) == f.a.root(n, axis, 0) {
				return bias, axis, sign, ""
			}
		}
	}
	return nil, 0, 0, "its bias " + quote(bias) + " does not belong to one axis"
}

// behindBroadcast undoes what Gorgonia makes of a bias that is added to a matrix.
func behindBroadcast(n *gorgonia.Node) *gorgonia.Node {
	for n.Op() != nil {
		if d := op.Describe(n.Op()); d.Kind != op.KindRepeat && d.Kind != op.KindReshape {
			return nil
		}
		n = op.Children(n)[0]
	}
	return n
}

// sum runs a node, without bias and activation, on nothing but the means, and reads what every position along an axis of
// its output gets. Why is not empty where positions differ.
func (f *biasFolder) sum(s sink, p Place, mean []float64, axis int) (sum []float64, why string, err error) {
	shape := f.a.shape[p.Activation].Clone()
	for a := range shape {
		if a == 0 && p.Axis != 0 {
			shape[a] = 1 // the batch
		}
	}
	in := make([]gorgonia.Value, 0, 3)
	for i, k := range op.Children(s.node) {
		var v gorgonia.Value = k.Value()
		switch {
		case i == s.arg:
			v, err = spread(k.Dtype(), shape, p, mean)
		case k != s.weight: // the bias
			v, err = op.NewValue(k.Dtype(), f.a.shape[k])
		}
		if err != nil {
			return nil, "", err
		}
		in = append(in, v)
	}
	o := s.node.Op()
	if l, act := op.LayerOf(s.node); l != nil && act != op.Identity {
		o = op.New(l.WithActivation(op.Identity, 0))
	}
	out, err := o.Do(in...)
	if err != nil {
		return nil, "", err
	}
	all, err := floats(out)
	if err != nil {
		return nil, "", err
	}
	got := out.Shape()
	if len(got) != len(f.a.shape[s.node]) {
		return nil, "its output has another shape for one row", nil
	}
	inner := 1
	for _, n := range got[axis+1:] {
		inner *= n
	}
	sum = make([]float64, got[axis])
	tol := 1e-5
	if s.node.Dtype() == tensor.Float64 {
		tol = 1e-12
	}
	top := 0.0
	for i, v := range all {
		top = max(top, math.Abs(v))
		if i < inner*len(sum) {
			sum[i/inner] = all[i/inner*inner]
		}
	}
	for i, v := range all {
		if math.Abs(v-sum[i/inner%len(sum)]) > tol*top {
			return nil, "its padding: at the edges the sum is another", nil
		}
	}
	return sum, "", nil
}

// spread is a value that holds the means of a place's indices, and zeros.
func spread(dt tensor.Dtype, shape tensor.Shape, p Place, mean []float64) (gorgonia.Value, error) {
	f := make([]float64, shape.TotalSize())
	inner := 1
	for _, n := range shape[p.Axis+1:] {
		inner *= n
	}
	for i := range f {
		if k := i / inner % shape[p.Axis]; slices.Contains(p.Indices, k) {
			f[i] = mean[k]
		}
	}
	return denseOf(dt, f, shape)
}

// denseOf is a tensor of a dtype that holds the given numbers.
func denseOf(dt tensor.Dtype, f []float64, shape tensor.Shape) (*tensor.Dense, error) {
	switch dt {
	case tensor.Float64:
		return tensor.New(tensor.WithShape(shape.Clone()...), tensor.WithBacking(f)), nil
	case tensor.Float32:
		f32 := make([]float32, len(f))
		for i, v := range f {
			f32[i] = float32(v)
		}
		return tensor.New(tensor.WithShape(shape.Clone()...), tensor.WithBacking(f32)), nil
	}
	return nil, errors.Errorf("numbers of %v are not supported", dt)
}

// input adds to a bias what it takes.
func (f *biasFolder) input(old *gorgonia.Node) (tensor.Shape, gorgonia.Value, error) {
	shift := f.shift[old]
	if shift == nil {
		return old.Shape(), old.Value(), nil
	}
	now, err := floats(old.Value())
	if err != nil {
		return nil, nil, err
	}
	sum := make([]float64, len(now))
	for i := range now {
		sum[i] = now[i] + shift[i]
	}
	v, err := denseOf(old.Dtype(), sum, old.Shape())
	return old.Shape(), v, err
}
