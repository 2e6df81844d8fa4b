package recipes

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

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
//	last/ best/     checkpoints
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

var ours = []string{configFile, envFile, metricsFile, reportFile, models.File, "last", "best", "last.old", "best.old", "last.new", "best.new"}

// ErrExists is the cause where a run directory is there already.
var ErrExists = errors.New("already exists")

// claim creates the directory. One that exists and is not empty is refused, unless force clears what a run wrote there
// before (and nothing else), or resume goes on in it. An empty path takes the next free runs/NAME-N.
func claim(path, name string, force, resume bool) (RunDir, error) {
	if path == "" {
		for n := 1; ; n++ {
			dir := filepath.Join("runs", fmt.Sprintf("%s-%d", name, n))
			if _, err := os.Lstat(dir); os.IsNotExist(err) {
				return RunDir(dir), errors.Wrap(os.MkdirAll(dir, 0o777), "create run directory")
			}
		}
	}
	entries, err := os.ReadDir(path)
	switch {
	case os.IsNotExist(err):
		if resume {
			return "", configErr(errors.Errorf("%s does not exist; there is nothing to resume", path))
		}
	case err != nil:
		return "", configErr(errors.Wrap(err, "--out"))
	case len(entries) > 0 && !force && !resume:
		return "", configErr(errors.Wrapf(ErrExists, "%s is not empty; use --force to replace the run in it or --resume to go on with it", path))
	case force && !resume:
		for _, f := range ours {
			if err := os.RemoveAll(filepath.Join(path, f)); err != nil {
				return "", errors.Wrap(err, "--force")
			}
		}
	}
	return RunDir(path), errors.Wrap(os.MkdirAll(path, 0o777), "create run directory")
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

// begin records what is being done.
func (r RunDir) begin(c *Config) error {
	b, err := c.YAML()
	if err != nil {
		return err
	}
	if err := atomicfile.WriteFile(r.Path(configFile), func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
		return err
	}
	return r.writeJSON(envFile, Environment(c.Seed))
}

// Env is what a run's numbers depend on beside its settings.
type Env struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Kernels string `json:"kernels"` // instruction set in use
	Cores   int    `json:"cores"`
	Threads int    `json:"threads"`
	Seed    uint64 `json:"seed"`
}

// Environment describes this process.
func Environment(seed uint64) Env {
	e := Env{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Kernels: kernels.ISA(),
		Cores: runtime.NumCPU(), Threads: kernels.Threads(), Seed: seed}
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			e.Version = v
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				e.Commit = s.Value
			}
		}
	}
	return e
}
