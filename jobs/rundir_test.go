package jobs

import (
	"os"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
)

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

func TestResumableReadsTheSettings(t *testing.T) {
	_, dir := trained(t, "iris", func(c *config.Config) { c.Train.Batch = 17 })
	c, err := Resumable(dir)
	if err != nil || c.Train.Batch != 17 || c.Data.Source != "iris" || c.Out != dir {
		t.Errorf("%+v, %v", c, err)
	}
	if c.Data.TargetScaling != "" {
		t.Errorf("target scaling %q", c.Data.TargetScaling)
	}
	path := rundir.Dir(dir).Path(rundir.ConfigFile)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(b), "  target_scaling: auto\n", "", 1)
	if old == string(b) {
		t.Fatal("the settings say nothing of the target's scaling")
	}
	_, old, _ = strings.Cut(old, "\n") // nor had it a checksum
	if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err = Resumable(dir); err != nil || c.Data.TargetScaling != "none" {
		t.Errorf("of a run from before there was one: %q, %v", c.Data.TargetScaling, err)
	}
	_, err = Resumable(t.TempDir())
	mentions(t, err, "holds no config.yaml: there is nothing to resume")
}

func TestRunAndModelNames(t *testing.T) {
	for source, want := range map[string]string{
		"iris": "iris", "a/b.csv": "b", "x.csv.gz": "x", "data/mnist/": "mnist", ".": "run", "": "run", "/": "run",
	} {
		if got := runName(&config.Config{Data: config.Data{Source: source}}); got != want {
			t.Errorf("%q: %s, want %s", source, got, want)
		}
	}
	for path, want := range map[string]string{
		"runs/a": "a-pruned", "runs/a/model.onnx": "a-pruned", "m.onnx": "m-pruned", "runs/v1.2": "v1.2-pruned",
		".": "model-pruned", "model.onnx": "model-pruned",
	} {
		if got := pruneName(path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}
