package training

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/gtrain/gtrain/internal/shards"
	"github.com/gtrain/gtrain/metrics"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// Result is what a network is worth on some rows.
type Result struct {
	// Loss is the mean over rows of the loss that training minimises. Where targets are scaled ([models.Unscale]), mse
	// and huber are in the target's own unit squared, δ being in the unit that was learnt; what another loss gives is of
	// scaled targets.
	Loss    float64
	Metrics *metrics.Report
}

// Value returns a metric by name; "loss" is the loss.
func (r *Result) Value(name string) (float64, error) {
	if name == "loss" {
		return r.Loss, nil
	}
	m, err := metrics.Lookup(name)
	if err != nil {
		return 0, err
	}
	return m.Of(r.Metrics)
}

// Evaluator computes loss and metrics of a network. It follows the training of the network's parameters: each evaluation
// takes their values when it begins. It keeps a copy of them, and one of weight matrices as kernels read them.
//
// An Evaluator is for one goroutine at a time; evaluations of different Evaluators may run at the same time, also of one model
// that nobody trains.
type Evaluator struct {
	model *models.Model
	net   *network.Network // inference form
	loss  *network.Loss
	parts *shards.Pool[*batchProgram]
	now   *graph.Snapshot // of the network, as it is evaluated; nil before the first evaluation

	// the evaluation in progress
	data     *data.Dataset
	rows     []int
	labelled bool
	out      []float32
	sum      *metrics.Collector[float32] // receives what a classifier says of the rows, in place of out
	losses   []float64                   // of each part, summed over its rows
}

// NewEvaluator prepares an evaluation. The loss is what the result's Loss reports, the task's usual one if nil. For a
// classifier of one column cross-entropy means the binary one.
func NewEvaluator(m *models.Model, loss *network.Loss) (*Evaluator, error) {
	if m == nil {
		return nil, errNoModel
	}
	loss, err := lossFor(loss, m, nil)
	if err != nil {
		return nil, err
	}
	net, err := m.Net.Inference()
	if err != nil {
		return nil, err
	}
	e := &Evaluator{model: m, net: net, loss: loss}
	e.parts = shards.New(func(rows int) (*batchProgram, error) {
		return newBatchProgram(e.net, rows, e.loss, false, nil, graph.FrozenTo(e.now))
	}, e.part)
	return e, nil
}

// Evaluate runs the rows of d in order. What is not finite among the results is metrics.ErrNotFinite.
//
// The memory that it takes is a few numbers a row, and the report: a classifier's outputs are measured some rows at a time.
func (e *Evaluator) Evaluate(d *data.Dataset, rows []int) (*Result, error) {
	r, err := e.evaluate(d, rows, (*metrics.Collector[float32]).Report)
	if err != nil || d.Task == data.Regression {
		return r, err
	}
	return r, r.Metrics.NameClasses(e.model.Classes)
}

// summary is Evaluate without what grows with the number of classes.
func (e *Evaluator) summary(d *data.Dataset, rows []int) (*Result, error) {
	return e.evaluate(d, rows, (*metrics.Collector[float32]).Summary)
}

func (e *Evaluator) evaluate(d *data.Dataset, rows []int,
	report func(*metrics.Collector[float32]) (*metrics.Report, error)) (r *Result, err error) {
	if err := e.check(d, rows, true); err != nil {
		return nil, err
	}
	r = &Result{}
	if d.Task == data.Regression {
		var out []float32
		if out, r.Loss, err = e.run(d, rows, true); err != nil {
			return nil, err
		}
		targets := make([]float64, len(rows))
		if err := d.GatherTargets64(targets, rows); err != nil {
			return nil, err
		}
		r.Metrics, err = metrics.RegressionReport(targets, e.unscaled(out))
		return r, err
	}
	labels := make([]int, len(rows))
	if err := d.GatherLabels(labels, rows); err != nil {
		return nil, err
	}
	if e.sum, err = metrics.NewCollector[float32](labels, len(e.model.Classes)); err != nil {
		return nil, err
	}
	sum := e.sum
	defer func() { e.sum = nil }()
	if _, r.Loss, err = e.run(d, rows, true); err != nil {
		return nil, err
	}
	r.Metrics, err = report(sum)
	return r, err
}

