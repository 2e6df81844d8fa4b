package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/training"
)

// finished trains on iris to so many epochs. The best epoch comes long before the last.
func finished(t *testing.T, change func(*config.Config)) string {
	t.Helper()
	_, dir := trained(t, "iris", func(c *config.Config) {
		c.Train.Epochs, c.Train.Schedule, c.Train.LearningRate = 12, "constant", 0.5
		if change != nil {
			change(c)
		}
	})
	return dir
}

func duplicate(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// goOn resumes the training in dir up to so many epochs.
func goOn(dir string, epochs int, rep Reporter) error {
	c, err := Resumable(dir)
	if err != nil {
		return err
	}
	c.Train.Epochs = config.Count(epochs)
	_, err = Train(context.Background(), c, OutOptions{Mode: rundir.Mode{Resume: true}}, rep)
	return err
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// No file of a checkpoint can be replaced by that of another seed, another epoch or other settings: resuming says which
// does not belong, and changes nothing.
func TestFilesOfOtherRunsAreRefused(t *testing.T) {
	ours := finished(t, nil)
	if bytes.Equal(read(t, filepath.Join(ours, "best/model.onnx")), read(t, filepath.Join(ours, "last/model.onnx"))) {
		t.Fatal("the best epoch is the last one: nothing can be told apart")
	}
	want := duplicate(t, ours)
	if err := goOn(want, 15, Silent{}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*config.Config){
		"seed":     func(c *config.Config) { c.Seed = 2 },
		"epoch":    func(c *config.Config) { c.Train.Epochs = 3 },
		"rate":     func(c *config.Config) { c.Train.LearningRate = 0.03 },
		"decay":    func(c *config.Config) { c.Train.OptimizerOptions = map[string]any{"weight_decay": 0.3} },
		"patience": func(c *config.Config) { c.Train.Patience = 100 }, // the same weights, bit by bit
	} {
		theirs := finished(t, change)
		for _, file := range []string{"last/model.onnx", "last/optimizer.state", "last/progress.json", "last", "best/model.onnx",
			"best/optimizer.state", "best/progress.json", "best", rundir.ConfigFile} {
			mixed := duplicate(t, ours)
			to, from := filepath.Join(mixed, file), filepath.Join(theirs, file)
			if err := os.RemoveAll(to); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(from); err == nil && info.IsDir() {
				if err := os.CopyFS(to, os.DirFS(from)); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(to, read(t, from), 0o666); err != nil {
				t.Fatal(err)
			} else if bytes.Equal(read(t, to), read(t, filepath.Join(ours, file))) {
				continue // it is the same file
			}
			before := tree(t, mixed)
			err := goOn(mixed, 15, Silent{})
			if err == nil {
				t.Errorf("%s of another %s was used", file, name)
				continue
			}
			if !strings.Contains(err.Error(), strings.Split(filepath.ToSlash(file), "/")[0]) {
				t.Errorf("%s of another %s: %v does not name it", file, name, err)
			}
			if after := tree(t, mixed); after != before {
				t.Errorf("%s of another %s: the refusal changed the directory", file, name)
			}
		}
	}
	if err := goOn(ours, 15, Silent{}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"model.onnx", "last/model.onnx", "last/optimizer.state", "best/model.onnx"} {
		if !bytes.Equal(read(t, filepath.Join(ours, f)), read(t, filepath.Join(want, f))) {
			t.Errorf("%s: other bytes", f)
		}
	}
}

// tree is what a directory holds, names and contents.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b.WriteString(path + "\x00" + string(read(t, path)) + "\x00")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCheckpointsOfOneRunAreNotExchanged(t *testing.T) {
	dir := finished(t, nil)
	last, best := filepath.Join(dir, "last"), filepath.Join(dir, "best")
	for _, swap := range [][2]string{{best, last + ".x"}, {last, best}, {last + ".x", last}} {
		if err := os.Rename(swap[0], swap[1]); err != nil {
			t.Fatal(err)
		}
	}
	// What is last now is a whole checkpoint, of the best epoch, from which the training goes on as it did; what is best
	// now is not that epoch's and is made anew.
	want := finished(t, nil)
	if err := goOn(dir, 12, Silent{}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"model.onnx", "last/model.onnx", "last/optimizer.state", "best/model.onnx"} {
		if !bytes.Equal(read(t, filepath.Join(dir, f)), read(t, filepath.Join(want, f))) {
			t.Errorf("%s: other bytes", f)
		}
	}
}

func TestConfigFileThatChanged(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"a value":        func(s string) string { return strings.Replace(s, "lr: 0.5", "lr: 0.05", 1) },
		"a comment":      func(s string) string { return s + "# mine\n" },
		"the seed":       func(s string) string { return strings.Replace(s, "seed: 1", "seed: 2", 1) },
		"line ends":      func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"a missing line": func(s string) string { return strings.Replace(s, "  epochs: 12\n", "", 1) },
		"cut":            func(s string) string { return s[:len(s)/2] },
	} {
		dir := finished(t, nil)
		path := filepath.Join(dir, rundir.ConfigFile)
		was := string(read(t, path))
		now := change(was)
		if now == was {
			t.Fatalf("%s: nothing changed", name)
		}
		write(t, dir, rundir.ConfigFile, now)
		err := goOn(dir, 13, Silent{})
		mentions(t, err, path+" was changed")
		if !errors.Is(err, config.ErrConfig) {
			t.Errorf("%s: %v is not ErrConfig", name, err)
		}
		var c config.Config
		if name == "a value" { // as a file of settings it is as good as any
			if err := c.Merge([]byte(now), path); err != nil || c.Train.LearningRate != 0.05 {
				t.Errorf("as --config: %v, %v", c.Train.LearningRate, err)
			}
		}
		write(t, dir, rundir.ConfigFile, was)
		if err := goOn(dir, 13, Silent{}); err != nil {
			t.Errorf("%s, put back: %v", name, err)
		}
	}
	dir := finished(t, nil)
	_, bare, _ := strings.Cut(string(read(t, filepath.Join(dir, rundir.ConfigFile))), "\n")
	write(t, dir, rundir.ConfigFile, bare)
	mentions(t, goOn(dir, 13, Silent{}), "config.yaml")
}

// Another instruction set gives other bits, and so is said; the same one is not.
func TestResumingOnAnotherInstructionSetIsSaid(t *testing.T) {
	was := kernels.ISA()
	defer kernels.SetISA(was)
	for _, isa := range kernels.ISAs() {
		dir := finished(t, nil)
		if err := kernels.SetISA(isa); err != nil {
			t.Fatal(err)
		}
		var said notes
		if err := goOn(dir, 13, &said); err != nil {
			t.Fatal(err)
		}
		want := "computed with another instruction set, " + was + ", and this is " + isa
		if strings.Contains(said.text(), want) != (isa != was) {
			t.Errorf("%s after %s: notes are %q", isa, was, said.text())
		}
		said = notes{}
		if err := goOn(dir, 14, &said); err != nil || strings.Contains(said.text(), "instruction set") {
			t.Errorf("%s again: %v, %q", isa, err, said.text())
		}
		if err := kernels.SetISA(was); err != nil {
			t.Fatal(err)
		}
	}
}

// A model is found for a run whose training did not end, or is going on.
func TestUnfinishedRunsAreUsedByTheirBestCheckpoint(t *testing.T) {
	dir := finished(t, nil)
	want := read(t, filepath.Join(dir, "model.onnx"))
	for _, f := range []string{"model.onnx", rundir.ReportFile} {
		if err := os.Remove(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	found := func(from string) (string, string, error) {
		var said notes
		path, err := FindModel(from, &said)
		return path, said.text(), err
	}
	path, said, err := found(dir)
	if err != nil || path != filepath.Join(dir, "best") || !bytes.Equal(read(t, filepath.Join(path, "model.onnx")), want) {
		t.Fatalf("%s, %v", path, err)
	}
	if !strings.Contains(said, "the training did not finish; its best checkpoint, of epoch ") {
		t.Errorf("notes are %q", said)
	}
	at, err := rundir.Reserve(dir, "", rundir.Mode{Resume: true}, Silent{}.Note)
	if err != nil {
		t.Fatal(err)
	}
	if _, said, err := found(dir); err != nil || !strings.Contains(said, "the training is still running, as process ") {
		t.Errorf("notes are %q, %v", said, err)
	}
	at.Release()
	var said2 notes
	if _, err := Eval(context.Background(), dir, EvalOptions{Source: "iris"}, &said2); err != nil ||
		!strings.Contains(said2.text(), "its best checkpoint") {
		t.Errorf("eval: %v, %q", err, said2.text())
	}

	// A folder that is being replaced stands under another name for a moment.
	if err := os.Rename(filepath.Join(dir, "best"), filepath.Join(dir, "best.old")); err != nil {
		t.Fatal(err)
	}
	if path, _, err := found(dir); err != nil || path != filepath.Join(dir, "best.old") {
		t.Errorf("%s, %v", path, err)
	}
	write(t, filepath.Join(dir, "best.old"), "model.onnx", string(read(t, filepath.Join(dir, "last", "model.onnx"))))
	if _, _, err := found(dir); !errors.Is(err, training.ErrCheckpoint) {
		t.Errorf("a foreign model in best: %v", err)
	}
	if _, _, err := found(filepath.Join(dir, "best.old")); !errors.Is(err, training.ErrCheckpoint) {
		t.Errorf("a foreign model in the checkpoint: %v", err)
	}
	for _, name := range []string{"best.old", "last"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = found(dir)
	mentions(t, err, "holds no model: its training has not finished an epoch, or diverged in the first")
}

// What an earlier training gave is not taken for the result of one that went on and did not end.
func TestAnOldResultDoesNotOutliveAResumedTraining(t *testing.T) {
	dir := finished(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c, err := Resumable(dir)
	if err != nil {
		t.Fatal(err)
	}
	c.Train.Epochs = 20
	if _, err := Train(ctx, c, OutOptions{Mode: rundir.Mode{Resume: true}}, Silent{}); !errors.Is(err, training.ErrInterrupted) {
		t.Fatal(err)
	}
	if exists(filepath.Join(dir, "model.onnx")) || exists(filepath.Join(dir, rundir.ReportFile)) {
		t.Error("the old result is still there")
	}
	if _, err := LoadModel(dir); err != nil {
		t.Error(err)
	}
	if err := goOn(dir, 20, Silent{}); err != nil || !exists(filepath.Join(dir, "model.onnx")) {
		t.Error(err)
	}
	before := tree(t, dir)
	if err := goOn(dir, 20, Silent{}); err != nil { // nothing to do
		t.Error(err)
	}
	if tree(t, dir) != before {
		t.Error("a training that was over changed something")
	}
}

// Checkpoints of earlier versions have no identity, and are read.
func TestCheckpointsOfEarlierVersions(t *testing.T) {
	dir := finished(t, nil)
	for _, name := range []string{"last", "best"} {
		path := filepath.Join(dir, name, "progress.json")
		var text bytes.Buffer
		if err := json.Compact(&text, read(t, path)); err != nil {
			t.Fatal(err)
		}
		bare := regexp.MustCompile(`,"run":"[^{]*"files":\{[^}]*\},.*,"checksum":"[0-9a-f]*"\}$`).
			ReplaceAllString(text.String(), `,"checksum":""}`)
		if bare == text.String() {
			t.Fatalf("%s has no identity", path)
		}
		whole := strings.TrimSuffix(bare, `""}`) + `"` + rundir.Sum([]byte(bare)) + `"}`
		text.Reset()
		if err := json.Indent(&text, []byte(whole), "", "  "); err != nil {
			t.Fatal(err)
		}
		write(t, dir, filepath.Join(name, "progress.json"), text.String())
	}
	_, bare, _ := strings.Cut(string(read(t, filepath.Join(dir, rundir.ConfigFile))), "\n")
	write(t, dir, rundir.ConfigFile, bare)
	if _, err := Eval(context.Background(), filepath.Join(dir, "best"), EvalOptions{Source: "iris"}, Silent{}); err != nil {
		t.Fatal(err)
	}
	var said notes
	if err := goOn(dir, 13, &said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.text(), "written by an earlier version") {
		t.Errorf("notes are %q", said.text())
	}
	said = notes{}
	if err := goOn(dir, 14, &said); err != nil || strings.Contains(said.text(), "earlier version") {
		t.Errorf("once it is of this version: %v, %q", err, said.text())
	}
}
