package training

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/tensor"
)

// Training standardises rows as they are gathered, evaluation in the network: both see the same numbers.
func TestRowsArePreparedAsTheNetworkDoes(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		k := prepare(t, "iris", 50, models.Dense(8), models.Activate(models.Tanh))
		k.dtype = dt
		m := k.model(t)
		rows := k.parts.Train[:37]
		tr := k.trainer(t, m, Config{Epochs: 1, Batch: 37, Optimizer: &optimizers.SGD{LearningRate: 0}, Seed: 1})
		e, err := NewEvaluator(m, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := e.Evaluate(k.d, rows)
		if err != nil {
			t.Fatal(err)
		}
		got, err := stepOn(tr, rows)
		if err != nil {
			t.Fatal(err)
		}
		p, err := tr.program(37)
		if err != nil {
			t.Fatal(err)
		}
		if p.preparation.rows == nil || p.in == p.obj.Inputs[0] {
			t.Errorf("%v: the standardisation is left to the program", dt)
		}
		if math.Abs(got-want.Loss) > 1e-7*want.Loss || dt == tensor.Float64 && got != want.Loss {
			t.Errorf("%v: the loss is %v in training and %v in evaluation", dt, got, want.Loss)
		}
	}
}

// An input that something else reads too is left alone.
func TestPreparationNeedsTheOnlyReader(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8))
	m := k.model(t)
	loss, err := models.Loss("", m.Task, models.LossOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o, err := m.Net.Objective(4, loss)
	if err != nil {
		t.Fatal(err)
	}
	if p := preparationOf(o); p.rows == nil {
		t.Error("the standardisation was not found")
	}
	for _, n := range o.Graph.AllNodes() {
		if n.Name() == m.Net.Params[0].Name() { // a weight: a product and its gradient read it
			o.Inputs[0] = n
		}
	}
	if p := preparationOf(o); p.rows != nil {
		t.Error("a weight is taken for an input that is standardised")
	}
}
