package main

import (
	"os"
	"strings"

	"github.com/gtrain/gtrain/jobs"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// setting is a flag that stands for a key of the configuration. GTRAIN_FLAG in the environment does the same. Its help
// is the key's.
type setting struct {
	flag, key, kind string
	group           group
	choices         func() []string // for the shell's completion; nil offers files
}

// group says which commands have a flag.
type group uint

const (
	seedGroup group = 1 << iota
	threadsGroup
	sourceGroup
	testGroup
	splitGroup
	modelGroup
	trainGroup
	pruneGroup
	pruneOwn // flags whose name means pruning in `prune` alone
	compareGroup
	outGroup
	fileGroup // --config and --set

	common      = seedGroup | threadsGroup | fileGroup
	dataGroup   = sourceGroup | testGroup
	trainGroups = common | dataGroup | splitGroup | modelGroup | trainGroup | outGroup
	runGroups   = trainGroups | pruneGroup | compareGroup
	pruneGroups = common | dataGroup | pruneGroup | pruneOwn | outGroup
)

// settings is the table of flags.
var settings = []setting{
	{"seed", "seed", "int", seedGroup, nothing},
	{"threads", "threads", "int", threadsGroup, nothing},
	{"data", "data.source", "source", sourceGroup, nil},
	{"test-data", "data.test_data", "source", testGroup, nil},
	{"target", "data.target", "column", splitGroup, nothing},
	{"task", "data.task", "name", splitGroup, these("auto", "classification", "regression")},
	{"impute", "data.impute", "name", splitGroup, these("none", "mean", "median", "most-frequent")},
	{"scaling", "data.scaling", "name", splitGroup, topic("scalings")},
	{"target-scaling", "data.target_scaling", "name", splitGroup, these("auto", "none", "standardise")},
	{"test-split", "data.test_split", "share", splitGroup | pruneOwn, nothing},
	{"val-split", "data.val_split", "share", splitGroup | pruneOwn, nothing},
	{"model", "model.name", "name", modelGroup, topic("models")},
	{"epochs", "train.epochs", "int", trainGroup, nothing},
	{"batch", "train.batch", "int", trainGroup | pruneOwn, nothing},
	{"optimizer", "train.optimizer", "name", trainGroup | pruneOwn, topic("optimizers")},
	{"lr", "train.lr", "number", trainGroup | pruneOwn, nothing},
	{"schedule", "train.schedule", "name", trainGroup, topic("schedules")},
	{"loss", "train.loss", "name", trainGroup | pruneOwn, topic("losses")},
	{"label-smoothing", "train.label_smoothing", "number", trainGroup | pruneOwn, nothing},
	{"clip-norm", "train.clip_norm", "number", trainGroup | pruneOwn, nothing},
	{"monitor", "train.monitor", "name", trainGroup, topic("metrics")},
	{"patience", "train.patience", "int", trainGroup, nothing},
	{"criterion", "prune.criterion", "name", pruneGroup, topic("criteria")},
	{"estimator", "prune.estimator", "name", pruneGroup, these("plug-in", "miller-madow", "knn")},
	{"bins", "prune.bins", "int", pruneGroup, nothing},
	{"amount", "prune.amount", "share", pruneGroup, nothing},
	{"scope", "prune.scope", "name", pruneGroup, these("layer", "global")},
	{"normalisation", "prune.normalisation", "name", pruneGroup, these("none", "mean", "max", "l2")},
	{"floor", "prune.floor", "int", pruneGroup, nothing},
	{"method", "prune.method", "name", pruneGroup, these("mask", "remove")},
	{"layers", "prune.layers", "list", pruneGroup, nothing},
	{"positions", "prune.positions", "bool", pruneGroup, these("true", "false")},
	{"fold-bias", "prune.fold_bias", "bool", pruneGroup, these("true", "false")},
	{"rounds", "prune.rounds", "int", pruneGroup, nothing},
	{"schedule", "prune.schedule", "name", pruneOwn, these("cubic", "linear", "exponential")},
	{"prune-schedule", "prune.schedule", "name", pruneOwn | compareGroup, these("cubic", "linear", "exponential")},
	{"finetune-epochs", "prune.finetune_epochs", "int", pruneGroup, nothing},
	{"finetune-lr", "prune.finetune_lr", "number", pruneGroup, nothing},
	{"criteria", "compare.criteria", "list", compareGroup, topic("criteria")},
	{"seeds", "compare.seeds", "int", compareGroup, nothing},
	{"out", "out", "dir", outGroup, nil},
}

func nothing() []string                     { return []string{} }
func these(names ...string) func() []string { return func() []string { return names } }
func topic(name string) func() []string     { return func() []string { return jobs.EntryNames(name) } }

// flagValue is the text that a flag was given.
type flagValue struct {
	text, kind string
	set        bool
}

func (v *flagValue) String() string { return v.text }

// Set implements pflag.Value. The text is checked when it becomes a setting.
func (v *flagValue) Set(s string) error {
	switch {
	case v.set:
		return errors.Errorf("it is given twice, first as %q", v.text)
	case strings.TrimSpace(s) == "":
		return errors.New("it is empty")
	}
	v.text, v.set = s, true
	return nil
}

// Type implements pflag.Value.
func (v *flagValue) Type() string { return v.kind }

var _ pflag.Value = (*flagValue)(nil)

// inputs are the settings that one command takes, and what the user gave.
type inputs struct {
	env    []string
	given  []setting
	values map[string]*flagValue
	sets   []string
}

// addSettings gives a command the flags of some groups.
func (a *app) addSettings(cmd *cobra.Command, groups group) *inputs {
	in := &inputs{env: a.env, values: map[string]*flagValue{}}
	cmd.Flags().SortFlags = false // the table is in the order of a job
	for _, s := range settings {
		if s.group&groups != 0 {
			in.add(cmd, s.flag, s.kind, help(s.key, groups), s.choices)
			in.given = append(in.given, s)
		}
	}
	if groups&fileGroup != 0 {
		in.add(cmd, "config", "file", "YAML file of settings; gtrain config init writes one", nil)
		cmd.Flags().StringArrayVar(&in.sets, "set", nil, "any setting by its `key=value`, as train.batch=64; repeatable")
		complete(cmd, "set", func() []string {
			var keys []string
			for _, k := range jobs.Keys() {
				keys = append(keys, k.Name+"=")
			}
			return keys
		})
	}
	return in
}

// help is the line that the table of keys has, with the default. A recipe has its own defaults.
func help(key string, groups group) string {
	k, def := jobs.Doc(key), jobs.DefaultText(key)
	if groups&compareGroup != 0 || def == "" || def == "0" || def == "false" || strings.Contains(k, "(default") {
		return k
	}
	return k + " (default " + def + ")"
}

// add gives a command a flag that takes a text, at most once.
func (in *inputs) add(cmd *cobra.Command, name, kind, help string, choices func() []string) {
	in.addShort(cmd, name, "", kind, help, choices)
}

func (in *inputs) addShort(cmd *cobra.Command, name, short, kind, help string, choices func() []string) {
	v := &flagValue{kind: kind}
	cmd.Flags().VarP(v, name, short, help)
	in.values[name] = v
	if kind == "bool" { // --flag means --flag=true
		cmd.Flags().Lookup(name).NoOptDefVal = "true"
	}
	if choices != nil {
		complete(cmd, name, choices)
	}
}

// complete offers names to the shell after a flag.
func complete(cmd *cobra.Command, flag string, choices func() []string) {
	offer := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return choices(), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
	err := cmd.RegisterFlagCompletionFunc(flag, offer)
	if err != nil { // the flag was added a moment ago
		panic(err)
	}
}

// text is what a flag was given, empty without it.
func (in *inputs) text(flag string) string { return in.values[flag].text }

// has tells whether the user gave a setting by flag or environment.
func (in *inputs) has(flag string) bool {
	if v := in.values[flag]; v != nil && v.set {
		return true
	}
	return in.environment(flag) != ""
}

// needData is the error of a command that works on data and was given none.
func (in *inputs) needData(cmd *cobra.Command, what string) error {
	if in.has("data") || in.values["config"] != nil && in.text("config") != "" {
		return nil
	}
	return usagef("%s needs --data: %s", cmd.CommandPath(), what)
}

// config puts the layers of settings together: base < file < environment < flags < --set.
func (in *inputs) config(base jobs.Config) (jobs.Config, error) {
	c := base
	if f := in.values["config"]; f != nil && f.set {
		b, err := os.ReadFile(f.text)
		if err != nil {
			return c, usageError{errors.Wrap(err, "--config")}
		}
		if err := c.Merge(b, f.text); err != nil {
			return c, err
		}
	}
	if err := in.fromEnv(&c); err != nil {
		return c, err
	}
	by := map[string]string{} // the flag that has set a key: two of prune's are names of one
	for _, s := range in.given {
		if v := in.values[s.flag]; v.set {
			if first := by[s.key]; first != "" {
				return c, usagef("--%s and --%s are two names of one setting: give one of them", first, s.flag)
			}
			by[s.key] = s.flag
			if err := c.Set(s.key, v.text, "--"+s.flag); err != nil {
				return c, err
			}
		}
	}
	given := map[string]string{}
	for _, kv := range in.sets {
		key, value, ok := strings.Cut(kv, "=")
		if !ok {
			return c, usagef("--set %s: want KEY=VALUE, as train.batch=64", kv)
		}
		key = strings.TrimSpace(key)
		if first, twice := given[key]; twice {
			return c, usagef("--set %s: it is given twice, first as %q", kv, first)
		}
		given[key] = value
		if err := c.Set(key, value, "--set"); err != nil {
			return c, err
		}
	}
	return c, c.Validate()
}
