package config

import (
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/models/initializers"
)

func TestMergeChangesWhatTheDocumentSays(t *testing.T) {
	c, want := Default(), Default()
	doc := "train:\n  epochs: 7\n  lr: 0.5\n  optimizer: sgd\n  optimizer_options: {momentum: 0.9}\n" +
		"prune:\n  layers: [dense1]\ndata:\n"
	if err := c.Merge([]byte(doc), "f.yaml"); err != nil {
		t.Fatal(err)
	}
	want.Train.Epochs, want.Train.LearningRate, want.Train.Optimizer = 7, 0.5, "sgd"
	want.Train.OptimizerOptions = map[string]any{"momentum": 0.9}
	want.Prune.Layers = []string{"dense1"}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		if err := c.Merge([]byte(empty), "f.yaml"); err != nil || !reflect.DeepEqual(c, want) {
			t.Errorf("%q changes settings, or fails: %v", empty, err)
		}
	}
}

func TestMergeErrorsNameTheLineAndChangeNothing(t *testing.T) {
	for doc, want := range map[string]string{
		"trian: {epochs: 3}":                        `f.yaml:1: unknown setting "trian": did you mean "train"?`,
		"train:\n  batch: 3\n\n  epoch: 4":          `f.yaml:4: unknown setting "train.epoch": did you mean "train.epochs"?`,
		"seed: 5\ntrain:\n  epochs: many":           `f.yaml:3: train.epochs is "many": must be a whole number`,
		"train:\n  epochs: 2.5":                     `f.yaml:2: train.epochs is 2.5: must be a whole number`,
		"train:\n  epochs: [1, 2]":                  `f.yaml:2: train.epochs must be a whole number`,
		"train:\n  lr: fast":                        `f.yaml:2: train.lr is "fast": must be a number`,
		"seed: -1":                                  `f.yaml:1: seed is -1: must be a whole number >= 0`,
		"train:\n  epochs:":                         `f.yaml:2: train.epochs has no value (a whole number >= 1, or auto)`,
		"train:\n  epochs: 1\n  epochs: 2":          `f.yaml:3: train.epochs is given twice, first on line 2`,
		"- a\n- b":                                  `f.yaml:1: the document must be a group of settings`,
		"train: 5":                                  `f.yaml:1: train must be a group of settings`,
		"prune:\n  layers: dense1":                  `f.yaml:2: prune.layers is "dense1": must be a list`,
		"model:\n  layers:\n    - {type: dens}":     `f.yaml:3: model.layers: `,
		"train: {epochs: 3\ndata:":                  `f.yaml: line `,
		"train:\n  optimizer_options: [momentum]":   `f.yaml:2: train.optimizer_options must be a group of settings`,
		"data:\n  source: {a: b}":                   `f.yaml:2: data.source must be a path`,
		"compare:\n  criteria:\n    - l2\n    - {}": `f.yaml:3: compare.criteria`,
	} {
		c := Default()
		err := c.Merge([]byte("seed: 9\n"), "f.yaml")
		if err != nil {
			t.Fatal(err)
		}
		before := c
		err = c.Merge([]byte(doc), "f.yaml")
		mentions(t, err, want)
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%q: the error is not ErrConfig", doc)
		}
		if !reflect.DeepEqual(c, before) {
			t.Errorf("%q: settings changed on an error", doc)
		}
	}
}

func TestSetTakesTextAsItIs(t *testing.T) {
	for _, text := range []string{"null", "#x.csv", "a: b", "[a]", "*", "~", "yes", "5", "C:\\x", "&a", "'q'"} {
		c := Default()
		if err := c.Set("data.source", text, "--data"); err != nil || c.Data.Source != text {
			t.Errorf("%q became %q: %v", text, c.Data.Source, err)
		}
	}
}

