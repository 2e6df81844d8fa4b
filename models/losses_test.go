package models

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/suggest"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// cost is a loss of one prediction: the network passes its input through.
func cost(t testing.TB, loss *network.Loss, x []float64, target any) float64 {
	t.Helper()
	net := build(t, Sequential(Input(len(x)), Activate(Linear)), Options{Dtype: tensor.Float64})
	o, err := net.WithLoss(1, loss)
	if err != nil {
		t.Fatal(err)
	}
	let := func(n *gorgonia.Node, backing any) {
		if err := gorgonia.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(backing))); err != nil {
			t.Fatal(err)
		}
	}
	let(o.Inputs[0], x)
	let(o.Target, target)
	if err := graph.NewMachine(o.Graph).RunAll(); err != nil {
		t.Fatal(err)
	}
	return o.Cost.Value().Data().(float64)
}

func TestLosses(t *testing.T) {
	find := func(name string, task data.Task, o LossOptions) *network.Loss {
		l, err := Loss(name, task, o)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	lse := math.Log(math.Exp(1) + math.Exp(2) + math.Exp(0.5))
	for _, c := range []struct {
		name   string
		loss   *network.Loss
		x      []float64
		target any
		want   float64
	}{
		{"cross-entropy", find("", data.Classification, LossOptions{}), []float64{1, 2, 0.5}, []int{1}, lse - 2},
		{"smoothed", find("cross-entropy", data.Classification, LossOptions{Smoothing: 0.3}), []float64{1, 2, 0.5}, []int{1},
			lse - 0.7*2 - 0.1*3.5},
		{"mse", find("", data.Regression, LossOptions{}), []float64{3}, []float64{1}, 4},
		{"huber", find("huber", data.Regression, LossOptions{}), []float64{3}, []float64{1}, 1.5},
		{"huber, delta", find("huber", data.Regression, LossOptions{Delta: 5}), []float64{3}, []float64{1}, 2},
	} {
		if got := cost(t, c.loss, c.x, c.target); math.Abs(got-c.want) > 1e-14 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	for _, l := range Losses() {
		find(l.Name, l.Task, LossOptions{})
		if l.Summary == "" {
			t.Errorf("loss %s has no summary", l.Name)
		}
	}
}

func TestLossErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		task data.Task
		o    LossOptions
		want string
	}{
		{"cross-entropi", data.Classification, LossOptions{}, `did you mean "cross-entropy"`},
		{"mse", data.Classification, LossOptions{}, `loss "mse" is for regression; the data is for classification`},
		{"mse", data.Regression, LossOptions{Smoothing: 0.1}, "no label_smoothing"},
		{"mse", data.Regression, LossOptions{Delta: 1}, "no huber_delta"},
		{"", data.Classification, LossOptions{Smoothing: 1}, "must be a number in [0, 1)"},
		{"", data.Classification, LossOptions{Smoothing: math.NaN()}, "must be a number in [0, 1)"},
		{"huber", data.Regression, LossOptions{Delta: -1}, "must be a number >= 0"},
		{"huber", data.Regression, LossOptions{Delta: math.Inf(1)}, "must be a number >= 0"},
	} {
		if _, err := Loss(c.name, c.task, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %+v: error %v, want one that contains %q", c.name, c.o, err, c.want)
		}
	}
	if _, err := Loss("x", data.Regression, LossOptions{}); !errors.Is(err, suggest.ErrUnknown) {
		t.Errorf("error %v is not ErrUnknown", err)
	}
}

// A file that names a loss which this program does not have is loaded and predicts; who asks for the loss is told what to do.
func TestUnknownLossInFile(t *testing.T) {
	net := build(t, Sequential(Input(2), Dense(1)), Options{Seed: 1})
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := (&Model{Net: net, Task: data.Regression, Loss: &NamedLoss{Name: "pinball"}}).Save(path); err != nil {
		t.Fatal(err)
	}
	m, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Predictor(); err != nil {
		t.Error(err)
	}
	_, err = m.TrainingLoss()
	if err == nil || !strings.Contains(err.Error(), "RegisterLoss") || !strings.Contains(err.Error(), `unknown loss "pinball"`) {
		t.Error(err)
	}
}

// What does not go with its task, or makes nothing, is not put into the table.
func TestRegisterLoss(t *testing.T) {
	values := func(LossOptions) *network.Loss { return network.MSE() }
	for want, l := range map[string]LossInfo{
		"Make is nil":                     {Name: "own", Task: data.Regression},
		"does not go with the task":       {Name: "own", Task: data.Classification, Make: values},
		"there is a loss \"mse\" already": {Name: "mse", Task: data.Regression, Make: values},
		"Build is nil":                    {Name: "own", Make: func(LossOptions) *network.Loss { return &network.Loss{} }},
	} {
		if err := RegisterLoss(l); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
