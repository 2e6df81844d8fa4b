package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
)

func TestEveryRecipeRuns(t *testing.T) {
	for _, name := range config.Names() {
		c, err := config.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := config.Summary(name); s == "" || strings.HasPrefix(s, "#") {
			t.Errorf("%s has no summary", name)
		}
		c.Train.Epochs, c.Prune.FinetuneEpochs, c.Compare.Seeds = 2, 1, 0
		c.Out = filepath.Join(t.TempDir(), "run")
		n := &notes{}
		r, err := Run(context.Background(), c, OutOptions{}, n)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Pruned.Params >= r.Dense.Params || r.Masked.Params != r.Dense.Params || len(r.Removed) == 0 ||
			r.Equivalence.CheckedRows == 0 {
			t.Errorf("%s: %+v", name, r)
		}
		for _, f := range []string{models.File, rundir.ReportFile, rundir.MetricsFile, rundir.EnvFile, rundir.ConfigFile} {
			if !exists(filepath.Join(c.Out, f)) {
				t.Errorf("%s: there is no %s", name, f)
			}
		}
		if n.epochs != 3 || len(n.lines) < 3 {
			t.Errorf("%s: %d epochs and %d notes were reported", name, n.epochs, len(n.lines))
		}
		b, err := os.ReadFile(filepath.Join(c.Out, rundir.ReportFile))
		var back RunReport
		if err != nil || json.Unmarshal(b, &back) != nil || back.Pruned.Params != r.Pruned.Params {
			t.Errorf("%s: report.json: %v", name, err)
		}
	}
	_, err := config.Named("digit")
	mentions(t, err, `unknown recipe "digit": did you mean "digits"?`)
}

func TestRunCompares(t *testing.T) {
	c, err := config.Named("iris")
	if err != nil {
		t.Fatal(err)
	}
	c.Train.Epochs, c.Prune.FinetuneEpochs = 2, 1
	c.Compare = config.Compare{Criteria: []string{"l2", "random"}, Seeds: 2}
	c.Prune.Options.Bins = 8 // mutual-information's; l2 would refuse it
	c.Prune.Options.Estimator = "plug-in"
	c.Out = filepath.Join(t.TempDir(), "run")
	r, err := Run(context.Background(), c, OutOptions{}, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range r.Comparison {
		if o.Criterion != c.Compare.Criteria[i] || !reflect.DeepEqual(o.Seeds, []uint64{1, 2}) || len(o.Dense) != 2 ||
			len(o.Masked) != 2 || len(o.Pruned) != 2 || o.Params[0] != r.Pruned.Params {
			t.Errorf("%+v", o)
		}
	}
	if !slices.Equal(r.Comparison[0].Dense, r.Comparison[1].Dense) {
		t.Error("criteria were compared on different dense networks")
	}
	if mean, std := MeanStd([]float64{1, 3}); mean != 2 || std*std < 1.999 || std*std > 2.001 {
		t.Errorf("mean %v, deviation %v", mean, std)
	}
	if mean, std := MeanStd([]float64{5}); mean != 5 || std != 0 {
		t.Errorf("mean %v, deviation %v", mean, std)
	}
}

// What is wrong is known before anything is written.
func TestJobsWriteNothingBeforeTheyCan(t *testing.T) {
	_, model := trained(t, "iris", nil)
	for name, change := range map[string]func(*config.Config){
		"monitor of another task": func(c *config.Config) { c.Train.Monitor = "r2" },
		"loss of another task":    func(c *config.Config) { c.Train.Loss = "mse" },
		"missing data":            func(c *config.Config) { c.Data.Source = "nosuch.csv" },
		"target":                  func(c *config.Config) { c.Data.Target = "nosuch" },
		"layers":                  func(c *config.Config) { c.Prune.Layers = []string{"dense9"} },
		"epochs":                  func(c *config.Config) { c.Train.Epochs = -1 },
	} {
		c := config.Default()
		c.Data.Source, c.Out = "iris", filepath.Join(t.TempDir(), "run")
		change(&c)
		if _, err := Run(context.Background(), c, OutOptions{}, Silent{}); !errors.Is(err, config.ErrConfig) || exists(c.Out) {
			t.Errorf("run, %s: %v; written: %v", name, err, exists(c.Out))
		}
		if name == "layers" {
			continue
		}
		if _, err := Train(context.Background(), c, OutOptions{}, Silent{}); !errors.Is(err, config.ErrConfig) || exists(c.Out) {
			t.Errorf("train, %s: %v; written: %v", name, err, exists(c.Out))
		}
	}
	refuse := OutOptions{Accept: func(task data.Task) error { return errors.New("not " + task.String()) }}
	c := config.Default()
	c.Data.Source, c.Out = "iris", filepath.Join(t.TempDir(), "run")
	_, trainErr := Train(context.Background(), c, refuse, Silent{})
	_, runErr := Run(context.Background(), c, refuse, Silent{})
	_, pruneErr := Prune(context.Background(), model, c, refuse, Silent{})
	_, evalErr := Eval(context.Background(), model, EvalOptions{Source: "iris", Accept: refuse.Accept}, Silent{})
	for _, err := range []error{trainErr, runErr, pruneErr, evalErr} {
		mentions(t, err, "not classification")
	}
	if exists(c.Out) {
		t.Error("something was written")
	}
}

// A context that ends makes every job end with ErrInterrupted.
func TestJobsStop(t *testing.T) {
	_, model := trained(t, "iris", nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := config.Default()
	c.Data.Source = "iris"
	for name, job := range map[string]func(c config.Config) error{
		"train": func(c config.Config) error { _, err := Train(ctx, c, OutOptions{}, Silent{}); return err },
		"run":   func(c config.Config) error { _, err := Run(ctx, c, OutOptions{}, Silent{}); return err },
		"prune": func(c config.Config) error { _, err := Prune(ctx, model, c, OutOptions{}, Silent{}); return err },
		"prune without fine-tuning": func(c config.Config) error {
			c.Prune.FinetuneEpochs = 0
			_, err := Prune(ctx, model, c, OutOptions{}, Silent{})
			return err
		},
		"eval": func(config.Config) error {
			_, err := Eval(ctx, model, EvalOptions{Source: "iris"}, Silent{})
			return err
		},
		"predict": func(config.Config) error { _, err := Predict(ctx, model, "iris", "", 0, Silent{}); return err },
	} {
		c := c
		c.Out = filepath.Join(t.TempDir(), "run")
		if err := job(c); !errors.Is(err, training.ErrInterrupted) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.HasPrefix(name, "prune") && exists(c.Out) {
			t.Errorf("%s wrote something", name)
		}
	}
}

func TestOnlyTrainingResumes(t *testing.T) {
	c := config.Default()
	_, err := Run(context.Background(), c, OutOptions{Mode: rundir.Mode{Resume: true}}, Silent{})
	mentions(t, err, "run cannot be resumed")
	_, err = Prune(context.Background(), "x", c, OutOptions{Mode: rundir.Mode{Resume: true}}, Silent{})
	mentions(t, err, "pruning cannot be resumed")
}
