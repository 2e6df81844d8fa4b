package rundir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gtrain/gtrain/jobs/config"
)

func quiet(string, ...any) {}

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

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

// mentions fails unless the error says want.
func mentions(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want it to say %q", err, want)
	}
}

// claim is how a job gets its directory, up to its end.
func claim(path, name string, out Mode) (Dir, error) {
	at, err := Reserve(path, name, out, quiet)
	if err != nil {
		return "", err
	}
	defer at.lock.Release()
	return at.Claim()
}

func TestClaimNumbersRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, want := range []string{"runs/iris-1", "runs/iris-2", "runs/iris-3"} {
		dir, err := claim("", "iris", Mode{})
		if err != nil || string(dir) != filepath.FromSlash(want) || !exists(string(dir)) {
			t.Errorf("got %s, %v; want %s", dir, err, want)
		}
	}
	if err := os.Remove("runs/iris-2"); err != nil {
		t.Fatal(err)
	}
	if dir, err := claim("", "iris", Mode{}); err != nil || string(dir) != filepath.FromSlash("runs/iris-2") {
		t.Errorf("got %s, %v", dir, err)
	}
}

func TestClaimGivesEveryProcessItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	const n = 16
	dirs := make([]Dir, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			var err error
			if dirs[i], err = claim("", "x", Mode{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	seen := map[Dir]bool{}
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
	write(t, run, EnvFile, "{}")
	file := write(t, dir, "file", "")
	other := filepath.Join(dir, "other")
	write(t, other, "note", "mine")
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		path, want string
		out        Mode
	}{
		{run, "exists and is not empty: force replaces the run in it, resume goes on", Mode{}},
		{file, "is a file, where the run directory should be", Mode{Force: true}},
		{filepath.Join(file, "sub"), "run directory", Mode{}},
		{other, "exists and is not empty", Mode{}},
		{other, "not a run directory: force replaces nothing else", Mode{Force: true}},
		{filepath.Join(dir, "no"), "does not exist: there is nothing to resume", Mode{Resume: true}},
		{"", "say which with out=DIR", Mode{Resume: true}},
		{run, "ask for one of them", Mode{Resume: true, Force: true}},
	} {
		_, err := claim(one.path, "x", one.out)
		mentions(t, err, one.want)
		if !errors.Is(err, config.ErrConfig) {
			t.Errorf("%s: the error is not ErrConfig", one.path)
		}
	}
	if _, err := claim(run, "x", Mode{}); !errors.Is(err, ErrExists) {
		t.Errorf("%v is not ErrExists", err)
	}
	for _, path := range []string{empty, filepath.Join(dir, "a/b/c")} {
		if got, err := claim(path, "x", Mode{}); err != nil || string(got) != path || !exists(path) {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	if exists(filepath.Join(dir, "no")) || !exists(filepath.Join(other, "note")) {
		t.Error("a refusal changed something")
	}
}

func TestForceClearsWhatARunWroteAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{ConfigFile, EnvFile, MetricsFile, ReportFile, "model.onnx", "last/model.onnx",
		"best/progress.json", "last.old/x", "note.txt", "plots/loss.svg", "laster/x"} {
		write(t, dir, f, "x")
	}
	if _, err := claim(dir, "x", Mode{Force: true}); err != nil {
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
	if _, err := claim(dir, "x", Mode{Resume: true}); err != nil || !exists(filepath.Join(dir, "note.txt")) {
		t.Errorf("resume: %v", err)
	}
}

// Of many jobs that begin at once in one place, one gets it at a time, and none leaves anything.
func TestReserveRace(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a", "b")
	var inside, got atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				at, err := Reserve(path, "x", Mode{}, quiet)
				if err != nil {
					if !strings.Contains(err.Error(), "is in use by") {
						t.Error(err)
					}
					continue
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d have the directory", n)
				}
				got.Add(1)
				inside.Add(-1)
				at.Release()
			}
		})
	}
	group.Wait()
	if entries, err := os.ReadDir(path); len(entries) > 0 || err != nil && !os.IsNotExist(err) || got.Load() == 0 {
		t.Errorf("left: %v, %v; %d got it", entries, err, got.Load())
	}
	path = filepath.Join(root, "c", "d")
	at, err := Reserve(path, "x", Mode{}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	at.Release()
	if exists(filepath.Dir(path)) {
		t.Error("directories that were made and not used are left")
	}
}

// The first line of config.yaml says what the file was, also in the words of versions before.
func TestSealed(t *testing.T) {
	const doc = "seed: 3\n"
	before := "# Written by gtrain; --resume takes it as it is, --config any copy. sha256 " + Sum([]byte(doc)) + " run abc\n" + doc
	dir := Dir(t.TempDir())
	if err := dir.Begin([]byte(doc), "abc", struct{}{}); err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(dir.Path(ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"now": string(now), "before": before} {
		for _, one := range []struct{ text, run, wrong string }{
			{text, "abc", ""},
			{text + "threads: 2\n", "", "was changed after the training"},
		} {
			if err := os.WriteFile(dir.Path(ConfigFile), []byte(one.text), 0o644); err != nil {
				t.Fatal(err)
			}
			b, run, err := dir.Sealed()
			switch {
			case one.wrong != "":
				if err == nil || !strings.Contains(err.Error(), one.wrong) {
					t.Errorf("%s, changed: %v", what, err)
				}
			case err != nil || run != one.run || string(b) != one.text:
				t.Errorf("%s: %q, run %q, %v", what, b, run, err)
			}
		}
	}
}
