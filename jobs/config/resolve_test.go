package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/settings"
)

func TestValidateAcceptsTheDefault(t *testing.T) {
	c := Default()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateMessages(t *testing.T) {
	for _, one := range []struct{ key, value, want string }{
		{"threads", "-1", "threads is -1: must be a whole number >= 0"},
		{"train.epochs", "0", "train.epochs is 0: must be a whole number >= 1"},
		{"train.batch", "0", "train.batch is 0: must be a whole number >= 1"},
		{"train.patience", "-1", "train.patience is -1: must be a whole number >= 0"},
		{"train.lr", "-0.1", "train.lr is -0.1: must be a number >= 0"},
		{"train.lr", ".nan", "train.lr is NaN: must be a number >= 0"},
		{"train.lr", ".inf", "train.lr is +Inf: must be a number >= 0"},
		{"train.label_smoothing", "1", "train.label_smoothing is 1: must be a number in [0, 1)"},
		{"train.clip_norm", "-1", "train.clip_norm is -1"},
		{"train.min_delta", "-1", "train.min_delta is -1"},
		{"train.huber_delta", "-1", "train.huber_delta is -1"},
		{"train.optimizer", "admm", `unknown optimizer "admm": did you mean "adam"?`},
		{"train.optimizer_options.beta3", "0.5", `beta3`},
		{"train.schedule", "cosin", `unknown schedule "cosin": did you mean "cosine"?`},
		{"train.schedule", "step", `train.schedule_options: step: every has to be given`},
		{"train.monitor", "acuracy", `did you mean "accuracy"?`},
		{"data.test_split", "1", "data.test_split is 1: must be a number in [0, 1)"},
		{"data.val_split", "-0.5", "data.val_split is -0.5"},
		{"data.task", "clasification", `did you mean "classification"`},
		{"data.impute", "avg", "avg"},
		{"data.scaling", "minmx", `did you mean "minmax"`},
		{"model.name", "lenet", `did you mean "lenet-5"?`},
		{"model.name", "mlp:0", `"0" is no number of units`},
		{"prune.amount", "1", "prune.amount is 1: must be a number in [0, 1)"},
		{"prune.amount", ".nan", "prune.amount is NaN"},
		{"prune.criterion", "entropi", `unknown criterion "entropi": did you mean "entropy"?`},
		{"prune.scope", "layr", `did you mean "layer"?`},
		{"prune.method", "rm", `unknown method "rm"`},
		{"prune.schedule", "cubik", `did you mean "cubic"?`},
		{"prune.normalisation", "men", `did you mean "mean"?`},
		{"prune.estimator", "knm", `did you mean "knn"?`},
		{"prune.rounds", "0", "prune.rounds is 0: must be a whole number >= 1"},
		{"prune.floor", "-1", "prune.floor is -1: must be a whole number >= 0"},
		{"prune.calibration", "0", "prune.calibration is 0: must be a whole number >= 1"},
		{"prune.finetune_epochs", "-1", "prune.finetune_epochs is -1"},
		{"compare.criteria", "l2,rndom", `unknown criterion "rndom": did you mean "random"?`},
		{"compare.seeds", "-1", "compare.seeds is -1"},
	} {
		c := Default()
		err := c.Set(one.key, one.value, "--f")
		if err == nil {
			err = c.Validate()
		}
		mentions(t, err, one.want)
		if key, _, _ := strings.Cut(one.key, "_options."); !strings.Contains(settings.NameOf(err), key) {
			t.Errorf("%s: the error is about %q", one.key, settings.NameOf(err))
		}
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%s: the error is not ErrConfig", one.key)
		}
	}
}

// What breaks a rule is refused with a message that names the setting, and each rule is broken by what it says breaks it.
func TestRules(t *testing.T) {
	for _, r := range rules {
		for _, all := range r.Broken {
			c := Default()
			var first string
			for i, kv := range strings.Fields(all) {
				key, value, _ := strings.Cut(kv, "=")
				if i == 0 {
					first, _, _ = strings.Cut(key, "_options.")
				}
				if err := c.Set(key, value, "--set"); err != nil {
					if i > 0 || !strings.Contains(err.Error(), key) {
						t.Errorf("%s: %s: %v", r.Doc, all, err)
					}
				}
			}
			_, err := c.Resolve()
			if err == nil || !errors.Is(err, ErrConfig) || !strings.Contains(settings.NameOf(err), first) ||
				!strings.Contains(err.Error(), first[strings.LastIndex(first, ".")+1:]) {
				t.Errorf("%s: %s: %v, about %q", r.Doc, all, err, settings.NameOf(err))
			}
		}
	}
}
