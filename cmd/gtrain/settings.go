package main

import (
	"os"
	"sort"
	"strings"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/recipes"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// setting is a flag that stands for a key of the configuration. GTRAIN_FLAG in the environment does the same.
type setting struct {
	flag, key, kind, help string
	group                 group
}

// group says which commands have a flag.
type group uint

const (
	common group = 1 << iota // every command with settings
	dataGroup
	splitGroup
	modelGroup
	trainGroup
	pruneGroup
	pruneOwn // flags whose name means pruning in `prune` alone
	compareGroup
	outGroup
)

// settings is the table of flags.
var settings = []setting{
	{"seed", "seed", "int", "seed of everything random", common},
	{"threads", "threads", "int", "worker threads, 0 for one a core; results do not depend on it", common},
	{"data", "data.source", "source", "embedded name, CSV file, or directory of IDX files", dataGroup},
	{"test-data", "data.test_data", "source", "test part in a file of its own", dataGroup},
	{"target", "data.target", "column", "target column (default: the last)", splitGroup},
	{"task", "data.task", "name", "auto, classification or regression", splitGroup},
	{"impute", "data.impute", "name", "missing values: none, mean, median or most-frequent", splitGroup},
	{"scaling", "data.scaling", "name", "auto, none, standardise, standardise-global, minmax or minmax-global", splitGroup},
	{"test-split", "data.test_split", "share", "share of the rows held out for testing", splitGroup | pruneOwn},
	{"val-split", "data.val_split", "share", "share of the rest held out for decisions", splitGroup | pruneOwn},
	{"model", "model.name", "name", "mlp:64,32 or a named model (gtrain list models)", modelGroup},
	{"epochs", "train.epochs", "int", "passes over the training rows", trainGroup},
	{"batch", "train.batch", "int", "rows a step", trainGroup | pruneOwn},
	{"optimizer", "train.optimizer", "name", "gtrain list optimizers", trainGroup | pruneOwn},
	{"lr", "train.lr", "number", "learning rate (default: the optimizer's own)", trainGroup | pruneOwn},
	{"schedule", "train.schedule", "name", "of the learning rate: gtrain list schedules", trainGroup},
	{"loss", "train.loss", "name", "cross-entropy, mse or huber (default: by task)", trainGroup},
	{"label-smoothing", "train.label_smoothing", "number", "of cross-entropy, in [0, 1)", trainGroup},
	{"clip-norm", "train.clip_norm", "number", "limit of the gradient's global norm, 0 for none", trainGroup},
	{"monitor", "train.monitor", "name", "what decides which epoch is best: loss or a metric", trainGroup},
	{"patience", "train.patience", "int", "stop after that many epochs without a better one, 0 never", trainGroup},
	{"criterion", "prune.criterion", "name", "gtrain list criteria", pruneGroup},
	{"estimator", "prune.estimator", "name", "plug-in, miller-madow or knn (default: the criterion's own)", pruneGroup},
	{"bins", "prune.bins", "int", "bins of plug-in and miller-madow", pruneGroup},
	{"amount", "prune.amount", "share", "share of the units to prune, in [0, 1)", pruneGroup},
	{"scope", "prune.scope", "name", "layer or global: what the amount is a share of", pruneGroup},
	{"normalisation", "prune.normalisation", "name", "of scores before layers are compared: none, mean, max or l2", pruneGroup},
	{"method", "prune.method", "name", "mask or remove", pruneGroup},
	{"layers", "prune.layers", "list", "prune only these, as [dense1, dense2]", pruneGroup},
	{"rounds", "prune.rounds", "int", "prune and fine-tune in so many rounds", pruneGroup},
	{"schedule", "prune.schedule", "name", "of the amount over rounds: linear, cubic or exponential", pruneOwn},
	{"prune-schedule", "prune.schedule", "name", "of the amount over rounds: linear, cubic or exponential", compareGroup},
	{"finetune-epochs", "prune.finetune_epochs", "int", "epochs of training after each round", pruneGroup},
	{"finetune-lr", "prune.finetune_lr", "number", "learning rate of fine-tuning (default: that of training)", pruneGroup},
	{"criteria", "compare.criteria", "list", "criteria to compare, as [l2, random]", compareGroup},
	{"seeds", "compare.seeds", "int", "seeds to compare over, 0 to compare nothing", compareGroup},
	{"out", "out", "dir", "run directory (default: runs/NAME-N)", outGroup},
}

// settingValue is the text that a flag was given.
type settingValue struct {
	text, kind string
	set        bool
}

func (v *settingValue) String() string { return v.text }

// Set implements pflag.Value. The text is checked when it becomes a setting.
func (v *settingValue) Set(s string) error { v.text, v.set = s, true; return nil }

// Type implements pflag.Value.
func (v *settingValue) Type() string { return v.kind }

var _ pflag.Value = (*settingValue)(nil)

// inputs are the settings that one command takes, and what the user gave.
type inputs struct {
	env        []string
	given      []setting
	values     map[string]*settingValue
	configFile string
	sets       []string
}

// addSettings gives a command the flags of some groups.
func (a *app) addSettings(cmd *cobra.Command, groups group) *inputs {
	in := &inputs{env: a.env, values: map[string]*settingValue{}}
	f := cmd.Flags()
	for _, s := range settings {
		if s.group&groups == 0 {
			continue
		}
		v := &settingValue{kind: s.kind}
		f.Var(v, s.flag, s.help)
		in.values[s.flag] = v
		in.given = append(in.given, s)
	}
	f.StringVar(&in.configFile, "config", "", "YAML `file` of settings")
	f.StringArrayVar(&in.sets, "set", nil, "any setting by its `key=value`, as train.batch=64; repeatable")
	return in
}

// has tells whether the user gave a setting by flag or environment.
func (in *inputs) has(flag string) bool {
	if v := in.values[flag]; v != nil && v.set {
		return true
	}
	for _, kv := range in.env {
		if strings.HasPrefix(kv, envName(flag)+"=") {
			return true
		}
	}
	return false
}

const envPrefix = "GTRAIN_"

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// config puts the layers of settings together: base < file < environment < flags < --set.
func (in *inputs) config(base recipes.Config) (recipes.Config, error) {
	c := base
	if in.configFile != "" {
		b, err := os.ReadFile(in.configFile)
		if err != nil {
			return c, usageError{errors.Wrap(err, "--config")}
		}
		if err := c.Merge(b, in.configFile); err != nil {
			return c, err
		}
	}
	if err := in.fromEnv(&c); err != nil {
		return c, err
	}
	for _, s := range in.given {
		if v := in.values[s.flag]; v.set {
			if err := c.Set(s.key, v.text, "--"+s.flag); err != nil {
				return c, err
			}
		}
	}
	for _, kv := range in.sets {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			return c, usagef("--set %s: want KEY=VALUE, as train.batch=64", kv)
		}
		if err := c.Set(strings.TrimSpace(key), value, "--set "+kv); err != nil {
			return c, err
		}
	}
	return c, nil
}

// fromEnv applies GTRAIN_ variables. One that no command knows is an error; one of another command is passed over.
func (in *inputs) fromEnv(c *recipes.Config) error {
	byEnv := map[string]setting{}
	var known []string
	for _, s := range settings {
		known = append(known, envName(s.flag))
	}
	for _, s := range in.given {
		byEnv[envName(s.flag)] = s
	}
	env := append([]string(nil), in.env...)
	sort.Strings(env)
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		s, ok := byEnv[name]
		if !ok {
			if contains(known, name) {
				continue
			}
			return usageError{suggest.Unknown("environment variable", name, known)}
		}
		if err := c.Set(s.key, value, name); err != nil {
			return err
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// flagError suggests the nearest flag where one is unknown.
func flagError(cmd *cobra.Command, err error) error {
	const unknown = "unknown flag: --"
	name, ok := strings.CutPrefix(err.Error(), unknown)
	if !ok {
		return err
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	near, ok := suggest.Nearest(name, known)
	if !ok {
		return errors.Errorf("unknown flag --%s; see %s --help", name, cmd.CommandPath())
	}
	return errors.Errorf("unknown flag --%s: did you mean --%s?", name, near)
}
