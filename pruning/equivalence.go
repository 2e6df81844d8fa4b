package pruning

import (
	"math"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Tolerance is how far a removed network may be from the masked one, relative to the largest output: rounding alone
// stays well below it in float32, for sums in another order.
const Tolerance = 1e-5

// ErrNotEquivalent is the cause of the error when a removal changed what the network computes.
var ErrNotEquivalent = errors.New("removed and masked networks differ")

// Equivalence is the proof that a removal did what it should.
type Equivalence struct {
	MaxAbsDiff  float64 `json:"max_abs_diff"`
	MaxRelDiff  float64 `json:"max_rel_diff"` // over the largest absolute value; the larger of outputs and logits
	CheckedRows int     `json:"checked_rows"`
	Checks      int     `json:"checks"` // removals that were checked; the differences are the largest of all
}

// Check compares two networks on rows of x (row-major): on their outputs and, where these are probabilities, on the
// logits, where a difference shows that softmax would hide; where they are a regression's that was unscaled, on what went
// into that, where a difference shows that a large mean would hide. More than Tolerance is ErrNotEquivalent.
func Check(masked, removed *graph.Network, x []float32) (Equivalence, error) {
	if len(x) == 0 {
		return Equivalence{}, errors.New("no rows to compare networks on")
	}
	a, rows, err := outputs(masked, x)
	if err != nil {
		return Equivalence{}, errors.Wrap(err, "masked network")
	}
	b, _, err := outputs(removed, x)
	if err != nil {
		return Equivalence{}, errors.Wrap(err, "removed network")
	}
	e := Equivalence{CheckedRows: rows, Checks: 1}
	if len(a) != len(b) {
		return e, errors.Wrap(ErrNotEquivalent, "only one of them ends in a softmax, or in an unscale layer")
	}
	for k := range a {
		if len(a[k]) != len(b[k]) {
			return e, errors.Wrapf(ErrNotEquivalent, "%d and %d values", len(a[k]), len(b[k]))
		}
		diff, top := 0.0, math.SmallestNonzeroFloat64
		for i := range a[k] {
			d := math.Abs(float64(a[k][i]) - float64(b[k][i]))
			if d-d != 0 { // a NaN or an infinity in either
				return e, errors.Wrapf(ErrNotEquivalent, "outputs %v and %v", a[k][i], b[k][i])
			}
			diff, top = max(diff, d), max(top, math.Abs(float64(a[k][i])))
		}
		e.MaxAbsDiff, e.MaxRelDiff = max(e.MaxAbsDiff, diff), max(e.MaxRelDiff, diff/top)
	}
	if !(e.MaxRelDiff <= Tolerance) {
		return e, errors.Wrapf(ErrNotEquivalent, "by %.3g relative on %d rows; %.0e is allowed", e.MaxRelDiff, rows,
			Tolerance)
	}
	return e, nil
}

// outputs returns the outputs and what a softmax or an unscale layer at the end made them of.
func outputs(net *graph.Network, x []float32) ([][]float32, int, error) {
	var watch []*gorgonia.Node
	if models.IsSoftmax(net) || models.Standardised(net) != net {
		watch = graph.Children(net.Outputs[0])
	}
	r, err := graph.NewRunner(net, 0, watch...)
	if err != nil {
		return nil, 0, err
	}
	if err := r.Freeze(); err != nil {
		return nil, 0, err
	}
	rows := len(x) / max(r.InputWidth(), 1)
	out := make([][]float32, 1+len(watch))
	for i := range out {
		out[i] = make([]float32, rows*r.Width(i))
	}
	return out, rows, r.Run(x, out...)
}

// worse merges the proofs of several removals.
func (e Equivalence) worse(f Equivalence) Equivalence {
	return Equivalence{max(e.MaxAbsDiff, f.MaxAbsDiff), max(e.MaxRelDiff, f.MaxRelDiff), max(e.CheckedRows, f.CheckedRows),
		e.Checks + f.Checks}
}
