package data

import (
	"slices"
	"strconv"

	"github.com/gtrain/gtrain/internal/random"
)

// Batches walks over rows in mini-batches, in a new order each epoch. The order of an epoch depends only on the rows,
// the seed and the epoch's number, so that Seek resumes exactly where a Cursor was recorded. It is not safe for
// concurrent use.
type Batches struct {
	rows, order []int
	size        int
	seed        uint64
	shuffled    bool
	at          Cursor
}

// Cursor is a place in the sequence of batches. Its JSON names are stable.
type Cursor struct {
	Epoch int `json:"epoch"` // from 0
	Batch int `json:"batch"` // the next batch of the epoch, from 0
}

// NewBatches makes shuffled batches of size rows, from epoch 0; the last batch of an epoch holds what is left over. The
// rows are copied. It fails with ErrOption for a size below 1 or no rows.
func NewBatches(rows []int, size int, seed uint64) (*Batches, error) {
	return newBatches(rows, size, seed, true)
}

// NewSequentialBatches makes batches in the order of the rows, the same each epoch, as evaluation wants them.
func NewSequentialBatches(rows []int, size int) (*Batches, error) {
	return newBatches(rows, size, 0, false)
}

func newBatches(rows []int, size int, seed uint64, shuffled bool) (*Batches, error) {
	switch {
	case size < 1:
		return nil, fail(ErrOption, "a batch of %d rows: at least 1 is needed", size)
	case len(rows) == 0:
		return nil, fail(ErrOption, "no rows to make batches of")
	}
	b := &Batches{rows: slices.Clone(rows), order: slices.Clone(rows), size: size, seed: seed, shuffled: shuffled}
	b.begin(0)
	return b, nil
}

// begin draws the order of an epoch, always from the same start.
func (b *Batches) begin(epoch int) {
	b.at = Cursor{Epoch: epoch}
	if b.shuffled {
		copy(b.order, b.rows)
		shuffle(random.New(b.seed, "shuffle", "epoch "+strconv.Itoa(epoch)), b.order)
	}
}

// Len is the number of batches in an epoch.
func (b *Batches) Len() int { return (len(b.order)-1)/b.size + 1 }

// Next returns the rows of the next batch. At the end of an epoch it returns false once and begins the next epoch. The
// slice is valid until then and must not be written.
func (b *Batches) Next() ([]int, bool) {
	start := b.at.Batch * b.size
	if start >= len(b.order) {
		b.begin(b.at.Epoch + 1)
		return nil, false
	}
	b.at.Batch++
	end := min(start+b.size, len(b.order))
	return b.order[start:end:end], true
}

// Cursor is the place of the batch that Next will return.
func (b *Batches) Cursor() Cursor { return b.at }

// Seek goes to a place that Cursor returned, for the same rows, size and seed. It fails with ErrOption for a place that
// does not exist.
func (b *Batches) Seek(c Cursor) error {
	if c.Epoch < 0 || c.Batch < 0 || c.Batch > b.Len() {
		return fail(ErrOption, "batch %d of epoch %d does not exist: an epoch has %d batches", c.Batch, c.Epoch,
			b.Len())
	}
	if c.Epoch != b.at.Epoch {
		b.begin(c.Epoch)
	}
	b.at = c
	return nil
}

// Gather copies the features of the rows idx into dstX, len(idx) × Width() row-major, and their labels into dstLabels
// unless that is nil. It allocates nothing. It fails with ErrOption if a buffer is too short, a row does not exist, or
// labels are asked for and there are none; then dst may be partly written.
func (d *Dataset) Gather(dstX []float32, dstLabels []int, idx []int) error {
	if d == nil {
		return errNoData
	}
	w := len(d.Features)
	if len(dstX) < len(idx)*w {
		return fail(ErrOption, "a buffer of %d values is too short for %d rows of %d features", len(dstX), len(idx), w)
	}
	rows := d.Rows()
	for k, r := range idx {
		if uint(r) >= uint(rows) {
			return fail(ErrOption, "row %d is not one of the %d rows of %s", r, rows, d.Name)
		}
		copy(dstX[k*w:(k+1)*w], d.X[r*w:(r+1)*w])
	}
	if dstLabels == nil {
		return nil
	}
	return d.GatherLabels(dstLabels, idx)
}

// GatherLabels copies the labels of the rows idx into dst, as Gather does.
func (d *Dataset) GatherLabels(dst []int, idx []int) error {
	if d == nil {
		return errNoData
	}
	return gather(dst, d.Labels, idx, d.Name)
}

// GatherTargets copies the targets of the rows idx into dst, as Gather does for features.
func (d *Dataset) GatherTargets(dst []float32, idx []int) error {
	if d == nil {
		return errNoData
	}
	return gather(dst, d.Targets, idx, d.Name)
}

// GatherTargets64 copies the targets of the rows idx into dst in full, as Gather does for features.
func (d *Dataset) GatherTargets64(dst []float64, idx []int) error {
	if d == nil {
		return errNoData
	}
	if d.Targets64 != nil {
		return gather(dst, d.Targets64, idx, d.Name)
	}
	return gather(dst, d.Targets, idx, d.Name)
}

// GatherScaled copies the targets of the rows idx into dst as a network learns them, (y − mean)/scale, which is taken in
// float64.
func (d *Dataset) GatherScaled(dst []float32, idx []int, mean, scale float64) error {
	if err := d.GatherTargets(dst, idx); err != nil {
		return err
	}
	for k, r := range idx {
		y := float64(d.Targets[r])
		if d.Targets64 != nil {
			y = d.Targets64[r]
		}
		dst[k] = float32((y - mean) / scale)
	}
	return nil
}

func gather[T, F int | float32 | float64](dst []T, from []F, idx []int, name string) error {
	if len(dst) < len(idx) {
		return fail(ErrOption, "a buffer of %d is too short for %d rows", len(dst), len(idx))
	}
	for k, r := range idx {
		if uint(r) >= uint(len(from)) {
			return fail(ErrOption, "row %d has no label or target: %s has %d", r, name, len(from))
		}
		dst[k] = T(from[r])
	}
	return nil
}
