package training

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

func write(t *testing.T, dir string, files ...string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f), []byte(dir+f), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestReplaceDir(t *testing.T) {
	root := filepath.Join(t.TempDir(), "run")
	dir := filepath.Join(root, "last")
	fill := func(file string, fail error) func(string) error {
		return func(fresh string) error {
			write(t, fresh, file)
			return fail
		}
	}
	if err := replaceDir(dir, fill("one", nil)); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("half-way")
	if err := replaceDir(dir, fill("two", broken)); !errors.Is(err, broken) {
		t.Fatalf("error %v", err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"one"}) || !slices.Equal(names(t, root), []string{"last"}) {
		t.Errorf("after a failure: %v, %v", got, names(t, root))
	}
	write(t, dir+".new", "left by a crash")
	write(t, dir+".old", "left by a crash")
	if err := replaceDir(dir, fill("three", nil)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"three"}) || !slices.Equal(names(t, root), []string{"last"}) {
		t.Errorf("after success: %v, %v", got, names(t, root))
	}
	// A crash between the two renames: the old folder is found, and the next checkpoint puts things right.
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if got, ok := present(dir); !ok || got != dir+".old" {
		t.Errorf("present %q, %v", got, ok)
	}
	if err := replaceDir(dir, fill("four", nil)); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"four"}) || !slices.Equal(names(t, root), []string{"last"}) {
		t.Errorf("after the crash: %v, %v", got, names(t, root))
	}
}

func TestResumeAfterACrashBetweenRenames(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	dir := t.TempDir()
	cfg := interrupted(t, k, dir)
	for _, name := range []string{"last", "best"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, name+".old")); err != nil {
			t.Fatal(err)
		}
	}
	m := k.model(t)
	tr := k.trainer(t, m, cfg)
	if err := tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Fit(t.Context()); err != nil {
		t.Fatal(err)
	}
	straight := cfg
	straight.Checkpoints, straight.Optimizer = "", &optimizers.Adam{LearningRate: 0.02}
	want, _ := k.fitted(t, straight)
	if !slices.Equal(bits(m), bits(want)) {
		t.Error("weights differ")
	}
	if got := names(t, dir); !slices.Contains(got, "last") || slices.Contains(got, "last.old") {
		t.Errorf("left behind: %v", got)
	}
}

// A crash after last/ of a best epoch was written and before its best/ was: last/ holds those weights.
func TestResumeMakesBestOfLast(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	dir := t.TempDir()
	cfg := func(epochs int) Config {
		return Config{Epochs: epochs, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.02}, Checkpoints: dir}
	}
	k.fitted(t, cfg(1))
	if err := os.Rename(filepath.Join(dir, "best"), filepath.Join(dir, "first")); err != nil {
		t.Fatal(err)
	}
	m, full := k.fitted(t, cfg(2))
	if full.History().BestEpoch != 2 {
		t.Fatal("the second epoch is not the best; the test says nothing")
	}
	for _, stale := range []bool{false, true} {
		best := filepath.Join(dir, "best")
		if err := os.RemoveAll(best); err != nil {
			t.Fatal(err)
		}
		if stale {
			if err := os.Rename(filepath.Join(dir, "first"), best); err != nil {
				t.Fatal(err)
			}
		}
		tr := k.trainer(t, k.model(t), cfg(2))
		if err := tr.Resume(); err != nil {
			t.Fatal(err)
		}
		saved, err := models.Load(best)
		if err != nil || !slices.Equal(bits(saved), bits(m)) || !slices.Equal(snapshotBits(tr.best), bits(m)) {
			t.Errorf("best/ was not made again: %v", err)
		}
	}
}

func TestCheckpointThatCannotBeWritten(t *testing.T) {
	k := prepare(t, "iris", 50, models.Dense(8, models.ReLU))
	file := filepath.Join(t.TempDir(), "file")
	write(t, filepath.Dir(file), "file")
	_, err := k.trainer(t, k.model(t), Config{Epochs: 1, Batch: 16, Optimizer: &optimizers.Adam{},
		Checkpoints: file}).Fit(t.Context())
	if err == nil || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
