package recipes

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// RunDir is the directory that a job writes to:
//
//	config.yaml     the settings as they were resolved
//	env.json        version, Go, processor, seed
//	metrics.jsonl   one line of JSON an epoch
//	last/ best/     checkpoints, one a second at most and one at the end
//	model.onnx      the result: the best epoch's model, or the pruned one
//	report.json     what the job found out
type RunDir string

// The files of a run directory.
const (
	configFile  = "config.yaml"
	envFile     = "env.json"
	metricsFile = "metrics.jsonl"
	reportFile  = "report.json"
)

var ours = []string{configFile, envFile, metricsFile, reportFile, models.File,
	"last", "best", "last.old", "best.old", "last.new", "best.new"}

// ErrExists is the cause where a run directory is there already.
var ErrExists = errors.New("already exists")

// checkOut says, without writing anything, why a job cannot write to path; an empty path is always free. A directory
// that exists and is not empty is refused, unless force replaces the run in it, or resume goes on with it.
func checkOut(path string, out OutOptions) error {
	if out.Force && out.Resume {
		return configErr(errors.New("force begins anew and resume goes on: ask for one of them"))
	}
	if path == "" {
		if out.Resume {
			return configErr(errors.New("resume needs a run directory: say which with --out"))
		}
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err) && out.Resume:
		return configErr(errors.Errorf("%s does not exist: there is nothing to resume", path))
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return configErr(errors.Wrap(err, "run directory"))
	case !info.IsDir():
		return configErr(errors.Wrapf(ErrExists, "%s is a file, where the run directory should be", path))
	}
	entries, err := os.ReadDir(path)
	switch {
	case err != nil:
		return configErr(errors.Wrap(err, "run directory"))
	case len(entries) == 0 || out.Resume:
		return nil
	case !out.Force:
		return configErr(existsError{path +
			" exists and is not empty: --force replaces the run in it, --resume goes on with a training"})
	case !isRun(entries):
		return configErr(errors.Wrapf(ErrExists, "%s is not empty and not a run directory: force replaces nothing else",
			path))
	}
	return nil
}

// existsError reads well, and is ErrExists.
type existsError struct{ text string }

func (e existsError) Error() string { return e.text }
func (e existsError) Unwrap() error { return ErrExists }

func isRun(entries []os.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == envFile || e.Name() == configFile })
}

// claim creates the directory, after the checks of checkOut. Force clears what a run wrote there before, and nothing
// else. An empty path takes the next free runs/NAME-N.
func claim(path, name string, out OutOptions) (RunDir, error) {
	if err := checkOut(path, out); err != nil {
		return "", err
	}
	if path == "" {
		return nextFree(filepath.Join("runs", name))
	}
	if out.Force {
		for _, f := range ours {
			if err := os.RemoveAll(filepath.Join(path, f)); err != nil {
				return "", errors.Wrap(err, "replace run")
			}
		}
	}
	return RunDir(path), errors.Wrap(os.MkdirAll(path, 0o777), "create run directory")
}

// nextFree makes base-1, or the first of base-2, base-3, … that does not exist.
func nextFree(base string) (RunDir, error) {
	if err := os.MkdirAll(filepath.Dir(base), 0o777); err != nil {
		return "", errors.Wrap(err, "create run directory")
	}
	for n := 1; ; n++ {
		dir := fmt.Sprintf("%s-%d", base, n)
		err := os.Mkdir(dir, 0o777) // one of several processes gets it
		if os.IsExist(err) {
			continue
		}
		return RunDir(dir), errors.Wrap(err, "create run directory")
	}
}

// Path is a file of the directory.
func (r RunDir) Path(name string) string { return filepath.Join(string(r), name) }

func (r RunDir) writeJSON(name string, v any) error {
	return atomicfile.WriteFile(r.Path(name), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	})
}

// begin records what is being done. Where it is written is left out of the settings, so that they can be used again.
func (r RunDir) begin(c Config) error {
	c.Out = ""
	b, err := c.YAML()
	if err != nil {
		return err
	}
	err = atomicfile.WriteFile(r.Path(configFile), func(w io.Writer) error { _, err := w.Write(b); return err })
	if err != nil {
		return err
	}
	return r.writeJSON(envFile, Environment(c.Seed))
}

// Resumable reads the settings of the training in a run directory.
func Resumable(dir string) (Config, error) {
	c := Default()
	c.Data.TargetScaling = string(data.NoScaling) // a run that says nothing of it is older than it
	path := RunDir(dir).Path(configFile)
	b, err := os.ReadFile(path)
	if err != nil {
		if os.IsNotExist(err) {
			err = errors.Errorf("%s holds no %s: there is nothing to resume", dir, configFile)
		}
		return c, configErr(err)
	}
	err = c.Merge(b, path)
	c.Out = dir
	return c, err
}

// BuildInfo says what program this is and what it runs on.
type BuildInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Kernels string `json:"kernels"` // instruction set in use
	Cores   int    `json:"cores"`
}

// Build describes this program.
func Build() BuildInfo {
	b := BuildInfo{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Kernels: kernels.ISA(),
		Cores: runtime.NumCPU()}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			b.Version = v
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value
			}
		}
	}
	return b
}

// Env is what a run's numbers depend on beside its settings.
type Env struct {
	BuildInfo
	Threads int    `json:"threads"`
	Seed    uint64 `json:"seed"`
}

// Environment describes this process.
func Environment(seed uint64) Env {
	return Env{BuildInfo: Build(), Threads: kernels.Threads(), Seed: seed}
}
