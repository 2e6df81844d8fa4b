package jobs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/training"
)

// notes records what a job tells its reporter.
type notes struct {
	Silent
	lines  []string
	epochs int
}

func (n *notes) Note(format string, args ...any) {
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) Epoch(string, training.EpochInfo, int) { n.epochs++ }

func (n *notes) text() string { return strings.Join(n.lines, "\n") }

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// trained is a small model on an embedded dataset.
func trained(t *testing.T, source string, change func(*config.Config)) (*TrainReport, string) {
	t.Helper()
	c := config.Default()
	c.Data.Source, c.Model.Name, c.Train.Epochs = source, "mlp:8", 2
	c.Out = filepath.Join(t.TempDir(), "run")
	if change != nil {
		change(&c)
	}
	r, err := Train(context.Background(), c, OutOptions{}, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	return r, c.Out
}

// mentions fails unless the error says want.
func mentions(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want it to say %q", err, want)
	}
}
