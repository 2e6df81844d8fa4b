package models

import (
	"math"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/gtrain/gtrain/metrics"
	"github.com/pkg/errors"
)

// Predictor gives a model's predictions. It has the parameters of the moment when it was made, frozen (see
// [network.Runner.Freeze]).
//
// A Predictor may be used by any number of goroutines at the same time. As many calls as there are threads (package
// threads) run side by side, each with programs of its own and all with one copy of the weights; further ones wait. A call
// alone shares its work among all threads; of several at a time each has its part of them. Results are the same.
type Predictor struct {
	model *Model
	lanes *lanes          // of the network without its unscale layer
	first *network.Runner // of the lanes, for what does not change
	unit  op.Unscaling
}

// Predictor compiles the model for prediction. For each number of rows that it meets, up to [network.DefaultBatch], it
// keeps a program, and one more for each call that runs at the same time.
func (m *Model) Predictor() (*Predictor, error) {
	if m == nil {
		return nil, errNoModel
	}
	if err := rowwise(m.Net); err != nil {
		return nil, err
	}
	r, err := network.NewRunner(Standardized(m.Net), 0)
	if err != nil {
		return nil, err
	}
	if err := r.Freeze(); err != nil {
		return nil, err
	}
	return &Predictor{model: m, lanes: newLanes(r), first: r, unit: Target(m.Net)}, nil
}

// errNoPredictor is the error of a Predictor that nobody made.
var errNoPredictor = errors.New("there is no predictor: Model.Predictor makes one")

func (p *Predictor) none() bool { return p == nil || p.first == nil }

// Width is the number of values in a row of predictions: a probability for each class, or the one value of a regression.
func (p *Predictor) Width() int {
	if p.none() {
		return 0
	}
	if p.model.Task == data.Classification {
		return len(p.model.Classes)
	}
	return p.first.Width(0)
}

// Predict takes rows of raw features, row-major, in the order of Model.Features (data.Schema.Encode makes them of raw
// records), and returns rows × Width values: the probabilities of Model.Classes, or the values that a regression predicts.
// A feature that is NaN or infinite is an error, and so is a result that is.
func (p *Predictor) Predict(x []float32) ([]float32, error) {
	if p.none() {
		return nil, errNoPredictor
	}
	if o := p.model.Offsets(); o != nil {
		for j, offset := range o.Offset {
			if offset != 0 || o.Scale[j] != 1 {
				return nil, errors.Errorf("float32 is too coarse for feature %q, of which the model takes %v off in float64; take "+
					"Predict64, and data.Schema.Encode64", p.model.Features[j], offset)
			}
		}
	}
	out, err := p.run(x)
	if err != nil || p.model.Task == data.Classification {
		return out, err
	}
	for i, z := range out {
		out[i] = float32(p.unit.Of(float64(z)))
	}
	if err := p.check(out); err != nil {
		return nil, err
	}
	return out, nil
}

// Predict64 is Predict for rows in float64 (data.Schema.Encode64 makes them of raw records), with results in float64. Of
// models that take offsets off raw numbers it is the only way (Model.Offsets), and a regression's results are in full what
// its file in double gives where float32 is too coarse for them ([data.TargetScaling]).
func (p *Predictor) Predict64(x []float64) ([]float64, error) {
	if p.none() {
		return nil, errNoPredictor
	}
	rows, err := p.features(x)
	if err != nil {
		return nil, err
	}
	out, err := p.run(rows)
	if err != nil {
		return nil, err
	}
	wide := make([]float64, len(out))
	for i, z := range out {
		wide[i] = float64(z)
		if p.model.Task == data.Regression {
			wide[i] = p.unit.Of(wide[i])
		}
	}
	return wide, nil
}

