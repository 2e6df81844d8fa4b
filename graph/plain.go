package graph

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Plain has a program compute what the graph says, operation by operation in the graph's order, with nothing folded,
// fused, frozen, merged or shared: slow, and what every other way to run the graph is held against. All of a forward
// graph's values are kept, so that it takes the memory of them all. No other option goes with it.
func Plain() Option { return option("Plain", func(c *compilation) { c.plain = true }) }

func (c *compilation) checkPlain() error {
	if c.plain && (c.foldNorm || c.frozen != nil || c.shared != nil || c.outputs != nil || c.given != nil) {
		return errors.New("compile: Plain goes with no other option")
	}
	return nil
}

// RunPlain evaluates rows of x (row-major) by the network's [Plain] program: what Runner, frozen or not, must give but for
// rounding. It returns the output and then what each watched node gives, as Runner.Run does. The program has the batch
// size of the network as it stands, so that nothing is built again but for the evaluation form; the last batch is filled
// up with the first row.
func RunPlain(net *Network, x []float32, watch ...*gorgonia.Node) ([][]float32, error) {
	if err := net.Validate(); err != nil {
		return nil, err
	}
	if len(net.Inputs) != 1 || len(net.Outputs) != 1 {
		return nil, errors.Errorf("rows need a network of one input and one output, not %d and %d", len(net.Inputs), len(net.Outputs))
	}
	watched, err := net.withOutputs(watch)
	if err != nil {
		return nil, err
	}
	if watched, err = watched.Inference(); err != nil {
		return nil, err
	}
	in, batch := watched.Inputs[0], watched.Batch()
	if in.Dims() < 2 {
		return nil, errors.Errorf("input %q has shape %v; want rows of features", in.Name(), in.Shape())
	}
	width := rowSize(in)
	if width == 0 || len(x)%width != 0 {
		return nil, errors.Errorf("%d values are no whole number of rows of %d features", len(x), width)
	}
	for _, o := range watched.Outputs {
		if s := o.Shape(); len(s) == 0 || s[0] != batch {
			return nil, errors.Errorf("node %q has shape %v; want a row for each row of input", o.Name(), s)
		}
	}
	vm, err := Compile(watched.Graph, Plain())
	if err != nil {
		return nil, err
	}
	buf, err := newBuffer(in.Dtype(), in.Shape())
	if err != nil {
		return nil, err
	}
	if err := gorgonia.Let(in, buf); err != nil {
		return nil, err
	}
	rows := len(x) / width
	out := make([][]float32, len(watched.Outputs))
	for i, o := range watched.Outputs {
		out[i] = make([]float32, rows*rowSize(o))
	}
	full := make([]float32, batch*width)
	for lo := 0; lo < rows; lo += batch {
		hi := min(lo+batch, rows)
		for k := copy(full, x[lo*width:hi*width]); k < len(full); k += width {
			copy(full[k:], x[:width])
		}
		if err := store(in, full); err != nil {
			return nil, err
		}
		if err := vm.RunAll(); err != nil {
			return nil, errors.Wrapf(err, "rows %d–%d", lo, hi-1)
		}
		for i, o := range watched.Outputs {
			w := rowSize(o)
			if err := load(out[i][lo*w:hi*w], o); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// Without is the network with zeros in the place of units wherever they are summed, the simplest way to say what it is to
// be without them: masks and cuts are held against it. Parameters share their memory with the network.
func (n *Network) Without(c *Coupling, units map[string][]int) (*Network, error) {
	if err := c.analysed(n); err != nil {
		return nil, errors.Wrap(err, "without units")
	}
	if c.a.net.Graph != n.Graph {
		return nil, errors.New("without units: the coupling is that of another network; analyse this one")
	}
	gone, err := c.gone(units)
	if err != nil {
		return nil, errors.Wrap(err, "without units")
	}
	var added gorgonia.Nodes
	out, err := rewrite{node: func(old *gorgonia.Node, in gorgonia.Nodes) (*gorgonia.Node, error) {
		for _, s := range c.a.sinks {
			if s.node != old {
				continue
			}
			ones, err := c.a.onesBut(gone, s, in[s.arg])
			if err != nil {
				return nil, err
			}
			name := fmt.Sprintf("without#%d", len(added)+1)
			by := gorgonia.NewTensor(in[s.arg].Graph(), ones.Dtype(), ones.Dims(), gorgonia.WithName(name),
				gorgonia.WithShape(ones.Shape()...), gorgonia.WithValue(ones))
			added = append(added, by)
			if in[s.arg], err = op.Mul(in[s.arg], by); err != nil {
				return nil, err
			}
		}
		return op.Reapply(old, in)
	}}.apply(n)
	if err != nil {
		return nil, errors.Wrap(err, "without units")
	}
	out.Constants = append(out.Constants, added...)
	return out, errors.Wrap(out.Validate(), "without units")
}

// onesBut is what x, which a node sums over, is multiplied by: a number for each index along the axis, 0 for what is gone.
func (a *analysis) onesBut(gone map[int]bool, s sink, x *gorgonia.Node) (*tensor.Dense, error) {
	shape := make([]int, x.Dims())
	for k := range shape {
		shape[k] = 1
	}
	shape[s.axis] = x.Shape()[s.axis]
	keep := make([]float64, shape[s.axis])
	for i := range keep {
		if !gone[a.root(s.activation, s.axis, i)] {
			keep[i] = 1
		}
	}
	return denseOf(x.Dtype(), keep, shape)
}
