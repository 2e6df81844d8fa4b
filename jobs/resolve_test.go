package jobs

import (
	"errors"
	"testing"

	"github.com/gtrain/gtrain/data"
)

func TestValidateAcceptsTheDefault(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateMessages(t *testing.T) {
	for _, one := range []struct{ key, value, want string }{
		{"threads", "-1", "threads is -1: must be at least 0"},
		{"train.epochs", "0", "train.epochs is 0: must be at least 1"},
		{"train.batch", "0", "train.batch is 0: must be at least 1"},
		{"train.patience", "-1", "train.patience is -1: must be at least 0"},
		{"train.lr", "-0.1", "train.lr is -0.1: must be a number >= 0"},
		{"train.lr", ".nan", "train.lr is NaN: must be a number >= 0"},
		{"train.lr", ".inf", "train.lr is +Inf: must be a number >= 0"},
		{"train.label_smoothing", "1", "train.label_smoothing is 1: must lie in [0, 1)"},
		{"train.clip_norm", "-1", "train.clip_norm is -1"},
		{"train.min_delta", "-1", "train.min_delta is -1"},
		{"train.huber_delta", "-1", "train.huber_delta is -1"},
		{"train.optimizer", "admm", `unknown optimizer "admm": did you mean "adam"?`},
		{"train.optimizer_options.beta3", "0.5", `beta3`},
		{"train.schedule", "cosin", `unknown schedule "cosin": did you mean "cosine"?`},
		{"train.schedule", "step", `train.schedule_options: step: every has to be given`},
		{"train.monitor", "acuracy", `did you mean "accuracy"?`},
		{"data.test_split", "1", "data.test_split is 1: must lie in [0, 1)"},
		{"data.val_split", "-0.5", "data.val_split is -0.5"},
		{"data.task", "clasification", `did you mean "classification"`},
		{"data.impute", "avg", "avg"},
		{"data.scaling", "minmx", `did you mean "minmax"`},
		{"model.name", "lenet", `did you mean "lenet-5"?`},
		{"model.name", "mlp:0", `"0" is no number of units`},
		{"prune.amount", "1", "prune.amount is 1: must lie in [0, 1)"},
		{"prune.amount", ".nan", "prune.amount is NaN"},
		{"prune.criterion", "entropi", `unknown criterion "entropi": did you mean "entropy"?`},
		{"prune.scope", "layr", `did you mean "layer"?`},
		{"prune.method", "rm", `unknown`},
		{"prune.schedule", "cubik", `did you mean "cubic"?`},
		{"prune.normalisation", "men", `did you mean "mean"?`},
		{"prune.estimator", "knm", `did you mean "knn"?`},
		{"prune.rounds", "0", "prune.rounds is 0: must be at least 1"},
		{"prune.floor", "-1", "prune.floor is -1: must be at least 0"},
		{"prune.calibration", "0", "prune.calibration is 0: must be at least 1"},
		{"prune.finetune_epochs", "-1", "prune.finetune_epochs is -1"},
		{"compare.criteria", "l2,rndom", `unknown criterion "rndom": did you mean "random"?`},
		{"compare.seeds", "-1", "compare.seeds is -1"},
	} {
		c := Default()
		if err := c.Set(one.key, one.value, "--f"); err != nil {
			t.Error(err)
			continue
		}
		err := c.Validate()
		mentions(t, err, one.want)
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%s: the error is not ErrConfig", one.key)
		}
	}
}

// Whatever a list shows is accepted where it says.
func TestWhatIsListedIsAccepted(t *testing.T) {
	keyOf := map[string]string{"optimizers": "train.optimizer", "schedules": "train.schedule",
		"criteria": "prune.criterion", "models": "model.name", "metrics": "train.monitor", "scalings": "data.scaling",
		"losses": "train.loss", "datasets": "data.source"}
	needed := map[string]string{"step": "every", "multistep": "milestones", "cosine_restarts": "period"}
	for _, topic := range Topics() {
		if len(topic.Entries()) < 2 || topic.Summary == "" {
			t.Errorf("the list of %s is empty", topic.Name)
		}
		for _, e := range topic.Entries() {
			if e.Name == "" || e.Summary == "" {
				t.Errorf("%s: %+v says nothing", topic.Name, e)
			}
			key, ok := keyOf[topic.Name]
			if !ok {
				continue
			}
			c := Default()
			if err := c.Set(key, e.Name, "--f"); err != nil {
				t.Error(err)
			}
			if option := needed[e.Name]; option != "" {
				value := map[bool]string{true: "[3, 5]", false: "3"}[option == "milestones"]
				if err := c.Set("train.schedule_options."+option, value, "--f"); err != nil {
					t.Error(err)
				}
			}
			if err := c.Validate(); err != nil {
				t.Errorf("%s %s: %v", topic.Name, e.Name, err)
			}
		}
	}
	if _, err := LookupTopic("optimizer"); err == nil || !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
	if got := EntryNames("nosuch"); got != nil {
		t.Error(got)
	}
}

func TestEveryListedDatasetTrains(t *testing.T) {
	for _, d := range data.Datasets() {
		r, _ := trained(t, d.Name, func(c *Config) { c.Train.Epochs = 1; c.Train.Batch = 256 })
		if r.TrainRows+r.ValRows+r.N != d.Rows || (r.Classification != nil) != (d.Classes > 0) {
			t.Errorf("%s: %+v", d.Name, r)
		}
	}
}