// features makes what the network takes of raw numbers.
func (p *Predictor) features(x []float64) ([]float32, error) {
	in := p.first.InputWidth()
	for i, v := range x {
		if v-v != 0 && in > 0 && len(x)%in == 0 {
			return nil, errors.Errorf("row %d: feature %q is %v; give every feature a number, as data.Schema.Encode64 does with "+
				"imputation", i/in+1, p.model.Features[i%in], v)
		}
	}
	if o := p.model.Offsets(); o != nil {
		return o.Features(x)
	}
	rows := make([]float32, len(x))
	for i, v := range x {
		rows[i] = float32(v)
	}
	return rows, nil
}

// run gives probabilities, or what a regression learnt to say.
func (p *Predictor) run(x []float32) ([]float32, error) {
	in := p.first.InputWidth()
	if in == 0 || len(x)%in != 0 {
		return nil, errors.Errorf("%d values are no whole number of rows of %d features", len(x), in)
	}
	if at := update.NonFiniteIndex(x); at >= 0 {
		return nil, errors.Errorf("row %d: feature %q is %v; give every feature a number, as data.Schema.Encode does with imputation",
			at/in+1, p.model.Features[at%in], x[at])
	}
	out, err := p.lanes.predict(x)
	if err != nil {
		return nil, err
	}
	if out = p.model.Probabilities(out); p.check(out) != nil {
		return nil, p.check(out)
	}
	return out, nil
}

// check says which row has a result that is not finite.
func (p *Predictor) check(out []float32) error {
	if at := update.NonFiniteIndex(out); at >= 0 {
		return errors.Errorf("row %d: the model gives %v: the row's values lie far outside those of training",
			at/p.Width()+1, out[at])
	}
	return nil
}

// Classify returns the most probable class of each row; of equally probable ones the first. A regression has none.
func (p *Predictor) Classify(x []float32) ([]string, error) {
	if p.none() {
		return nil, errNoPredictor
	}
	if p.model.Task != data.Classification {
		return nil, errors.Errorf("the model is for %v and has no classes", p.model.Task)
	}
	probabilities, err := p.Predict(x)
	if err != nil {
		return nil, err
	}
	return classified(p, probabilities)
}

// Classify64 is Classify for rows in float64, as Predict64 takes them.
func (p *Predictor) Classify64(x []float64) ([]string, error) {
	if p.none() {
		return nil, errNoPredictor
	}
	if p.model.Task != data.Classification {
		return nil, errors.Errorf("the model is for %v and has no classes", p.model.Task)
	}
	probabilities, err := p.Predict64(x)
	if err != nil {
		return nil, err
	}
	return classified(p, probabilities)
}

func classified[F float32 | float64](p *Predictor, probabilities []F) ([]string, error) {
	best, err := metrics.ArgMax(probabilities, p.Width())
	if err != nil {
		return nil, err
	}
	classes := make([]string, len(best))
	for i, c := range best {
		classes[i] = p.model.Classes[c]
	}
	return classes, nil
}

// Probabilities makes probabilities of what a classifier's network gives for some rows, where it does not end in a softmax:
// logits go through one, in place, and a single column is that of the second of two classes, through the sigmoid if the
// network has none. What a regression gives is left alone.
func (m *Model) Probabilities(out []float32) []float32 {
	if m.Task != data.Classification || IsSoftmax(m.Net) {
		return out
	}
	width := m.Net.Outputs[0].Shape()[1]
	if width == 1 {
		two := make([]float32, 0, 2*len(out))
		logits := !IsSigmoid(m.Net)
		for _, p := range out {
			if logits {
				p = float32(1 / (1 + math.Exp(-float64(p))))
			}
			two = append(two, 1-p, p)
		}
		return two
	}
	for lo := 0; lo < len(out); lo += width {
		row := out[lo : lo+width]
		top, sum := row[0], 0.0
		for _, v := range row {
			top = max(top, v)
		}
		for i, v := range row {
			x := math.Exp(float64(v - top))
			row[i] = float32(x)
			sum += x
		}
		for i := range row {
			row[i] = float32(float64(row[i]) / sum)
		}
	}
	return out
}
