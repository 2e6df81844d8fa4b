package jobs

import (
	"bytes"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
)

// Config is a job's settings. The YAML keys are what `--set` and configuration files use.
type Config struct {
	Seed    uint64        `yaml:"seed"`
	Threads int           `yaml:"threads"` // 0: one for each core
	Out     string        `yaml:"out,omitempty"`
	Data    DataConfig    `yaml:"data"`
	Model   ModelConfig   `yaml:"model"`
	Train   TrainConfig   `yaml:"train"`
	Prune   PruneConfig   `yaml:"prune"`
	Compare CompareConfig `yaml:"compare"`
}

// DataConfig says what to learn from.
type DataConfig struct {
	Source   string `yaml:"source"` // an embedded name, a CSV file or an IDX directory
	TestData string `yaml:"test_data,omitempty"`
	Target   string `yaml:"target,omitempty"` // the last column by default
	Task     string `yaml:"task"`             // auto, classification, regression
	Impute   string `yaml:"impute"`           // none, mean, median, most-frequent
	Scaling  string `yaml:"scaling"`          // auto, none, standardise, standardise-global, minmax, minmax-global
	// TargetScaling of a regression: auto, none, standardise.
	TargetScaling string  `yaml:"target_scaling"`
	TestSplit     float64 `yaml:"test_split"` // share held out for testing; data with a test part of its own uses that
	ValSplit      float64 `yaml:"val_split"`  // share of the rest held out for decisions
}

// ModelConfig says what to build.
type ModelConfig struct {
	Name   string         `yaml:"name,omitempty"` // mlp:64,32, lenet-300-100, …
	Layers []models.Layer `yaml:"layers,omitempty"`
	// Outputs names the layer that the model gives where it is not the last.
	Outputs []string `yaml:"outputs,omitempty"`
}

// TrainConfig says how to train.
type TrainConfig struct {
	Epochs           Count          `yaml:"epochs"` // by the rows if Auto, see training.Size
	Batch            Count          `yaml:"batch"`  // by the rows if Auto
	Optimizer        string         `yaml:"optimizer"`
	LearningRate     float64        `yaml:"lr,omitempty"`                // if 0 AdamW's is by the rows, and another optimizer's its own default
	OptimizerOptions map[string]any `yaml:"optimizer_options,omitempty"` // AdamW's weight_decay is by the rows if left out
	Schedule         string         `yaml:"schedule"`
	ScheduleOptions  map[string]any `yaml:"schedule_options,omitempty"`
	Loss             string         `yaml:"loss,omitempty"` // the task's usual one if empty
	LabelSmoothing   float64        `yaml:"label_smoothing,omitempty"`
	HuberDelta       float64        `yaml:"huber_delta,omitempty"`
	ClipNorm         float64        `yaml:"clip_norm,omitempty"` // global norm of the gradient; 0 for no limit
	Monitor          string         `yaml:"monitor"`             // loss, or a metric on the validation rows
	// Patience is how many epochs without a better one end the training; 0 never does. Auto is 0 where Epochs is given, and
	// otherwise by the length.
	Patience Count   `yaml:"patience"`
	MinDelta float64 `yaml:"min_delta,omitempty"`
}

// PruneConfig says how to prune.
type PruneConfig struct {
	Criterion      string   `yaml:"criterion"`
	Estimator      string   `yaml:"estimator,omitempty"` // plug-in, miller-madow, knn; the criterion's own if empty
	Bins           int      `yaml:"bins,omitempty"`
	Binning        string   `yaml:"binning,omitempty"` // equal-width, equal-frequency
	Neighbors      int      `yaml:"neighbours,omitempty"`
	Amount         float64  `yaml:"amount"` // share of units
	Scope          string   `yaml:"scope"`  // layer, global
	Normalization  string   `yaml:"normalisation,omitempty"`
	Method         string   `yaml:"method"`           // mask, remove
	Layers         []string `yaml:"layers,omitempty"` // all if empty
	Floor          int      `yaml:"floor"`            // units that every layer keeps; 0: by scope
	Positions      bool     `yaml:"positions"`        // single positions behind a flatten are units too
	FoldBias       bool     `yaml:"fold_bias"`        // mean outputs of removed units go into the next bias
	Rounds         int      `yaml:"rounds"`
	Schedule       string   `yaml:"schedule"`        // of the amount over rounds: cubic, linear, exponential
	FinetuneEpochs int      `yaml:"finetune_epochs"` // after each round
	FinetuneLR     float64  `yaml:"finetune_lr,omitempty"`
	Calibration    int      `yaml:"calibration"` // at most so many training rows are scored
}

// CompareConfig says what the main job compares.
type CompareConfig struct {
	Criteria []string `yaml:"criteria,flow"`
	Seeds    int      `yaml:"seeds"` // seed, seed+1, …
}

// Default is what holds where nothing else is said.
func Default() Config {
	return Config{
		Seed: 1,
		Data: DataConfig{Source: "digits", Task: "auto", Impute: "none", Scaling: "auto",
			TargetScaling: "auto", TestSplit: data.DefaultTest, ValSplit: data.DefaultVal},
		Model: ModelConfig{Name: "mlp:64,32"},
		Train: TrainConfig{Epochs: Auto, Batch: Auto, Optimizer: "adamw", Schedule: "cosine", Monitor: "loss", Patience: Auto},
		Prune: PruneConfig{Criterion: "mutual-information", Amount: 0.5, Scope: "layer", Method: "remove", Rounds: 1,
			Schedule: "cubic", FinetuneEpochs: 10, Calibration: 10000},
		Compare: CompareConfig{Criteria: []string{"mutual-information", "entropy", "l2", "random"}, Seeds: 3},
	}
}

// ErrConfig is the cause of every error in settings: exit code 2.
var ErrConfig = errors.New("configuration")

// configError carries the cause without repeating it in the text.
type configError struct{ error }

func (e configError) Is(target error) bool { return target == ErrConfig }
func (e configError) Unwrap() error        { return e.error }

func configErr(err error) error {
	if err == nil {
		return nil
	}
	return configError{err}
}

// YAML writes the settings as a document.
func (c *Config) YAML() ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(c); err != nil {
		return nil, errors.Wrap(err, "write settings")
	}
	return b.Bytes(), enc.Close()
}
