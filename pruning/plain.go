package pruning

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// PlainTolerance is how far a network as it is run may be from the plain program, relative to the largest output: sums in
// another order, and weights with a batch norm in them, stay well below it in float32.
const PlainTolerance = 1e-4

// plainFloor is what differences are relative to where every output is smaller: the numbers of a layer that is silent but
// for rounding say nothing.
const plainFloor = 1e-2

// PlainRows is how many rows are put through plain programs, which are slow: the first of those at hand.
const PlainRows = 1000

// ErrNotPlain is the cause of the error when a network, as it is run, is not what its operations compute one by one.
var ErrNotPlain = errors.New("the network as it is run and its plain program differ")

// Plain says for each network that a report shows how far it is, as it is run for the report (rows at once or one at a
// time, folded, frozen, evaluated), from the plain program of the network that it comes from: operation by operation, with
// nothing folded or frozen, and, after a removal, with zeros in the place of units in a network that is not cut. A zero
// where there is no such network, or no such check.
type Plain struct {
	Dense   Difference `json:"dense"`
	Masked  Difference `json:"masked"`
	Untuned Difference `json:"untuned,omitzero"` // only where there was fine-tuning
	Pruned  Difference `json:"pruned"`
}

// Difference is the largest of many.
type Difference struct {
	MaxAbsDiff  float64 `json:"max_abs_diff"`
	MaxRelDiff  float64 `json:"max_rel_diff"` // over the largest absolute value; the larger of outputs and logits
	CheckedRows int     `json:"checked_rows"`
}

// Worse merges differences.
func (d Difference) Worse(e Difference) Difference {
	return Difference{max(d.MaxAbsDiff, e.MaxAbsDiff), max(d.MaxRelDiff, e.MaxRelDiff), max(d.CheckedRows, e.CheckedRows)}
}

func (p Plain) worse(q Plain) Plain {
	return Plain{p.Dense.Worse(q.Dense), p.Masked.Worse(q.Masked), p.Untuned.Worse(q.Untuned), p.Pruned.Worse(q.Pruned)}
}

// plain is what the plain program of a network gives for the first rows of x, outputs and logits.
func plain(reference *network.Network, x []float32) (want [][]float32, rows int, err error) {
	x, rows = first(reference, x, PlainRows)
	want, err = network.RunPlain(reference, x, logits(reference)...)
	return want, rows, errors.Wrap(err, "plain program")
}

// against compares what a network gave with what the plain program gives for the first rows.
func against(want, got [][]float32, rows int) (Difference, error) {
	return compare(head(got, want), want, rows, PlainTolerance, plainFloor, ErrNotPlain)
}

// first takes at most so many rows.
func first(net *network.Network, x []float32, most int) ([]float32, int) {
	width := max(models.InputWidth(net), 1)
	rows := min(len(x)/width, most)
	return x[:rows*width], rows
}

// head takes as much of each list as there is to compare it with.
func head(got, want [][]float32) [][]float32 {
	if len(got) != len(want) {
		return got
	}
	out := make([][]float32, len(got))
	for i := range got {
		out[i] = got[i][:min(len(got[i]), len(want[i]))]
	}
	return out
}

// Hold compares a model with the plain program of its network, on rows of d: as [Assess] measures it, by an evaluator, and
// by frozen Runners, a row at a time and many at once. More than PlainTolerance is ErrNotPlain.
func Hold(m *models.Model, d *data.Dataset, rows []int) (Difference, error) {
	if err := m.Check(d); err != nil {
		return Difference{}, err
	}
	rows = rows[:min(len(rows), PlainRows)]
	if len(rows) == 0 {
		return Difference{}, errors.New("no rows to compare networks on")
	}
	x := make([]float32, len(rows)*d.Width())
	if err := d.Gather(x, nil, rows); err != nil {
		return Difference{}, err
	}
	want, _, err := plain(m.Net, x)
	if err != nil {
		return Difference{}, err
	}
	var worst Difference
	for _, batch := range []int{0, 1} {
		some, n := x, len(rows)
		if batch == 1 {
			some, n = first(m.Net, x, network.DefaultBatch)
		}
		got, _, err := run(m.Net, batch, some, logits(m.Net)...)
		if err != nil {
			return worst, err
		}
		e, err := against(head(want, got), got, n)
		if worst = worst.Worse(e); err != nil {
			return worst, err
		}
	}
	eval, err := training.NewEvaluator(m, nil)
	if err != nil {
		return worst, err
	}
	got, err := eval.Predict(d, rows)
	if err != nil {
		return worst, err
	}
	e, err := against([][]float32{m.Probabilities(want[0])}, [][]float32{got}, len(rows))
	return worst.Worse(e), err
}

// proven keeps a proof.
func (p *pruner) proven(proof Equivalence, err error) error {
	p.result.Equivalence = p.result.Equivalence.worse(proof)
	return err
}

// holdEvidence compares the activations that units are scored by with those of the plain program.
func holdEvidence(net *network.Network, c *surgery.Coupling, x []float32) error {
	var watch []*gorgonia.Node
	for _, g := range c.Groups {
		watch = append(watch, g.Activation)
	}
	x, rows := first(net, x, network.DefaultBatch)
	want, err := network.RunPlain(net, x, watch...)
	if err != nil {
		return errors.Wrap(err, "plain program")
	}
	got, _, err := run(net, 0, x, watch...)
	if err != nil {
		return err
	}
	_, err = against(want, got, rows)
	return errors.Wrap(err, "activations to score units by")
}
