package network

import (
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

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
	vm, err := graph.Compile(watched.Graph, graph.Plain())
	if err != nil {
		return nil, err
	}
	buf, err := op.NewBuffer(in.Dtype(), in.Shape())
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
