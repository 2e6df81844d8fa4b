package jobs

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// ForModel are the settings for pruning the model at path: the defaults, over them how the run that the model is of was
// trained (the group train of its config.yaml), so that fine-tuning goes on as training went and every loss is the same, and
// what the user says, which over puts on top, also where it gives an error. A file that no run directory holds has the loss
// that is recorded in it. Where the user wants another optimizer the run's learning rate, which was for its own, does not
// count, nor does smoothing or a delta where the loss is one without.
func ForModel(path string, over func(config.Config) (config.Config, error)) (config.Config, error) {
	base, err := asTrained(path)
	if err != nil {
		return base, err
	}
	c, err := over(base) // what is wrong may be what does not count: a delta that the run had and the loss has not
	t, now := &base.Train, c.Train
	before := *t
	if now.Optimizer != t.Optimizer {
		t.LearningRate = 0
	}
	if now.Loss != "" && now.Loss != "cross-entropy" {
		t.Smoothing = 0
	}
	if now.Loss != "" && now.Loss != "huber" {
		t.Delta = 0
	}
	if reflect.DeepEqual(before, *t) {
		return c, err
	}
	return over(base)
}

// asTrained is what ForModel puts the user's settings on.
func asTrained(path string) (config.Config, error) {
	c := config.Default()
	file := runConfig(path)
	if file == "" {
		m, err := LoadModel(path)
		if err != nil {
			return c, err
		}
		if l := m.Loss; l != nil {
			c.Train.Loss, c.Train.LossOptions = l.Name, l.LossOptions
		}
		return c, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return c, config.Usage(errors.Wrap(err, "how the run was trained"))
	}
	run := config.Default()
	if err := run.Merge(b, file); err != nil {
		return c, config.Usage(errors.Wrap(err, "how the run was trained"))
	}
	c.Train = run.Train
	return c, nil
}

// runConfig is the file of settings of the run that a model is of; empty where it is of none.
func runConfig(path string) string {
	dir := path
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		if filepath.Base(path) != models.File {
			return ""
		}
		dir = filepath.Dir(path)
	}
	for _, f := range []string{rundir.ConfigFile, rundir.EnvFile} { // a file of one of these names alone may be anybody's
		if info, err := os.Stat(filepath.Join(dir, f)); err != nil || info.IsDir() {
			return ""
		}
	}
	return filepath.Join(dir, rundir.ConfigFile)
}

// like says how fine-tuning compares with the training of the run that the model at path is of; nothing where it is of none.
func like(c *config.Config, path string) string {
	file := runConfig(path)
	if file == "" {
		return ""
	}
	dir := filepath.Dir(file)
	run, err := asTrained(path)
	if err != nil {
		return ""
	}
	now, then := c.Train, run.Train
	for _, t := range []*config.Train{&now, &then} { // these are of the training alone
		t.Epochs, t.Patience, t.MinDelta, t.Monitor = 0, 0, 0, ""
	}
	if c.Prune.FinetuneLR == 0 && reflect.DeepEqual(now, then) {
		return ", as " + dir + " was trained"
	}
	return ", otherwise than " + dir + " was trained"
}

// Finetune is what the training after each round of a pruning uses. Its JSON names are stable.
type Finetune struct {
	Epochs         int            `json:"epochs"` // after each round
	Batch          int            `json:"batch"`
	Optimizer      string         `json:"optimizer"`
	Options        map[string]any `json:"optimizer_options,omitempty"`
	LearningRate   float64        `json:"lr"`
	Schedule       string         `json:"schedule"`
	Loss           string         `json:"loss"`
	LabelSmoothing float64        `json:"label_smoothing,omitempty"`
	HuberDelta     float64        `json:"huber_delta,omitempty"`
	ClipNorm       float64        `json:"clip_norm,omitempty"`
}

// describeFinetune is the record of a fine-tuning; nil where there is none.
func describeFinetune(c *config.Config, t *training.Config, loss *models.NamedLoss) *Finetune {
	if t == nil {
		return nil
	}
	f := &Finetune{Epochs: t.Epochs, Batch: t.Batch, Optimizer: t.Optimizer.Name(), Options: c.Train.OptimizerOptions,
		LearningRate: baseRate(t.Optimizer), Schedule: c.Train.Schedule, Loss: loss.Name, LabelSmoothing: loss.Smoothing,
		HuberDelta: loss.Delta, ClipNorm: c.Train.ClipNorm}
	if f.Schedule == "" {
		f.Schedule = "constant"
	}
	return f
}

// baseRate is the learning rate without the schedule.
func baseRate(o optimizers.Optimizer) float64 {
	common := o.Options()
	schedule := common.Schedule
	common.Schedule = nil
	defer func() { common.Schedule = schedule }()
	return o.Rate()
}

// String is one line for people.
func (f *Finetune) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d epochs after each round, batch %d, %s (lr %.4g", f.Epochs, f.Batch, f.Optimizer, f.LearningRate)
	for _, k := range slices.Sorted(maps.Keys(f.Options)) {
		if k != "lr" {
			fmt.Fprintf(&b, ", %s %v", k, f.Options[k])
		}
	}
	fmt.Fprintf(&b, "), schedule %s, loss %s", f.Schedule, f.Loss)
	for _, x := range []struct {
		what  string
		value float64
	}{{"label smoothing", f.LabelSmoothing}, {"delta", f.HuberDelta}, {"gradients clipped to", f.ClipNorm}} {
		if x.value != 0 {
			fmt.Fprintf(&b, ", %s %.4g", x.what, x.value)
		}
	}
	return b.String()
}
