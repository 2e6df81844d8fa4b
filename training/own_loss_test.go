package training

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
)

// lossFit trains a small model of its own with a loss.
func lossFit(t *testing.T, name string, loss *network.Loss, layers ...models.Layer) (*Fitted, error) {
	t.Helper()
	d, err := data.Load(name, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Fit(t.Context(), models.Sequential(layers...), d, FitConfig{Config: Config{Epochs: 3, Batch: 16, Loss: loss, Seed: 4,
		Optimizer: &optimizers.Adam{}}})
}

// oneHot is cross-entropy against one column a class.
func oneHot() *network.Loss {
	return &network.Loss{Name: "log loss", Targets: network.OneHot, Build: func(out, target *gorgonia.Node) (*gorgonia.Node, error) {
		logits := op.Children(out)[0] // in front of the softmax
		p, err := op.LogSoftmax(logits, 1)
		if err != nil {
			return nil, err
		}
		if p, err = op.Mul(p, target); err != nil {
			return nil, err
		}
		if p, err = op.Reduce(op.ReduceSum, p, false, 1); err != nil {
			return nil, err
		}
		if p, err = op.Reduce(op.ReduceMean, p, false); err != nil {
			return nil, err
		}
		return op.Unary("Neg", p)
	}}
}

// A loss of one's own trains as its twin among ours does: the same operation gives the same bits, and cross-entropy against
// one column a class what it gives against class indices, to rounding.
func TestOwnLoss(t *testing.T) {
	own := &network.Loss{Name: "own", Targets: network.Values, Squared: true,
		Build: func(out, target *gorgonia.Node) (*gorgonia.Node, error) { return op.MSE(out, target) }}
	got, err := lossFit(t, "diabetes", own, models.Dense(8, models.Tanh))
	if err != nil {
		t.Fatal(err)
	}
	want, err := lossFit(t, "diabetes", network.MSE(), models.Dense(8, models.Tanh))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(weightsOf(got), weightsOf(want)) || got.History.Epochs[2].TrainLoss != want.History.Epochs[2].TrainLoss {
		t.Error("a twin of mse gives other bits")
	}
	if got, err = lossFit(t, "iris", oneHot(), models.Dense(8, models.Tanh)); err != nil {
		t.Fatal(err)
	}
	if want, err = lossFit(t, "iris", network.CrossEntropy(0), models.Dense(8, models.Tanh)); err != nil {
		t.Fatal(err)
	}
	for i, e := range got.History.Epochs {
		w := want.History.Epochs[i]
		if math.Abs(e.TrainLoss-w.TrainLoss) > 1e-5 || math.Abs(*e.ValLoss-*w.ValLoss) > 1e-5 {
			t.Errorf("epoch %d: losses %v and %v, not %v and %v", i+1, e.TrainLoss, *e.ValLoss, w.TrainLoss, *w.ValLoss)
		}
	}
	a, b := weightsOf(got), weightsOf(want)
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-4 {
			t.Fatalf("weight %d is %v, not %v", i, a[i], b[i])
		}
	}
}

func weightsOf(f *Fitted) (all []float32) {
	for _, p := range f.Model.Net.Params {
		all = append(all, p.Value().Data().([]float32)...)
	}
	return all
}

// What a loss cannot compare is said in one line, before anything is computed, by all that take a loss.
func TestLossDoesNotFit(t *testing.T) {
	build := func(out, target *gorgonia.Node) (*gorgonia.Node, error) { return op.MSE(out, target) }
	dense := models.Dense(4, models.Tanh)
	for _, c := range []struct {
		data string
		loss *network.Loss
		want string
	}{
		{"diabetes", network.CrossEntropy(0), "loss cross-entropy compares class indices, and diabetes has numbers to predict"},
		{"diabetes", oneHot(), "loss log loss compares one column a class, and diabetes"},
		{"iris", network.MSE(), "loss mse compares values, one for each of 3 outputs, and iris has classes"},
		{"iris", &network.Loss{Name: "void", Targets: network.Labels}, "loss void: there is nothing that builds it"},
		{"iris", &network.Loss{Build: build}, "does not say what it compares outputs with"},
	} {
		_, err := lossFit(t, c.data, c.loss, dense)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v; want %q", c.data, err, c.want)
		}
		f, err := lossFit(t, c.data, nil, dense)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Gradients(f.Model, c.loss, f.Data, f.Parts.Train)
		_, err2 := NewEvaluator(f.Model, c.loss)
		if err == nil || err2 == nil {
			t.Errorf("%s, %s: gradients say %v, evaluation %v", c.data, c.loss.Name, err, err2)
		}
	}
}
