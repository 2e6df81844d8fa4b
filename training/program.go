package training

import (
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// batchProgram is a network with its loss, compiled for one batch size, and the buffers it reads.
type batchProgram struct {
	obj     *graph.Objective
	vm      *graph.Program
	grads   []gorgonia.ValueGrad
	x, y    *tensor.Dense
	x32     []float32 // where rows are gathered: x itself, or a buffer that is then widened
	labels  []int
	targets []float32
}

func newBatchProgram(net *graph.Network, batch int, loss graph.LossFunc, train bool) (*batchProgram, error) {
	var obj *graph.Objective
	var err error
	outputs := gorgonia.Nodes{}
	if train {
		obj, err = net.Objective(batch, loss)
	} else if obj, err = net.WithLoss(batch, loss); err == nil {
		outputs = append(outputs, obj.Outputs...)
	}
	if err != nil {
		return nil, err
	}
	p := &batchProgram{obj: obj}
	if p.vm, err = graph.Compile(obj.Graph, graph.Outputs(append(outputs, obj.Cost)...)); err != nil {
		return nil, err
	}
	in := obj.Inputs[0]
	p.x = tensor.New(tensor.Of(in.Dtype()), tensor.WithShape(in.Shape()...))
	p.y = tensor.New(tensor.Of(obj.Target.Dtype()), tensor.WithShape(obj.Target.Shape()...))
	if err := gorgonia.Let(in, p.x); err != nil {
		return nil, err
	}
	if err := gorgonia.Let(obj.Target, p.y); err != nil {
		return nil, err
	}
	p.x32 = narrow(p.x)
	if p.y.Dtype() == tensor.Int {
		p.labels = p.y.Ints()
	} else {
		p.targets = narrow(p.y)
	}
	if train {
		p.grads = gorgonia.NodesToValueGrads(obj.Params)
	}
	return p, nil
}

// narrow is d's own memory if it is float32, and a buffer of that size otherwise.
func narrow(d *tensor.Dense) []float32 {
	if d.Dtype() == tensor.Float32 {
		return d.Float32s()
	}
	return make([]float32, d.DataSize())
}

func widen(d *tensor.Dense, from []float32) {
	if d.Dtype() == tensor.Float64 {
		to := d.Float64s()
		for i, v := range from {
			to[i] = float64(v)
		}
	}
}

// gather fills the buffers with rows of d.
func (p *batchProgram) gather(d *data.Dataset, rows []int, labelled bool) error {
	if !labelled {
		if err := d.Gather(p.x32, nil, rows); err != nil {
			return err
		}
		widen(p.x, p.x32)
		return nil
	}
	if err := d.Gather(p.x32, p.labels, rows); err != nil {
		return err
	}
	widen(p.x, p.x32)
	if p.targets != nil {
		if err := d.GatherTargets(p.targets, rows); err != nil {
			return err
		}
		widen(p.y, p.targets)
	}
	return nil
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

// dropoutStates finds the switches of a network's dropout layers.
func dropoutStates(net *graph.Network) ([]*op.DropoutState, error) {
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	var states []*op.DropoutState
	for _, n := range order {
		if o, ok := n.Op().(*op.Operation); ok {
			if d, ok := o.Room.(op.DropoutLayer); ok {
				states = append(states, d.State)
			}
		}
	}
	return states, nil
}
