package config

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/pruning"
	"github.com/pkg/errors"
)

// Config is a job's settings. Table says what each is called, what it takes and what its default is.
type Config struct {
	Seed    uint64
	Threads int // 0: one for each core
	Out     string
	Data    Data
	Model   Model
	Train   Train
	Prune   Prune
	Compare Compare
}

// Data says what to learn from.
type Data struct {
	Source   string // an embedded name, a CSV file or an IDX directory
	TestData string
	Target   string // the last column by default
	Task     data.Task
	Impute   data.Imputation
	// Scaling of features; empty for auto.
	Scaling data.Method
	// TargetScaling of a regression; empty for auto.
	TargetScaling data.Method
	TestSplit     float64 // share held out for testing; data with a test part of its own uses that
	ValSplit      float64 // share of the rest held out for decisions
}

// Model says what to build.
type Model struct {
	Name   string // mlp:64,32, lenet-300-100, …
	Layers []models.Layer
	// Outputs names the layer that the model gives where it is not the last.
	Outputs []string
}

// Train says how to train.
type Train struct {
	Epochs           Count // by the rows if Auto, see training.Size
	Batch            Count // by the rows if Auto
	Optimizer        string
	LearningRate     float64        // if 0 AdamW's is by the rows, and another optimizer's its own default
	OptimizerOptions map[string]any // AdamW's weight_decay is by the rows if left out
	Schedule         string
	ScheduleOptions  map[string]any
	Loss             string // the task's usual one if empty
	models.LossOptions
	ClipNorm float64 // global norm of the gradient; 0 for no limit
	Monitor  string  // loss, or a metric on the validation rows
	// Patience is how many epochs without a better one end the training; 0 never does. Auto is 0 where Epochs is given, and
	// otherwise by the length.
	Patience Count
	MinDelta float64
}

// Prune says how to prune.
type Prune struct {
	pruning.Config
	FinetuneEpochs int // after each round
	FinetuneLR     float64
}

// Compare says what the main job compares.
type Compare struct {
	Criteria []string
	Seeds    int // seed, seed+1, …
}

// Default is what holds where nothing else is said.
func Default() Config {
	var c Config
	for _, s := range c.Table() {
		if s.Default == nil {
			continue
		}
		if err := s.Reset(); err != nil { // the table is constant, and a test makes a Config of it
			panic(errors.Wrap(err, s.Name))
		}
	}
	return c
}