func TestSetReadsNumbersAndLists(t *testing.T) {
	c := Default()
	for key, value := range map[string]string{
		"train.epochs": "1e3", "seed": "18446744073709551615", "train.lr": "3", "threads": " 2 ",
		"compare.criteria": "l1, l2", "prune.layers": "[dense1]", "train.optimizer_options.beta1": "0.5",
	} {
		if err := c.Set(key, value, "--set"); err != nil {
			t.Error(err)
		}
	}
	if c.Train.Epochs != 1000 || c.Seed != 1<<64-1 || c.Train.LearningRate != 3 || c.Threads != 2 ||
		!reflect.DeepEqual(c.Compare.Criteria, []string{"l1", "l2"}) ||
		!reflect.DeepEqual(c.Prune.Layers, []string{"dense1"}) ||
		c.Train.OptimizerOptions["beta1"] != 0.5 {
		t.Errorf("%+v", c)
	}
}

// A file of several documents has settings that nobody would read.
func TestOneDocumentIsRead(t *testing.T) {
	for _, doc := range []string{"seed: 3\n---\nseed: 4\n", "seed: 3\n---\n{}\n", "---\nseed: 3\n---\ntrain:\n  epochs: 5\n",
		"# nothing\n---\n{}\n---\nseed: 4\n", "{seed: 3}\n...\n---\n{seed: 4}\n"} {
		c := Default()
		err := c.Merge([]byte(doc), "f.yaml")
		mentions(t, err, "a second document begins behind ---")
		if !errors.Is(err, ErrConfig) || c.Seed != Default().Seed {
			t.Errorf("%q: %v, seed %d", doc, err, c.Seed)
		}
	}
	for _, doc := range []string{"---\nseed: 3\n", "seed: 3\n...\n", "# seed\n---\nseed: 3", "seed: 3\n# ---\n", "{seed: 3}"} {
		if c := Default(); c.Merge([]byte(doc), "f.yaml") != nil || c.Seed != 3 {
			t.Errorf("%q: seed %d", doc, c.Seed)
		}
	}
	for _, doc := range []string{"", "\n", "# nothing\n", "---\n"} {
		if c := Default(); c.Merge([]byte(doc), "f.yaml") != nil {
			t.Errorf("%q", doc)
		}
	}
}

func TestSetErrors(t *testing.T) {
	for _, one := range []struct{ key, value, want string }{
		{"train.epochs", "x", `--f: train.epochs is "x": must be a whole number`},
		{"train.epochs", "", `--f: the value of train.epochs is empty (a whole number >= 1, or auto)`},
		{"train.epochs", " ", `--f: the value of train.epochs is empty`},
		{"train.epochs", "99999999999999999999", `must be a whole number`},
		{"train.epochs", "{", `--f: train.epochs is "{": must be a whole number >= 1, or auto`},
		{"train.epoch", "3", `--f: unknown setting "train.epoch": did you mean "train.epochs"?`},
		{"epochs", "3", `--f: unknown setting "epochs"`},
		{"", "3", `--f: unknown setting ""`},
		{"train", "3", `--f: train must be a group of settings`},
		{"data.source.x", "3", `--f: data.source must be a path`},
		{"train.epochs", "automatic", `--f: train.epochs is "automatic": must be a whole number >= 1, or auto`},
		{"train.patience", "-2147483648", `--f: train.patience is -2147483648: must be a whole number >= 0, or auto`},
		{"threads", "auto", `--f: threads is "auto": must be a whole number`},
		{"seed", "-1", `--f: seed is -1: must be a whole number >= 0`},
		{"train.lr", "0", `--f: train.lr is 0: nothing would be learnt; leave it out for the default`},
		{"train.lr", " -0.0 ", `--f: train.lr is 0`},
		{"train.lr", "0e5", `--f: train.lr is 0`},
		{"prune.finetune_lr", "0", `--f: prune.finetune_lr is 0`},
		{"prune.finetune_lr", "0.000", `--f: prune.finetune_lr is 0`},
	} {
		c := Default()
		err := c.Set(one.key, one.value, "--f")
		mentions(t, err, one.want)
		if !errors.Is(err, ErrConfig) || !reflect.DeepEqual(c, Default()) {
			t.Errorf("%s=%s: %v; changed: %v", one.key, one.value, err, !reflect.DeepEqual(c, Default()))
		}
	}
}