// Predict returns what the network says of rows of d: probabilities, rows × classes, or one number a row.
func (e *Evaluator) Predict(d *data.Dataset, rows []int) ([]float32, error) {
	if e.model.Task == data.Regression {
		wide, err := e.Predict64(d, rows)
		out := make([]float32, len(wide))
		for i, y := range wide {
			out[i] = float32(y)
		}
		return out, err
	}
	if err := e.check(d, rows, false); err != nil {
		return nil, err
	}
	out, _, err := e.run(d, rows, false)
	return e.model.Probabilities(out), err
}

// Predict64 is Predict in float64: what a regression says in the target's unit, of which float32 may be too coarse a
// number ([data.TargetScaling]).
func (e *Evaluator) Predict64(d *data.Dataset, rows []int) ([]float64, error) {
	if err := e.check(d, rows, false); err != nil {
		return nil, err
	}
	out, _, err := e.run(d, rows, false)
	if err != nil {
		return nil, err
	}
	return e.unscaled(e.model.Probabilities(out)), nil
}

// unscaled gives what the network learnt to say the target's unit.
func (e *Evaluator) unscaled(out []float32) []float64 {
	unit := models.Target(e.net)
	wide := make([]float64, len(out))
	for i, z := range out {
		wide[i] = unit.Of(float64(z))
	}
	return wide
}

// check says why rows of d cannot be evaluated.
func (e *Evaluator) check(d *data.Dataset, rows []int, labelled bool) error {
	if len(rows) == 0 {
		return errors.New("no rows to evaluate")
	}
	if d == nil {
		return errNoData
	}
	if labelled {
		if err := e.model.Check(d); err != nil {
			return err
		}
	}
	if err := e.model.CheckOffsets(d); err != nil {
		return err
	}
	if want := models.InputWidth(e.net); want != d.Width() {
		return errors.Errorf("the model takes %d features; %s has %d", want, d.Name, d.Width())
	}
	if labelled && !d.Labeled() {
		return errors.Errorf("%s has no column %q to compare predictions with", d.Name, d.Target)
	}
	return nil
}

// run gives what the network says of the rows before it is unscaled or made into probabilities; nil where e.sum takes it.
func (e *Evaluator) run(d *data.Dataset, rows []int, labelled bool) (out []float32, loss float64, err error) {
	if err := e.freeze(); err != nil {
		return nil, 0, err
	}
	e.data, e.rows, e.labelled, e.losses = d, rows, labelled, make([]float64, shards.Parts(len(rows)))
	if e.sum == nil {
		e.out = make([]float32, len(rows)*e.net.Outputs[0].Shape()[1])
	}
	defer func() { e.data, e.rows, e.out = nil, nil, nil }()
	if err := e.parts.Run(0, len(rows)); err != nil {
		return nil, 0, err
	}
	return e.out, kernels.Sum(e.losses) / float64(len(rows)), err
}

// freeze takes the parameters of now, which do not change during an evaluation: weight matrices are packed once for all of
// its parts.
func (e *Evaluator) freeze() (err error) {
	if e.now != nil {
		return e.now.Refresh()
	}
	e.now, err = graph.TakeSnapshot(e.net.Tensors()...)
	return err
}

// part runs rows lo to hi, which are part number k.
func (e *Evaluator) part(p *batchProgram, k, lo, hi int) error {
	d, rows := e.data, e.rows[lo:hi]
	if err := p.gather(d, rows, e.labelled); err != nil {
		return err
	}
	if at := update.NonFiniteIndex(p.x32); at >= 0 {
		return errors.Errorf("%s, row %d: feature %q is missing; impute first", d.Name, rows[at/d.Width()],
			d.Features[at%d.Width()])
	}
	if err := p.vm.RunPart(); err != nil {
		return err
	}
	e.losses[k] = p.cost() * float64(len(rows))
	width := e.net.Outputs[0].Shape()[1]
	if e.sum == nil {
		return p.output(e.out[lo*width : hi*width])
	}
	if len(p.said) != len(rows)*width {
		p.said = make([]float32, len(rows)*width)
	}
	if err := p.output(p.said); err != nil {
		return err
	}
	return e.sum.Add(lo, e.model.Probabilities(p.said))
}
