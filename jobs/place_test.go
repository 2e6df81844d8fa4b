package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
)

// While one job has a directory, no other gets it, whatever it asks for, and nothing in it changes.
func TestOneJobHasTheDirectory(t *testing.T) {
	model, dir := trained(t, "iris", nil)
	at, err := rundir.Reserve(dir, "x", rundir.Mode{Resume: true}, Silent{}.Note)
	if err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	c := config.Default()
	c.Data.Source, c.Model.Name, c.Train.Epochs, c.Out = "iris", "mlp:4", 1, dir
	want := fmt.Sprintf("%s is in use by process %d", dir, os.Getpid())
	for name, job := range map[string]func() error{
		"train --resume": func() error { return goOn(dir, 9, Silent{}) },
		"train --force": func() error {
			_, err := Train(context.Background(), c, OutOptions{Mode: rundir.Mode{Force: true}}, Silent{})
			return err
		},
		"train": func() error { _, err := Train(context.Background(), c, OutOptions{}, Silent{}); return err },
		"run --force": func() error {
			_, err := Run(context.Background(), c, OutOptions{Mode: rundir.Mode{Force: true}}, Silent{})
			return err
		},
		"run": func() error { _, err := Run(context.Background(), c, OutOptions{}, Silent{}); return err },
		"prune --force": func() error {
			_, err := Prune(context.Background(), model.ModelFile, c, OutOptions{Mode: rundir.Mode{Force: true}}, Silent{})
			return err
		},
		"prune": func() error {
			_, err := Prune(context.Background(), model.ModelFile, c, OutOptions{}, Silent{})
			return err
		},
	} {
		err := job()
		mentions(t, err, want)
		if !errors.Is(err, config.ErrConfig) {
			t.Errorf("%s: %v is not ErrConfig", name, err)
		}
	}
	if tree(t, dir) != before {
		t.Error("a refused job changed the directory")
	}
	if _, err := Eval(context.Background(), dir, EvalOptions{Source: "iris"}, Silent{}); err != nil {
		t.Errorf("reading: %v", err)
	}
	at.Release()
	if err := goOn(dir, 3, Silent{}); err != nil {
		t.Error(err)
	}
	if exists(filepath.Join(dir, rundir.LockFile)) {
		t.Error("the lock is left")
	}
}

// What a job leaves that was killed before its settings had their name counts as nothing; one file more does not.
func TestWhatAKillLeftIsUsedAgain(t *testing.T) {
	c := config.Default()
	c.Data.Source, c.Model.Name, c.Train.Epochs = "iris", "mlp:4", 1
	train := func(dir string, out OutOptions) error {
		c := c
		c.Out = dir
		_, err := Train(context.Background(), c, out, Silent{})
		return err
	}
	for _, left := range [][]string{
		{},
		{rundir.LockFile},
		{".config.yaml.tmp-123-0"},
		{rundir.LockFile, ".config.yaml.tmp-1-0", ".config.yaml.tmp-99999-17"},
		{rundir.LockFile, ".model.onnx.tmp-5-0", ".report.json.tmp-5-1", ".env.json.tmp-5-2"},
	} {
		for _, out := range []OutOptions{{}, {Mode: rundir.Mode{Force: true}}} {
			dir := filepath.Join(t.TempDir(), "run")
			if err := os.Mkdir(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			for _, name := range left {
				write(t, dir, name, "1")
			}
			if _, err := Resumable(dir); !errors.Is(err, config.ErrConfig) {
				t.Errorf("resuming what holds %v: %v", left, err)
			}
			if err := train(dir, out); err != nil {
				t.Errorf("%v, force %v: %v", left, out.Force, err)
				continue
			}
			if names, _ := filepath.Glob(filepath.Join(dir, ".*")); len(names) > 0 {
				t.Errorf("%v: left behind %v", left, names)
			}
		}
	}
	for _, theirs := range []string{"note.txt", ".note.txt.tmp-1-0", ".config.yaml.tmp", ".config.yaml.tmp-x-0", "model.onnx"} {
		dir := filepath.Join(t.TempDir(), "run")
		write(t, dir, theirs, "mine")
		for _, out := range []OutOptions{{}, {Mode: rundir.Mode{Force: true}}} {
			if err := train(dir, out); !errors.Is(err, rundir.ErrExists) {
				t.Errorf("%s, force %v: %v", theirs, out.Force, err)
			}
		}
		if string(read(t, filepath.Join(dir, theirs))) != "mine" {
			t.Errorf("%s was changed", theirs)
		}
	}
}

// A training that was killed before its first checkpoint begins, with its own settings, when it is resumed.
func TestResumingBeforeTheFirstCheckpoint(t *testing.T) {
	want := finished(t, nil)
	dir := duplicate(t, want)
	for _, name := range []string{"model.onnx", "last", "best", rundir.MetricsFile, rundir.ReportFile, rundir.EnvFile} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "last.new/.model.onnx.tmp-12-0", "half a model")
	write(t, dir, rundir.LockFile, "4194305\n")
	var said notes
	if err := goOn(dir, 12, &said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.text(), "holds no checkpoint yet: the training begins") {
		t.Errorf("notes are %q", said.text())
	}
	for _, f := range []string{"model.onnx", "last/model.onnx", "best/model.onnx", rundir.ConfigFile} {
		if string(read(t, filepath.Join(dir, f))) != string(read(t, filepath.Join(want, f))) {
			t.Errorf("%s: other bytes", f)
		}
	}
	if exists(filepath.Join(dir, "last.new")) {
		t.Error("last.new is left")
	}
}

// Where nothing can be written is known before the work.
func TestOutThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	_, run := trained(t, "iris", nil)
	write(t, dir, "file", "")
	for path, why := range map[string]string{
		filepath.Join(dir, "file", "run"): "run directory",
		filepath.Join(run, "last"):        "is part of the run in",
		filepath.Join(run, "best", "x"):   "is part of the run in",
	} {
		c := config.Default()
		c.Data.Source, c.Out = "nosuch.csv", path
		for name, job := range map[string]func() error{
			"train": func() error { _, err := Train(context.Background(), c, OutOptions{}, Silent{}); return err },
			"run":   func() error { _, err := Run(context.Background(), c, OutOptions{}, Silent{}); return err },
			"prune": func() error { _, err := Prune(context.Background(), run, c, OutOptions{}, Silent{}); return err },
		} {
			err := job()
			mentions(t, err, why)
			if !errors.Is(err, config.ErrConfig) {
				t.Errorf("%s: %v is not ErrConfig", name, err)
			}
		}
	}
}
