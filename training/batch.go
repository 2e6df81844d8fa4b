package training

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// batch is memory for the rows that a program reads.
type batch struct {
	x, y    *tensor.Dense
	x32     []float32 // where rows are gathered: x itself, or a buffer that is then widened
	labels  []int     // nil in a regression
	targets []float32 // nil where the loss reads labels
	no, yes float32   // targets of the two classes, where one column tells them apart
	classes int       // columns of targets, where each has one for each class; 1 otherwise
	target  op.Unscaling

	preparation preparation
	prepare     func(lo, hi int) // rows of x; nil if there is nothing to do
}

// newBatch makes a batch with memory of its own for a program that reads values like x and y.
func newBatch(x, y *gorgonia.Node, no, yes float32, target op.Unscaling, p preparation) (*batch, error) {
	b := &batch{x: buffer(x.Dtype(), x.Shape()), y: buffer(y.Dtype(), y.Shape()), no: no, yes: yes, target: target,
		preparation: p}
	return b, b.init()
}

func buffer(dt tensor.Dtype, s tensor.Shape) *tensor.Dense {
	return tensor.New(tensor.Of(dt), tensor.WithShape(s...))
}

// another is memory for another batch of the same kind.
func (b *batch) another() (*batch, error) {
	o := &batch{x: buffer(b.x.Dtype(), b.x.Shape()), y: buffer(b.y.Dtype(), b.y.Shape()), no: b.no, yes: b.yes,
		target: b.target, preparation: b.preparation}
	return o, o.init()
}

func (b *batch) init() (err error) {
	b.x32 = narrow(b.x)
	if b.y.Dtype() == tensor.Int {
		b.labels = b.y.Ints()
	} else {
		b.targets = narrow(b.y)
	}
	b.classes = 1
	if s := b.y.Shape(); len(s) == 2 {
		b.classes = s[1]
	}
	b.prepare, err = b.preparation.of(b.x)
	return err
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

// gather copies rows of d into the batch.
func (b *batch) gather(d *data.Dataset, rows []int, labelled bool) error {
	if err := b.features(d, rows, 0, len(rows)); err != nil || !labelled {
		return err
	}
	return b.answers(d, rows)
}

// features copies the features of rows[lo:hi].
func (b *batch) features(d *data.Dataset, rows []int, lo, hi int) error {
	w := d.Width()
	if len(b.x32) != len(rows)*w {
		return errors.Errorf("%d rows of %d features do not fit an input of %d values", len(rows), w, len(b.x32))
	}
	x := b.x32[lo*w : hi*w]
	if err := d.Gather(x, nil, rows[lo:hi]); err != nil {
		return err
	}
	if b.x.Dtype() == tensor.Float64 {
		widen(b.x.Float64s()[lo*w:hi*w], x)
	}
	if b.prepare != nil {
		b.prepare(lo, hi)
	}
	return nil
}

// answers copies the labels or targets of rows.
func (b *batch) answers(d *data.Dataset, rows []int) error {
	if b.targets != nil && d.Labels != nil && b.labels == nil {
		if len(b.targets) != len(rows)*b.classes {
			return errors.Errorf("the loss compares numbers; %s has classes", d.Name)
		}
		b.labels = make([]int, len(rows))
	}
	if b.labels != nil {
		if err := d.GatherLabels(b.labels, rows); err != nil {
			return err
		}
	}
	if b.targets == nil {
		return nil
	}
	if b.labels == nil {
		if err := d.GatherScaled(b.targets, rows, b.target.Mean, b.target.Scale); err != nil {
			return err
		}
	}
	switch {
	case b.classes > 1:
		clear(b.targets)
		for i, l := range b.labels {
			b.targets[i*b.classes+l] = 1
		}
	default:
		for i, l := range b.labels {
			b.targets[i] = b.no
			if l == 1 {
				b.targets[i] = b.yes
			}
		}
	}
	if b.y.Dtype() == tensor.Float64 {
		widen(b.y.Float64s(), b.targets)
	}
	return nil
}
