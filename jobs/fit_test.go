package jobs

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
	"gorgonia.org/tensor"
)

// The library and the command line train the same model: the same settings give the same bits, and so do the defaults.
func TestFitIsTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	clusters := write(t, dir, "clusters.csv", clusters(t))
	var holes strings.Builder
	holes.WriteString("age,town,y\n")
	for i := range 80 {
		fmt.Fprintf(&holes, "%s,%s,%s\n", []string{"20", "", "41", "53"}[i%4], []string{"Rome", "Oslo", "?"}[i%3], []string{"no", "yes"}[i%2])
	}
	people := write(t, dir, "people.csv", holes.String())
	for _, c := range []struct {
		name   string
		source string
		change func(c *config.Config)
		model  models.Spec // the one of that name where there are no layers
		fit    training.FitConfig
		opt    data.Options
	}{
		{"README", clusters, func(c *config.Config) {
			c.Model.Name, c.Train.Optimizer, c.Train.Epochs, c.Train.Batch = "mlp:64,32", "adam", 10, 32
		}, models.Sequential(models.Input(100), models.Dense(64, models.ReLU), models.Dense(32, models.ReLU), models.Dense(10),
			models.Softmax()), training.FitConfig{Config: training.Config{Epochs: 10, Batch: 32, Optimizer: &optimizers.Adam{}}},
			data.Options{}},
		{"defaults", "iris", func(c *config.Config) { c.Model.Name = "mlp:16" }, models.Spec{}, training.FitConfig{}, data.Options{}},
		{"regression", "diabetes", func(c *config.Config) { c.Train.Loss, c.Train.Delta, c.Train.Batch = "huber", 0.5, 64 }, models.Spec{},
			training.FitConfig{Config: training.Config{Batch: 64, Loss: network.Huber(0.5)}}, data.Options{}},
		{"images", "digits", func(c *config.Config) { c.Model.Name, c.Train.Epochs = "cnn-small", 2 }, models.Spec{},
			training.FitConfig{Config: training.Config{Epochs: 2}}, data.Options{}},
		{"imputed", people, func(c *config.Config) {
			c.Data.Impute, c.Data.Scaling, c.Train.Epochs = data.ImputeMedian, data.MinMax, 5
		}, models.Spec{},
			training.FitConfig{Config: training.Config{Epochs: 5}, Scaling: data.MinMax}, data.Options{Impute: data.ImputeMedian}},
		{"by name", "wine", func(c *config.Config) {
			c.Train.Optimizer, c.Train.LearningRate, c.Train.OptimizerOptions = "sgd", 0.1, map[string]any{"momentum": 0.9}
			c.Train.Schedule, c.Train.ClipNorm, c.Train.Epochs, c.Train.Smoothing = "constant", 0.5, 20, 0.1
			c.Data.TestSplit, c.Data.ValSplit = 0.3, 0
		}, models.Spec{}, training.FitConfig{Config: training.Config{Epochs: 20}, Method: training.Method{Optimizer: "sgd",
			LearningRate: 0.1, Options: optimizers.Options{"momentum": 0.9}, Schedule: "constant", ClipNorm: 0.5},
			NamedLoss: models.NamedLoss{LossOptions: models.LossOptions{Smoothing: 0.1}}, Split: &data.SplitOptions{Test: 0.3}},
			data.Options{}},
		{"averaged", "iris", func(c *config.Config) { c.Train.Optimizer = "asgd" }, models.Spec{},
			training.FitConfig{Config: training.Config{Optimizer: &optimizers.ASGD{}}}, data.Options{}},
		{"all rows at a time", "iris", func(c *config.Config) { c.Train.Optimizer, c.Train.Epochs, c.Train.Batch = "rprop", 30, 16 }, models.Spec{},
			training.FitConfig{Config: training.Config{Epochs: 30, Batch: 16, Optimizer: &optimizers.Rprop{}}}, data.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var name string
			r, out := trained(t, c.source, func(s *config.Config) {
				s.Seed, s.Train.Epochs, s.Model.Name = 3, config.Auto, "mlp:8"
				c.change(s)
				name = s.Model.Name
			})
			m, err := LoadModel(out)
			if err != nil {
				t.Fatal(err)
			}
			d, err := data.Load(c.source, c.opt)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.model.Layers) == 0 {
				if c.model, err = models.Parse(name); err != nil {
					t.Fatal(err)
				}
			}
			c.fit.Seed = 3
			f, err := training.Fit(t.Context(), c.model, d, c.fit)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.History.Epochs) != r.Epochs || f.History.BestEpoch != r.BestEpoch {
				t.Errorf("%d epochs, best %d; on the command line %d, %d", len(f.History.Epochs), f.History.BestEpoch, r.Epochs, r.BestEpoch)
			}
			if len(m.Net.Params) != len(f.Model.Net.Params) {
				t.Fatalf("%d parameters and %d", len(m.Net.Params), len(f.Model.Net.Params))
			}
			for i, p := range m.Net.Params {
				q := f.Model.Net.Params[i]
				a, b := p.Value().(tensor.Tensor).Data().([]float32), q.Value().(tensor.Tensor).Data().([]float32)
				for j := range a {
					if math.Float32bits(a[j]) != math.Float32bits(b[j]) {
						t.Fatalf("%s[%d] is %v, on the command line %v", q.Name(), j, b[j], a[j])
					}
				}
			}
			e, err := f.Evaluate("test")
			if err != nil || e.Loss != r.Loss {
				t.Errorf("loss %v, on the command line %v: %v", e.Loss, r.Loss, err)
			}
		})
	}
}

// clusters is the README's dataset in small, as CSV.
func clusters(t *testing.T) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	const rows, features, classes = 300, 100, 10
	x, labels := make([]float32, rows*features), make([]int, rows)
	var names, classNames []string
	for j := range features {
		names = append(names, fmt.Sprintf("x%d", j))
	}
	for k := range classes {
		classNames = append(classNames, fmt.Sprintf("class %d", k))
	}
	for i := range rows {
		labels[i] = i % classes
		for j := range features {
			x[i*features+j] = float32(rng.NormFloat64()) + float32((labels[i]+j)%classes)/5
		}
	}
	d, err := data.NewClassification("clusters", names, x, classNames, labels)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := data.WriteCSV(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