func TestOptionsBelongToTheirOptimizerAndSchedule(t *testing.T) {
	c := Default()
	doc := "train: {optimizer: sgd, optimizer_options: {momentum: 0.9}, schedule: step, schedule_options: {every: 5}}"
	if err := c.Merge([]byte(doc), "f"); err != nil {
		t.Fatal(err)
	}
	same := c
	err := same.Set("train.optimizer", "sgd", "--optimizer")
	if err != nil || same.Train.OptimizerOptions["momentum"] != 0.9 {
		t.Errorf("the same optimizer lost its options: %v %v", same.Train.OptimizerOptions, err)
	}
	if err := same.Set("train.optimizer_options.momentum", "0.5", "--set"); err != nil {
		t.Fatal(err)
	}
	if c.Train.OptimizerOptions["momentum"] != 0.9 {
		t.Error("settings that were copied share a map")
	}
	for key, value := range map[string]string{"train.optimizer": "adam", "train.schedule": "cosine"} {
		if err := c.Set(key, value, "--f"); err != nil {
			t.Fatal(err)
		}
	}
	if c.Train.OptimizerOptions != nil || c.Train.ScheduleOptions != nil {
		t.Errorf("options of another optimizer stayed: %v %v", c.Train.OptimizerOptions, c.Train.ScheduleOptions)
	}
}

func TestNameAndLayersReplaceEachOther(t *testing.T) {
	c := Default()
	if err := c.Merge([]byte("model: {layers: [{type: dense, units: 3}]}"), "f"); err != nil {
		t.Fatal(err)
	}
	if c.Model.Name != "" || len(c.Model.Layers) != 1 {
		t.Errorf("%+v", c.Model)
	}
	if err := c.Set("model.name", "mlp:5", "--model"); err != nil {
		t.Fatal(err)
	}
	if c.Model.Name != "mlp:5" || c.Model.Layers != nil {
		t.Errorf("%+v", c.Model)
	}
	if err := c.Merge([]byte("model: {name: mlp:3, layers: [{type: dense, units: 3}]}"), "f"); err != nil {
		t.Fatal(err)
	}
	mentions(t, c.Validate(), "give a name or layers, not both")
}

func TestYAMLReadsBack(t *testing.T) {
	c := Default()
	doc := "model: {layers: [{type: dense, units: 3, activation: tanh}]}\n" +
		"train: {lr: 0.25, schedule_options: {warmup: 3}}\nprune: {layers: [dense1]}"
	if err := c.Merge([]byte(doc), "f"); err != nil {
		t.Fatal(err)
	}
	b, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back := Default()
	same := cmpopts.IgnoreUnexported(models.Layer{}, initializers.Initializer{}) // a layer's line in its file
	if err := back.Merge(b, "config.yaml"); err != nil || !cmp.Equal(back, c, same) {
		t.Errorf("%v\nwrote %+v\nread  %+v", err, c, back)
	}
}

// A file may leave the length to the data by a 0; on the command line that is more likely a mistake.
func TestNoEpochsInAFile(t *testing.T) {
	c := Default()
	c.Train.Epochs = 5
	if err := c.Merge([]byte("train: {epochs: 0, batch: auto, patience: 0}"), "f.yaml"); err != nil || c.Train.Epochs != Auto ||
		c.Train.Batch != Auto || c.Train.Patience != 0 {
		t.Errorf("%+v, %v", c.Train, err)
	}
	mentions(t, c.Set("train.epochs", "0", "--epochs"), "--epochs: train.epochs is 0: must be a whole number >= 1")
}

// So it may leave rates, bins and neighbours to their defaults.
func TestZeroInAFile(t *testing.T) {
	for _, zero := range []string{"0", "0.0", "-0.0", "0e3"} {
		c := Default()
		c.Train.LearningRate, c.Prune.FinetuneLR = 0.5, 0.5
		err := c.Merge([]byte("train: {lr: "+zero+"}\nprune: {finetune_lr: "+zero+", bins: 0, neighbours: 0}"), "f.yaml")
		if err != nil || c.Prune.Options.Bins != 0 || c.Prune.Options.Neighbors != 0 || c.Train.LearningRate != 0 || c.Prune.FinetuneLR != 0 {
			t.Errorf("%s: %v and %v, %v", zero, c.Train.LearningRate, c.Prune.FinetuneLR, err)
		}
	}
}
