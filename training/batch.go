package training

import (
	"github.com/gtrain/gtrain/data"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// batch is memory for the rows that a program reads.
type batch struct {
	x, y    *tensor.Dense
	x32     []float32 // where rows are gathered: x itself, or a buffer that is then widened
	labels  []int     // nil in a regression
	targets []float32 // nil where the loss reads labels
	no, yes float32   // targets of the two classes, where one column tells them apart
}

func newBatch(x, y *tensor.Dense, no, yes float32) *batch {
	b := &batch{x: x, y: y, x32: narrow(x), no: no, yes: yes}
	if y.Dtype() == tensor.Int {
		b.labels = y.Ints()
	} else {
		b.targets = narrow(y)
	}
	return b
}

// another is memory for another batch of the same kind.
func (b *batch) another() *batch {
	like := func(d *tensor.Dense) *tensor.Dense {
		return tensor.New(tensor.Of(d.Dtype()), tensor.WithShape(d.Shape()...))
	}
	return newBatch(like(b.x), like(b.y), b.no, b.yes)
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
	return nil
}

// answers copies the labels or targets of rows.
func (b *batch) answers(d *data.Dataset, rows []int) error {
	if b.targets != nil && d.Labels != nil && b.labels == nil {
		if len(b.targets) != len(rows) {
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
		if err := d.GatherTargets(b.targets, rows); err != nil {
			return err
		}
	}
	for i, l := range b.labels {
		b.targets[i] = b.no
		if l == 1 {
			b.targets[i] = b.yes
		}
	}
	if b.y.Dtype() == tensor.Float64 {
		widen(b.y.Float64s(), b.targets)
	}
	return nil
}
