package training

import (
	"math"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// batchProgram is a network with its loss, compiled for one batch size, and the batch that it reads.
type batchProgram struct {
	*batch
	obj   *network.Objective
	vm    *graph.Program
	grads []gorgonia.ValueGrad
	in    *gorgonia.Node // what x is fed to
	said  []float32      // what a classifier's network said of the batch, in an evaluation
	unit  float64        // of the loss: how much one of the target's unit is, where that was scaled
}

// newBatchProgram compiles for evaluation, or for training, where dropout draws from the given states instead of the
// network's own (see dropoutStates). The loss compares what goes into an unscale layer at the end with targets that are
// scaled likewise: so it does not depend on their unit. What it is in that unit is reported.
func newBatchProgram(net *network.Network, rows int, loss *network.Loss, train bool,
	dropout dropoutStates, opts ...graph.Option) (*batchProgram, error) {
	target := models.Target(net)
	net = models.Standardized(net)
	p := &batchProgram{unit: 1}
	build := net.WithLoss
	if train {
		build = net.Objective
	}
	var err error
	if s := net.Outputs[0].Shape(); len(s) == 2 {
		if loss, err = loss.Of(s[1]); err != nil {
			return nil, err
		}
	}
	if p.obj, err = build(rows, loss); err != nil {
		return nil, err
	}
	low, high := loss.Classes()
	no, yes := float32(low), float32(high)
	if loss.Squared {
		p.unit = target.Scale * target.Scale
	}
	dropout.replace(p.obj.Graph)
	outputs, prep := gorgonia.Nodes{p.obj.Cost}, preparation{}
	p.in = p.obj.Inputs[0]
	if train {
		p.grads = gorgonia.NodesToValueGrads(p.obj.Params)
		if prep = preparationOf(p.obj); prep.rows != nil {
			p.in = prep.rows
			opts = append(opts, graph.Given(p.in))
		}
	} else {
		outputs = append(outputs, p.obj.Outputs...)
	}
	if p.vm, err = graph.Compile(p.obj.Graph, append(opts, graph.Outputs(outputs...))...); err != nil {
		return nil, err
	}
	if p.batch, err = newBatch(p.in, p.obj.Target, no, yes, target, prep); err != nil {
		return nil, err
	}
	return p, p.use(p.batch)
}

// use has the program read b.
func (p *batchProgram) use(b *batch) error {
	if err := p.vm.Feed(p.in, b.x); err != nil {
		return err
	}
	return p.vm.Feed(p.obj.Target, b.y)
}

// cost is the loss in the target's unit.
func (p *batchProgram) cost() float64 {
	switch v := p.obj.Cost.Value().(type) {
	case *gorgonia.F32:
		return float64(*v) * p.unit
	case *gorgonia.F64:
		return float64(*v) * p.unit
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
