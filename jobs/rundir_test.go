package jobs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

// claim is how a job gets its directory, up to its end.
func claim(path, name string, out OutOptions) (RunDir, error) {
	at, err := reserve(path, name, out, Silent{})
	if err != nil {
		return "", err
	}
	defer at.lock.Release()
	return at.claim()
}

func TestClaimNumbersRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, want := range []string{"runs/iris-1", "runs/iris-2", "runs/iris-3"} {
		dir, err := claim("", "iris", OutOptions{})
		if err != nil || string(dir) != filepath.FromSlash(want) || !exists(string(dir)) {
			t.Errorf("got %s, %v; want %s", dir, err, want)
		}
	}
	if err := os.Remove("runs/iris-2"); err != nil {
		t.Fatal(err)
	}
	if dir, err := claim("", "iris", OutOptions{}); err != nil || string(dir) != filepath.FromSlash("runs/iris-2") {
		t.Errorf("got %s, %v", dir, err)
	}
}

func TestClaimGivesEveryProcessItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	const n = 16
	dirs := make([]RunDir, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			var err error
			if dirs[i], err = claim("", "x", OutOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[RunDir]bool{}
	for _, d := range dirs {
		if seen[d] {
			t.Errorf("%s was given twice", d)
		}
		seen[d] = true
	}
}

func TestClaimRefusesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	write(t, run, envFile, "{}")
	file := write(t, dir, "file", "")
	other := filepath.Join(dir, "other")
	write(t, other, "note", "mine")
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		path, want string
		out        OutOptions
	}{
		{run, "exists and is not empty: --force replaces the run in it, --resume goes on", OutOptions{}},
		{file, "is a file, where the run directory should be", OutOptions{Force: true}},
		{filepath.Join(file, "sub"), "run directory", OutOptions{}},
		{other, "exists and is not empty", OutOptions{}},
		{other, "not a run directory: force replaces nothing else", OutOptions{Force: true}},
		{filepath.Join(dir, "no"), "does not exist: there is nothing to resume", OutOptions{Resume: true}},
		{"", "say which with --out", OutOptions{Resume: true}},
		{run, "ask for one of them", OutOptions{Resume: true, Force: true}},
	} {
		_, err := claim(one.path, "x", one.out)
		mentions(t, err, one.want)
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%s: the error is not ErrConfig", one.path)
		}
	}
	if _, err := claim(run, "x", OutOptions{}); !errors.Is(err, ErrExists) {
		t.Errorf("%v is not ErrExists", err)
	}
	for _, path := range []string{empty, filepath.Join(dir, "a/b/c")} {
		if got, err := claim(path, "x", OutOptions{}); err != nil || string(got) != path || !exists(path) {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	if exists(filepath.Join(dir, "no")) || !exists(filepath.Join(other, "note")) {
		t.Error("a refusal changed something")
	}
}

func TestForceClearsWhatARunWroteAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{configFile, envFile, metricsFile, reportFile, "model.onnx", "last/model.onnx",
		"best/progress.json", "last.old/x", "note.txt", "plots/loss.svg", "laster/x"} {
		write(t, dir, f, "x")
	}
	if _, err := claim(dir, "x", OutOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if len(left) != 3 || left[0] != "laster" || left[1] != "note.txt" || left[2] != "plots" {
		t.Errorf("left: %v", left)
	}
	if _, err := claim(dir, "x", OutOptions{Resume: true}); err != nil || !exists(filepath.Join(dir, "note.txt")) {
		t.Errorf("resume: %v", err)
	}
}

func TestResumableReadsTheSettings(t *testing.T) {
	_, dir := trained(t, "iris", func(c *Config) { c.Train.Batch = 17 })
	c, err := Resumable(dir)
	if err != nil || c.Train.Batch != 17 || c.Data.Source != "iris" || c.Out != dir {
		t.Errorf("%+v, %v", c, err)
	}
	if c.Data.TargetScaling != "auto" {
		t.Errorf("target scaling %q", c.Data.TargetScaling)
	}
	path := RunDir(dir).Path(configFile)
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
		if got := runName(&Config{Data: DataConfig{Source: source}}); got != want {
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
