package jobs

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/models"
)

func asIs(c config.Config) (config.Config, error) { return c, nil }

// A run's settings of training are what its pruning begins with; files, environment and flags go over them.
func TestFineTuningIsAsTheRunWasTrained(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		train  func(*config.Train)
		over   func(*config.Config) // what a user says on top
		want   Finetune
		says   string
	}{
		"sgd with label smoothing": {"iris", func(t *config.Train) {
			t.Optimizer, t.OptimizerOptions, t.LearningRate, t.Smoothing = "sgd", map[string]any{"momentum": 0.9}, 0.02, 0.1
		}, nil, Finetune{Batch: 32, Optimizer: "sgd", Options: map[string]any{"momentum": 0.9}, LearningRate: 0.02,
			Schedule: "cosine", Loss: "cross-entropy", LabelSmoothing: 0.1}, ", as"},
		"batch, schedule and clipping": {"iris", func(t *config.Train) {
			t.Batch, t.Schedule, t.ClipNorm = 16, "constant", 0.5
		}, nil, Finetune{Batch: 16, Optimizer: "adamw", Options: map[string]any{"weight_decay": 1}, LearningRate: 0.0099,
			Schedule: "constant", Loss: "cross-entropy", ClipNorm: 0.5}, ", as"},
		"huber": {"diabetes", func(t *config.Train) {
			t.Loss, t.Delta, t.Optimizer, t.OptimizerOptions = "huber", 0.5, "adam", nil
		}, nil, Finetune{Batch: 32, Optimizer: "adam", LearningRate: 0.001, Schedule: "cosine", Loss: "huber",
			HuberDelta: 0.5}, ", as"},
		"a schedule with options": {"iris", func(t *config.Train) {
			t.Schedule, t.ScheduleOptions = "step", map[string]any{"every": 3, "gamma": 0.5}
		}, nil, Finetune{Batch: 32, Optimizer: "adamw", Options: map[string]any{"weight_decay": 1}, LearningRate: 0.0099,
			Schedule: "step", Loss: "cross-entropy"}, ", as"},
		"another optimizer is asked for": {"iris", func(t *config.Train) {
			t.Optimizer, t.OptimizerOptions, t.Smoothing = "sgd", map[string]any{"momentum": 0.9}, 0.2
		}, func(c *config.Config) {
			if err := c.Set("train.optimizer", "adam", "--optimizer"); err != nil {
				panic(err)
			}
		}, Finetune{Batch: 32, Optimizer: "adam", LearningRate: 0.001, Schedule: "cosine", Loss: "cross-entropy",
			LabelSmoothing: 0.2}, ", otherwise than"},
		"another optimizer, whose rate is its own": {"iris", func(t *config.Train) { t.LearningRate = 0.02 }, func(c *config.Config) {
			if err := c.Set("train.optimizer", "adam", "--optimizer"); err != nil {
				panic(err)
			}
		}, Finetune{Batch: 32, Optimizer: "adam", LearningRate: 0.001, Schedule: "cosine", Loss: "cross-entropy"},
			", otherwise than"},
		"another optimizer and its rate": {"iris", func(t *config.Train) { t.LearningRate = 0.02 }, func(c *config.Config) {
			if err := c.Set("train.optimizer", "adam", "--optimizer"); err != nil {
				panic(err)
			}
			c.Train.LearningRate = 0.02
		}, Finetune{Batch: 32, Optimizer: "adam", LearningRate: 0.02, Schedule: "cosine", Loss: "cross-entropy"},
			", otherwise than"},
		"another loss, which knows no delta": {"diabetes", func(t *config.Train) {
			t.Loss, t.Delta, t.Optimizer = "huber", 0.5, "adam"
		}, func(c *config.Config) { c.Train.Loss = "mse" }, Finetune{Batch: 32, Optimizer: "adam", LearningRate: 0.001,
			Schedule: "cosine", Loss: "mse"}, ", otherwise than"},
		"another rate is asked for": {"iris", func(t *config.Train) { t.LearningRate = 0.005 },
			func(c *config.Config) { c.Prune.FinetuneLR = 0.002 },
			Finetune{Batch: 32, Optimizer: "adamw", Options: map[string]any{"weight_decay": 1}, LearningRate: 0.002,
				Schedule: "cosine", Loss: "cross-entropy"}, ", otherwise than"},
		"no smoothing is asked for": {"iris", func(t *config.Train) { t.Smoothing = 0.3 },
			func(c *config.Config) { c.Train.Smoothing = 0 },
			Finetune{Batch: 32, Optimizer: "adamw", Options: map[string]any{"weight_decay": 1}, LearningRate: 0.0099,
				Schedule: "cosine", Loss: "cross-entropy"}, ", otherwise than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, run := trained(t, c.source, func(cfg *config.Config) { cfg.Train.Batch = 32; c.train(&cfg.Train) })
			cfg, err := ForModel(run, func(cfg config.Config) (config.Config, error) {
				if c.over != nil {
					c.over(&cfg)
				}
				return cfg, cfg.Validate() // as the command line does
			})
			if err != nil {
				t.Fatal(err)
			}
			cfg.Data.Source, cfg.Out, cfg.Prune.FinetuneEpochs = c.source, filepath.Join(t.TempDir(), "out"), 2
			n := &notes{}
			r, err := Prune(context.Background(), run, cfg, OutOptions{}, n)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Epochs = 2
			if r.Finetune == nil || !reflect.DeepEqual(*r.Finetune, c.want) {
				t.Errorf("fine-tuning %+v, want %+v", r.Finetune, c.want)
			}
			if !strings.Contains(n.text(), "fine-tuning"+c.says+" "+run+" was trained: "+c.want.String()) {
				t.Errorf("notes %q", n.text())
			}
			// What is written says the same, so that the small model is pruned again in the same way.
			again, err := ForModel(r.ModelFile, asIs)
			if err != nil || !reflect.DeepEqual(again.Train, cfg.Train) {
				t.Errorf("of what was written: %+v, %v; want %+v", again.Train, err, cfg.Train)
			}
		})
	}
}

