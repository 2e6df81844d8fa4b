package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/settings"
)

// wrongValues are values that a setting does not take: of another kind, below its range, above it, a name that there is none of.
func wrongValues(s config.Setting) map[string]string {
	wrong := map[string]string{}
	switch s.Kind {
	case settings.KindNumber, settings.KindCount:
		wrong["kind"], wrong["list"] = "many", "[1, 2]"
		if s.Kind == settings.KindCount {
			wrong["fraction"] = "2.5"
		}
		for name, v := range map[string]float64{"low": s.Range.Low, "high": s.Range.High} {
			for _, by := range []float64{0, 1} {
				if v = v + map[string]float64{"low": -by, "high": by}[name]; !s.Range.Has(v) && s.Range != (settings.Range{}) {
					wrong[name] = strings.TrimPrefix(strings.Replace(fmt.Sprint(v), "Inf", ".inf", 1), "+")
				}
			}
		}
	case settings.KindFlag:
		wrong["kind"] = "perhaps"
	case settings.KindChoice:
		wrong["choice"] = "nosuch"
	case settings.KindTexts:
		wrong["item"] = "[a, {b: c}]"
		if s.Choices() != nil {
			wrong["choice"] = "[nosuch]"
		}
	case settings.KindMapping:
		wrong["kind"] = "5"
	case settings.KindList:
		wrong["kind"], wrong["item"] = "5", "[{type: nosuch}]"
	}
	return wrong
}

// walker runs command lines in an empty directory and holds that they are refused and leave it empty.
type walker struct {
	*testing.T
	model string
	runs  int
}

func (w *walker) refused(names []string, env []string, args ...string) {
	w.Helper()
	w.runs++
	var out, errs bytes.Buffer
	code := execute(context.Background(), args, streams{out: &out, err: &errs, env: env})
	said := errs.String()
	if code != exitUsage || strings.Count(said, "\n") != 1 {
		w.Errorf("%v %q: exit code %d, %q", env, args, code, said)
	}
	named := false
	for _, name := range names {
		named = named || strings.Contains(said, name)
	}
	if !named {
		w.Errorf("%v %q: %q names none of %q", env, args, said, names)
	}
	if entries, err := os.ReadDir("."); err != nil || len(entries) > 0 {
		w.Fatalf("%v %q: wrote %v (%v)", env, args, entries, err)
	}
}

// command is a command line of a job.
func (w *walker) command(job config.Job, args ...string) []string {
	switch job {
	case config.ForTrain:
		return append([]string{"train", "--data", "iris"}, args...)
	case config.ForRun:
		return append([]string{"run", "--data", "iris"}, args...)
	}
	return append([]string{"prune", w.model, "--data", "iris"}, args...)
}

// Whatever is wrong with a setting is said before anything is trained or written, by every job that has it and however it is
// given, in one line that names it.
func TestEverySettingIsChecked(t *testing.T) {
	w := &walker{T: t, model: filepath.Join(t.TempDir(), "m")}
	var errs bytes.Buffer
	train := []string{"train", "-q", "--data", "iris", "--model", "mlp:4", "--epochs", "1", "--out", w.model}
	if code := execute(context.Background(), train, streams{out: &errs, err: &errs}); code != 0 {
		t.Fatal(errs.String())
	}
	file := filepath.Join(t.TempDir(), "wrong.yaml")
	t.Chdir(t.TempDir())
	jobs := []config.Job{config.ForTrain, config.ForRun, config.ForPrune}
	checked := 0
	for _, s := range config.Keys() {
		wrong := wrongValues(s)
		if len(wrong) > 0 {
			checked++
		}
		for _, value := range wrong {
			if err := os.WriteFile(file, []byte(yamlOf(s.Name, value)), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, job := range jobs {
				names := []string{s.Name}
				w.refused(names, nil, w.command(job, "--set", s.Name+"="+value)...)
				if value != "0" || s.Default != nil && s.Name != "train.epochs" { // a file may say 0 for auto, or for nothing
					w.refused(names, nil, w.command(job, "--config", file)...)
				}
				if s.Flag == "" || s.Jobs&job == 0 || s.Flag == "data" {
					continue
				}
				w.refused(append(names, "--"+s.Flag), nil, w.command(job, "--"+s.Flag+"="+value)...)
				w.refused(append(names, envName(s.Flag)), []string{envName(s.Flag) + "=" + value}, w.command(job)...)
			}
		}
	}
	if checked < 40 || w.runs < 800 {
		t.Errorf("only %d settings were checked in %d runs", checked, w.runs)
	}
	// Settings that do not go together.
	for _, r := range config.Rules() {
		for _, broken := range r.Broken {
			var sets, names []string
			for _, kv := range strings.Fields(broken) {
				name, _, _ := strings.Cut(kv, "=")
				name, _, _ = strings.Cut(name, "_options.")
				sets, names = append(sets, "--set", kv), append(names, name)
			}
			for _, job := range jobs {
				w.refused(names, nil, w.command(job, sets...)...)
			}
		}
	}
}

// yamlOf is a document with one setting.
func yamlOf(key, value string) string {
	group, name, nested := strings.Cut(key, ".")
	if !nested {
		return key + ": " + value + "\n"
	}
	return group + ":\n  " + name + ": " + value + "\n"
}
