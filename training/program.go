package training

import (
	"math"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// batchProgram is a network with its loss, compiled for one batch size, and the batch that it reads.
type batchProgram struct {
	*batch
	obj   *graph.Objective
	vm    *graph.Program
	grads []gorgonia.ValueGrad
}

// newBatchProgram compiles for evaluation, or for training, where dropout draws from the given states instead of the
// network's own (see dropoutStates).
func newBatchProgram(net *graph.Network, rows int, loss graph.LossFunc, train bool,
	dropout dropoutStates) (*batchProgram, error) {
	build := net.WithLoss
	if train {
		build = net.Objective
	}
	p, no, yes := &batchProgram{}, float32(0), float32(1)
	var err error
	if p.obj, err = build(rows, loss); err != nil {
		return nil, err
	}
	if p.obj.Outputs[0].Shape()[1] == 1 && p.obj.Target.Dtype() == tensor.Int {
		// Labels cannot be compared with one column: cross-entropy of two classes is the binary one.
		if o, ok := p.obj.Cost.Op().(*op.Operation); ok {
			if c, ok := o.Room.(op.CrossEntropy); ok {
				no, yes = float32(c.Smoothing/2), float32(1-c.Smoothing/2)
			}
		}
		if p.obj, err = build(rows, graph.BinaryCrossEntropy()); err != nil {
			return nil, err
		}
	}
	dropout.replace(p.obj.Graph)
	outputs := gorgonia.Nodes{p.obj.Cost}
	if train {
		p.grads = gorgonia.NodesToValueGrads(p.obj.Params)
	} else {
		outputs = append(outputs, p.obj.Outputs...)
	}
	if p.vm, err = graph.Compile(p.obj.Graph, graph.Outputs(outputs...)); err != nil {
		return nil, err
	}
	buffer := func(n *gorgonia.Node) *tensor.Dense {
		return tensor.New(tensor.Of(n.Dtype()), tensor.WithShape(n.Shape()...))
	}
	p.batch = newBatch(buffer(p.obj.Inputs[0]), buffer(p.obj.Target), no, yes)
	return p, p.use(p.batch)
}

// use has the program read b.
func (p *batchProgram) use(b *batch) error {
	if err := p.vm.Feed(p.obj.Inputs[0], b.x); err != nil {
		return err
	}
	return p.vm.Feed(p.obj.Target, b.y)
}

func (p *batchProgram) cost() float64 {
	switch v := p.obj.Cost.Value().(type) {
	case *gorgonia.F32:
		return float64(*v)
	case *gorgonia.F64:
		return float64(*v)
	}
	return math.NaN()
}

func (p *batchProgram) output(dst []float32) error {
	v := p.obj.Outputs[0].Value()
	if f, err := op.Floats[float32](v); err == nil {
		copy(dst, f)
		return nil
	}
	f, err := op.Floats[float64](v)
	if err != nil {
		return errors.Wrap(err, "output")
	}
	for i, x := range f {
		dst[i] = float32(x)
	}
	return nil
}
