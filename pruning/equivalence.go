package pruning

import (
	"math"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Tolerance is how far a removed network may be from the masked one, relative to the largest output: rounding alone
// stays well below it in float32, for sums in another order.
const Tolerance = 1e-5

// ErrNotEquivalent is the cause of the error when a removal changed what the network computes.
var ErrNotEquivalent = errors.New("removed and masked networks differ")

// Equivalence is the proof that a removal did what it should, and that what a report shows is what the networks compute.
type Equivalence struct {
	MaxAbsDiff  float64 `json:"max_abs_diff"`
	MaxRelDiff  float64 `json:"max_rel_diff"` // over the largest absolute value; the larger of outputs and logits
	CheckedRows int     `json:"checked_rows"`
	Checks      int     `json:"checks"` // removals that were checked; the differences are the largest of all
	Plain       Plain   `json:"plain"`
}

// Check compares two networks on rows of x (row-major): on their outputs and, where these are probabilities, on the
// logits, where a difference shows that softmax would hide; where they are a regression's that was unscaled, on what went
// into that, where a difference shows that a large mean would hide. Both run as they do for a report, folded and frozen,
// and what they have in common, right or wrong, hides in their difference: so both are also held against the plain program
// of the masked network. More than Tolerance is ErrNotEquivalent, more than PlainTolerance is ErrNotPlain.
func Check(masked, removed *network.Network, x []float32) (Equivalence, error) {
	return checkRemoval(masked, masked, removed, x)
}

// checkRemoval is Check against the plain program of a reference.
func checkRemoval(reference, masked, removed *network.Network, x []float32) (e Equivalence, err error) {
	if len(x) == 0 {
		return e, errors.New("no rows to compare networks on")
	}
	a, rows, err := outputs(masked, x)
	if err != nil {
		return e, errors.Wrap(err, "masked network")
	}
	b, _, err := outputs(removed, x)
	if err != nil {
		return e, errors.Wrap(err, "removed network")
	}
	d, err := compare(b, a, rows, Tolerance, math.SmallestNonzeroFloat64, ErrNotEquivalent)
	e = Equivalence{MaxAbsDiff: d.MaxAbsDiff, MaxRelDiff: d.MaxRelDiff, CheckedRows: rows, Checks: 1}
	if err != nil {
		return e, err
	}
	want, rows, err := plain(reference, x)
	if err != nil {
		return e, err
	}
	if e.Plain.Masked, err = against(want, a, rows); err != nil {
		return e, errors.Wrap(err, "masked network")
	}
	e.Plain.Pruned, err = against(want, b, rows)
	return e, errors.Wrap(err, "removed network")
}

// checkMask holds a masked network alone against the plain program of a reference.
func checkMask(reference, masked *network.Network, x []float32) (e Equivalence, err error) {
	if len(x) == 0 {
		return e, errors.New("no rows to compare networks on")
	}
	want, rows, err := plain(reference, x)
	if err != nil {
		return e, err
	}
	got, _, err := outputs(masked, x)
	if err == nil {
		e.Plain.Masked, err = against(want, got, rows)
	}
	return e, errors.Wrap(err, "masked network")
}

// compare takes lists of results, outputs and perhaps logits. Differences are relative to the largest number of a list, or
// to floor where that is larger.
func compare(got, want [][]float32, rows int, tolerance, floor float64, cause error) (Difference, error) {
	e := Difference{CheckedRows: rows}
	if len(got) != len(want) {
		return e, errors.Wrap(cause, "only one of them ends in a softmax, or in an unscale layer")
	}
	for k := range want {
		if len(got[k]) != len(want[k]) {
			return e, errors.Wrapf(cause, "%d and %d values", len(want[k]), len(got[k]))
		}
		diff, top := 0.0, floor
		for i, w := range want[k] {
			d := math.Abs(float64(w) - float64(got[k][i]))
			if d-d != 0 { // a NaN or an infinity in either
				return e, errors.Wrapf(cause, "outputs %v and %v", w, got[k][i])
			}
			diff, top = max(diff, d), max(top, math.Abs(float64(w)))
		}
		e.MaxAbsDiff, e.MaxRelDiff = max(e.MaxAbsDiff, diff), max(e.MaxRelDiff, diff/top)
	}
	if !(e.MaxRelDiff <= tolerance) {
		return e, errors.Wrapf(cause, "by %.3g relative on %d rows; %.0e is allowed", e.MaxRelDiff, rows, tolerance)
	}
	return e, nil
}

// logits are what a network's outputs are compared by beside themselves: what a softmax or an unscale layer at its end made
// them of.
func logits(net *network.Network) []*gorgonia.Node {
	if models.IsSoftmax(net) || models.Standardized(net) != net {
		return op.Children(net.Outputs[0])
	}
	return nil
}

// outputs returns the outputs and, before a softmax, the logits.
func outputs(net *network.Network, x []float32) ([][]float32, int, error) {
	return run(net, 0, x, logits(net)...)
}

// run gives what a frozen Runner gives, as predictions and latencies are made.
func run(net *network.Network, batch int, x []float32, watch ...*gorgonia.Node) ([][]float32, int, error) {
	r, err := network.NewRunner(net, batch, watch...)
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
		e.Checks + f.Checks, e.Plain.worse(f.Plain)}
}
