package main

import (
	"os"
	"strings"

	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func nothing() []string { return []string{} }

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
	app    *app
	job    config.Job
	env    []string
	given  []config.Setting // that the command has flags for
	values map[string]*flagValue
	sets   []string
}

// addSettings gives a command the flags of the settings that its job reads; those of a job that writes a run directory can
// also be given by a file and by key.
func (a *app) addSettings(cmd *cobra.Command, job config.Job) *inputs {
	in := &inputs{app: a, job: job, env: a.env, values: map[string]*flagValue{}}
	cmd.Flags().SortFlags = false // the table is in the order of a job
	for _, s := range config.Keys() {
		if s.Flag != "" && s.Jobs&job != 0 {
			in.add(cmd, s.Flag, s.Takes, help(s, job), choices(s))
			in.given = append(in.given, s)
		}
	}
	if job&(config.ForTrain|config.ForRun|config.ForPrune) != 0 {
		in.add(cmd, "config", "file", "YAML file of settings; gtrain config init writes one", nil)
		cmd.Flags().StringArrayVar(&in.sets, "set", nil, "any setting by its `key=value`, as train.batch=64; repeatable")
		complete(cmd, "set", func() []string {
			var keys []string
			for _, s := range config.Keys() {
				keys = append(keys, s.Name+"=")
			}
			return keys
		})
	}
	return in
}

// choices are what the shell offers after a setting's flag: names, files for a path, nothing for a number.
func choices(s config.Setting) func() []string {
	switch s.Kind {
	case settings.KindPath:
		return nil
	case settings.KindFlag:
		return func() []string { return []string{"true", "false"} }
	}
	if s.Name == "model.name" {
		return func() []string { return jobs.EntryNames("models") }
	}
	return func() []string { return append(s.Words(), s.Choices()...) }
}

// help is the setting's line, with its default. A recipe has its own defaults.
func help(s config.Setting, job config.Job) string {
	line, def := s.Help(), s.DefaultText()
	if job == config.ForRun || def == "" || def == "0" || def == "false" || strings.Contains(line, "(default") {
		return line
	}
	return line + " (default " + def + ")"
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
func (in *inputs) config(base config.Config) (config.Config, error) {
	c := base
	in.app.in = in
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
	for _, s := range in.given {
		if v := in.values[s.Flag]; v.set {
			if err := in.set(&c, s.Name, v.text, "--"+s.Flag); err != nil {
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
		if err := in.set(&c, key, value, "--set"); err != nil {
			return c, err
		}
	}
	for _, s := range in.given {
		if why := c.Unread(in.job, s.Name); why != "" && in.values[s.Flag].set {
			return c, usagef("--%s has no effect: %s", s.Flag, why)
		}
	}
	for _, kv := range in.sets { // a line that is used for several jobs may set what another job reads
		key, _, _ := strings.Cut(kv, "=")
		key = strings.TrimSpace(key)
		if s, ok := c.Find(key); ok && s.Jobs&in.job == 0 {
			continue
		}
		if why := c.Unread(in.job, key); why != "" {
			return c, usagef("--set %s has no effect: %s", key, why)
		}
	}
	return c, c.Validate()
}

// set changes one setting. The two kinds of schedules are told apart where one is given for the other.
func (in *inputs) set(c *config.Config, key, value, source string) error {
	err := c.Set(key, value, source)
	if _, of := pruning.AmountSchedules.Find(value); err != nil && of && key == "train.schedule" && in.values["prune-schedule"] != nil {
		return usagef("%s %s: %[2]s is a schedule of the amount: --prune-schedule %[2]s", source, value)
	}
	return err
}

// message is an error on one line, with flags for what it says to set, behind the flag of the setting that it is about where the user gave that by its flag.
func (in *inputs) message(err error) string {
	line, name := err.Error(), settings.NameOf(err)
	var there *rundir.ExistsError
	if errors.As(err, &there) {
		line = strings.Replace(line, there.Error(), there.Line("--force", "--resume"), 1)
	}
	line = strings.Join(strings.Fields(line), " ")
	if !strings.HasPrefix(line, "--set") { // which takes KEY=VALUE itself
		line = in.remedies(line)
	}
	for _, s := range in.given {
		if s.Name == name && in.values[s.Flag].set && !strings.Contains(line, "--"+s.Flag) {
			return "--" + s.Flag + ": " + strings.TrimPrefix(line, name+": ")
		}
	}
	return line
}
