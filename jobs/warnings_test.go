package jobs

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
)

// What a training was not worth is said once on stderr and stands in the report; what went well is not complained about.
func TestWarnings(t *testing.T) {
	// A class of nine in ten rows, and features that say nothing.
	var noise strings.Builder
	noise.WriteString("a,b,kind\n")
	for i := range 200 {
		fmt.Fprintf(&noise, "%d,%d,%s\n", i*37%11, i*53%13, map[bool]string{true: "rare", false: "usual"}[i%10 == 0])
	}
	single := "a,b,kind\n" + strings.Repeat("1,2,x\n3,4,x\n", 20) + strings.Repeat("9,9,y\n", 3)
	dir := t.TempDir()
	noisy, lonely := write(t, dir, "noise.csv", noise.String()), write(t, dir, "single.csv", single)

	// Milliseconds since 1970, which float32 cannot tell apart: learnt from a column, and not to be learnt.
	var stamps, lots strings.Builder
	stamps.WriteString("a,b,when\n")
	lots.WriteString("a,b,when\n")
	for i := range 300 {
		fmt.Fprintf(&stamps, "%d,%d,%d\n", i*37%101, i*53%13, 1700000000000+i*37%101*20)
		fmt.Fprintf(&lots, "%d,%d,%d\n", i*37%101, i*53%13, 1700000000000+i*i*7919%2003)
	}
	stamped, drawn := write(t, dir, "stamps.csv", stamps.String()), write(t, dir, "lots.csv", lots.String())

	falling, mean, majority := "was still falling at epoch", "is worse than the mean of the training targets", "is not better than always answering"
	for _, c := range []struct {
		name, source string
		change       func(*config.Train)
		split        float64 // of validation; 0 for the default, negative for none
		want         []string
	}{
		{"defaults on iris", "iris", nil, 0, nil},
		{"defaults on wine", "wine", nil, 0, nil},
		{"defaults on breast_cancer", "breast_cancer", nil, 0, nil},
		{"defaults on digits", "digits", nil, 0, nil},
		{"defaults on diabetes", "diabetes", nil, 0, nil},
		{"defaults without validation rows", "iris", nil, -1, nil},
		{"two classes that are learnt by heart", lonely, nil, 0, nil},
		{"thirty epochs of 32", "iris", func(c *config.Train) { c.Epochs, c.Batch, c.Optimizer = 30, 32, "adam" }, 0, []string{falling + " 30: more train.epochs or a higher train.lr"}},
		{"ten epochs of 32", "iris", func(c *config.Train) { c.Epochs, c.Batch, c.Optimizer = 10, 32, "adam" }, 0, []string{falling + " 10"}},
		{"a regression of ten epochs", "diabetes", func(c *config.Train) { c.Epochs, c.Batch, c.Optimizer = 10, 32, "adam" }, 0, []string{"validation loss " + falling + " 10"}},
		{"a low rate", "wine", func(c *config.Train) { c.Optimizer, c.LearningRate = "sgd", 1e-5 }, 0, []string{falling, majority}},
		{"no validation rows, too short", "digits", func(c *config.Train) { c.Epochs, c.Optimizer = 2, "sgd" }, -1, []string{"training loss " + falling + " 2"}},
		{"nothing learnt", "diabetes", func(c *config.Train) { c.Epochs, c.Optimizer, c.LearningRate = 2, "sgd", 1e-7 }, 0, []string{mean}},
		{"timestamps that are learnt", stamped, nil, 0, nil},
		{"timestamps of which nothing is learnt", drawn, func(c *config.Train) { c.Epochs, c.Optimizer, c.LearningRate = 2, "sgd", 1e-7 }, 0, []string{mean}},
		{"no better than the majority", noisy, nil, 0, []string{majority + " usual"}},
	} {
		cfg := config.Default()
		cfg.Data.Source, cfg.Out = c.source, filepath.Join(t.TempDir(), "run")
		if c.split < 0 {
			cfg.Data.ValSplit = 0
		}
		if c.change != nil {
			c.change(&cfg.Train)
		}
		n := &notes{}
		r, err := Train(context.Background(), cfg, OutOptions{}, n)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if len(r.Warnings) != len(c.want) {
			t.Errorf("%s: %q, want %q", c.name, r.Warnings, c.want)
			continue
		}
		for i, w := range c.want {
			if !strings.Contains(r.Warnings[i], w) || strings.Count(n.text(), r.Warnings[i]) != 1 {
				t.Errorf("%s: %q, want %q, once in\n%s", c.name, r.Warnings[i], w, n.text())
			}
		}
	}
}

// The main job says the same of the network that it prunes.
func TestWarningsOfTheMainJob(t *testing.T) {
	cfg := config.Default()
	cfg.Data.Source, cfg.Model.Name, cfg.Out = "iris", "mlp:8", filepath.Join(t.TempDir(), "run")
	cfg.Train.Epochs, cfg.Compare.Seeds, cfg.Prune.FinetuneEpochs = 5, 0, 1
	cfg.Train.Optimizer = "adam"
	n := &notes{}
	r, err := Run(context.Background(), cfg, OutOptions{}, n)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) == 0 || !strings.Contains(r.Warnings[0], "still falling at epoch 5") || !strings.Contains(n.text(), r.Warnings[0]) {
		t.Errorf("%q in\n%s", r.Warnings, n.text())
	}
}