// The dense network's loss is the one that its training ended with: both columns are of one loss.
func TestLossesOfAPruningAreOne(t *testing.T) {
	for _, change := range []func(*config.Train){
		func(t *config.Train) { t.Smoothing = 0.2 },
		func(t *config.Train) {},
	} {
		r, run := trained(t, "wine", func(c *config.Config) { change(&c.Train) })
		bare := filepath.Join(t.TempDir(), "bare.onnx") // in no run directory: it has what the file records
		b, err := os.ReadFile(filepath.Join(run, models.File))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(bare, b, 0o666); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{run, filepath.Join(run, models.File), bare} {
			c, err := ForModel(path, asIs)
			if err != nil {
				t.Fatal(err)
			}
			for _, epochs := range []int{0, 1} {
				c.Data.Source, c.Out, c.Prune.FinetuneEpochs = "wine", filepath.Join(t.TempDir(), "out"), epochs
				p, err := Prune(context.Background(), path, c, OutOptions{}, Silent{})
				if err != nil {
					t.Fatal(err)
				}
				if p.Dense.Loss != r.Loss {
					t.Errorf("%s: dense loss %v, trained with %v", path, p.Dense.Loss, r.Loss)
				}
				again, err := Eval(context.Background(), p.ModelFile, EvalOptions{Source: "wine"}, Silent{})
				if err != nil {
					t.Fatal(err)
				}
				if again.Loss != p.Pruned.Loss {
					t.Errorf("%s, %d epochs: pruned loss %v, evaluated %v", path, epochs, p.Pruned.Loss, again.Loss)
				}
			}
		}
	}
}

func TestForModelNamesWhatIsWrong(t *testing.T) {
	_, run := trained(t, "iris", nil)
	write(t, run, rundir.ConfigFile, "train:\n  optimiser: sgd\n")
	_, err := ForModel(run, asIs)
	mentions(t, err, `how the run was trained: `+filepath.Join(run, rundir.ConfigFile)+`:2: unknown setting "train.optimiser"`)
	_, err = ForModel(filepath.Join(run, "nosuch"), asIs)
	mentions(t, err, "no such file or run directory")
	// A file of that name in a directory that no run wrote is somebody else's.
	if err := os.Remove(filepath.Join(run, rundir.EnvFile)); err != nil {
		t.Fatal(err)
	}
	if c, err := ForModel(run, asIs); err != nil || c.Train.Optimizer != config.Default().Train.Optimizer {
		t.Errorf("a directory without settings: %+v, %v", c.Train, err)
	}
}
