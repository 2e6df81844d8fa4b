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
	labels  []int     // nil in a regression
	targets []float32 // nil where the loss reads labels
	no, yes float32   // targets of the two classes, where one column tells them apart
}

// newBatchProgram compiles for evaluation, or for training, where dropout draws from the given states instead of the
// network's own (see dropoutStates).
func newBatchProgram(net *graph.Network, batch int, loss graph.LossFunc, train bool,
	dropout dropoutStates) (*batchProgram, error) {
	build := net.WithLoss
	if train {
		build = net.Objective
	}
	p := &batchProgram{yes: 1}
	var err error
	if p.obj, err = build(batch, loss); err != nil {
		return nil, err
	}
	if p.obj.Outputs[0].Shape()[1] == 1 && p.obj.Target.Dtype() == tensor.Int {
		// Labels cannot be compared with one column: cross-entropy of two classes is the binary one.
		if o, ok := p.obj.Cost.Op().(*op.Operation); ok {
			if c, ok := o.Room.(op.CrossEntropy); ok {
				p.no, p.yes = float32(c.Smoothing/2), float32(1-c.Smoothing/2)
			}
		}
		if p.obj, err = build(batch, graph.BinaryCrossEntropy()); err != nil {
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
	return p, p.bind()
}

// bind allocates what the program reads.
func (p *batchProgram) bind() error {
	in, target := p.obj.Inputs[0], p.obj.Target
	p.x = tensor.New(tensor.Of(in.Dtype()), tensor.WithShape(in.Shape()...))
	p.y = tensor.New(tensor.Of(target.Dtype()), tensor.WithShape(target.Shape()...))
	if err := gorgonia.Let(in, p.x); err != nil {
		return err
	}
	if err := gorgonia.Let(target, p.y); err != nil {
		return err
	}
	p.x32 = narrow(p.x)
	if p.y.Dtype() == tensor.Int {
		p.labels = p.y.Ints()
	} else {
		p.targets = narrow(p.y)
	}
	return nil
}

// narrow is d's own memory if it is float32, and a buffer of that size otherwise.
func narrow(d *tensor.Dense) []float32 {
	if d.Dtype() == tensor.Float32 {
		return d.Float32s()
	}
	return make([]float32, d.DataSize())
}

func widen(to []float64, from []float32) {
	for i, v := range from {
		to[i] = float64(v)
	}
}

// gather fills the buffers with rows of d.
func (p *batchProgram) gather(d *data.Dataset, rows []int, labelled bool) error {
	if err := p.features(d, rows, 0, len(rows)); err != nil || !labelled {
		return err
	}
	return p.answers(d, rows)
}

// features gathers the features of rows[lo:hi].
func (p *batchProgram) features(d *data.Dataset, rows []int, lo, hi int) error {
	w := d.Width()
	if len(p.x32) != len(rows)*w {
		return errors.Errorf("%d rows of %d features do not fit an input of %d values", len(rows), w, len(p.x32))
	}
	x := p.x32[lo*w : hi*w]
	if err := d.Gather(x, nil, rows[lo:hi]); err != nil {
		return err
	}
	if p.x.Dtype() == tensor.Float64 {
		widen(p.x.Float64s()[lo*w:hi*w], x)
	}
	return nil
}

// answers gathers the labels or targets of rows.
func (p *batchProgram) answers(d *data.Dataset, rows []int) error {
	if p.targets != nil && d.Labels != nil && p.labels == nil {
		if len(p.targets) != len(rows) {
			return errors.Errorf("the loss compares numbers; %s has classes", d.Name)
		}
		p.labels = make([]int, len(rows))
	}
	if p.labels != nil {
		if err := d.GatherLabels(p.labels, rows); err != nil {
			return err
		}
	}
	if p.targets == nil {
		return nil
	}
	if p.labels == nil {
		if err := d.GatherTargets(p.targets, rows); err != nil {
			return err
		}
	}
	for i, l := range p.labels {
		p.targets[i] = p.no
		if l == 1 {
			p.targets[i] = p.yes
		}
	}
	if p.y.Dtype() == tensor.Float64 {
		widen(p.y.Float64s(), p.targets)
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
