package training

import (
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// Size is what the length, the batch and the rate of a training follow from where they are not given. The rules are one
// for the command line and for Fit.
type Size struct {
	Rows      int   // that are trained on
	Validated bool  // there are validation rows, which may end the training early
	MACs      int64 // multiply–accumulates of the network for one row, forward; 0 if not known
}

const (
	leastSteps   = 2000 // small tables need steps, however few rows they have
	leastEpochs  = 10
	mostSteps    = 2000      // of an epoch, before batches grow
	mostVisits   = 5_000_000 // rows read for the sake of leastSteps, where a step reads many
	mostWork     = 3e13      // MACs of all forward passes: minutes, where leastEpochs of a large network would be hours
	smallBatch   = 16
	usualBatch   = 32
	largestBatch = 256
	smallRows    = 2000 // below, batches are small
)

// SizeOf is the size of training a model on the rows of parts.
func SizeOf(m *models.Model, parts *data.Parts) (Size, error) {
	if m == nil || parts == nil {
		return Size{}, errors.New("there is no model, or there are no parts (nil)")
	}
	if err := m.Net.Validate(); err != nil {
		return Size{}, err
	}
	cost, err := m.Net.Cost()
	return Size{Rows: len(parts.Train), Validated: len(parts.Val) > 0, MACs: cost.MACs / int64(max(1, m.Net.Batch()))}, err
}

// Batch is the number of rows a step: 32 where a length in epochs is given, as it always was. Where that is left open, too
// (0), it is 16 up to 2000 rows, and 32 for more; beyond 64 000 rows it doubles, up to 256, to keep an epoch within 2000
// steps. It is one more where the last batch of an epoch would be a single row.
func (s Size) Batch(epochs int) int {
	if epochs > 0 {
		return usualBatch
	}
	b := smallBatch
	if s.Rows > smallRows {
		b = usualBatch
	}
	for b < largestBatch && steps(s.Rows, b) > mostSteps {
		b *= 2
	}
	for s.Rows > 1 && s.Rows%b == 1 { // a batch of one row has no variance for a batch norm, and much noise for all
		b++
	}
	return b
}

// Epochs is the length at a batch size: 2000 steps, and 10 epochs at least. Large batches of many rows and large networks
// get fewer, so that no default takes hours.
func (s Size) Epochs(batch int) int {
	n := max(1, steps(s.Rows, batch))
	visits := max(leastEpochs, mostVisits/max(1, s.Rows))
	e := max(leastEpochs, min((leastSteps+n-1)/n, visits))
	if work := float64(s.Rows) * float64(s.MACs); work*float64(e) > mostWork {
		e = max(1, int(mostWork/work))
	}
	return e
}

// Patience is for a length that was not given: half of it without a better epoch ends the training, but not fewer than five
// epochs. Without validation rows the length is fixed: 0.
func (s Size) Patience(epochs int) int {
	if !s.Validated {
		return 0
	}
	return max(5, (epochs+1)/2)
}

// Rate is the learning rate of AdamW: 0.1/√rows between 0.001 and 0.01, for few rows are read in few steps.
func (s Size) Rate() float64 {
	return round2(min(0.01, max(0.001, 0.1/math.Sqrt(float64(max(1, s.Rows))))))
}

// Decay is the weight decay of AdamW: 200/rows between 0.1 and 1. A prior weighs the more the fewer rows there are against
// it. The decay is multiplied by the rate at each step, so that it counts in long trainings, where networks learn their
// rows by heart, and hardly in short ones.
func (s Size) Decay() float64 { return round2(min(1, max(0.1, 200/float64(max(1, s.Rows))))) }

// round2 keeps two digits, so that a file of settings can be read.
func round2(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return math.Round(x/unit) / math.Round(1/unit)
}

// steps is the number of steps of an epoch.
func steps(rows, batch int) int { return (rows + batch - 1) / batch }
