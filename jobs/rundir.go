package jobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/lockfile"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/threads"
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
	lockFile    = ".gtrain.lock" // there while a job has the directory, and after one that was killed
)

// ours is what a run writes, in the order in which it is removed: a directory is known as a run's by the last of them.
var ours = []string{models.File, reportFile, metricsFile, "last", "best", "last.old", "best.old", "last.new", "best.new",
	envFile, configFile}

// ErrExists is the cause where a run directory is there already.
var ErrExists = errors.New("already exists")

// checkOut says, without writing anything, why a job cannot write to path; an empty path is always free. A directory
// that exists and is not empty is refused, unless force replaces the run in it, or resume goes on with it. What a job
// that was killed at once has left, a lock and temporary files, counts as nothing.
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
	if owner, ok := ownedBy(path); ok {
		return configErr(errors.Errorf("%s is part of the run in %s: write to another directory", path, owner))
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
	case os.IsNotExist(err) && !out.Resume: // another job has just given it back
		return nil
	case err != nil:
		return configErr(errors.Wrap(err, "run directory"))
	case out.Resume || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !leftover(e.Name()) }):
		return nil
	case !out.Force:
		if pid, held := lockfile.Holder(filepath.Join(path, lockFile)); held {
			return inUse(path, pid)
		}
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

// isRun tells whether these are a run directory's: it has settings, or was about to get them.
func isRun(entries []os.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return slices.Contains([]string{configFile, envFile, lockFile}, e.Name())
	})
}

// leftover tells whether a name is that of a lock or of a temporary file of ours.
func leftover(name string) bool {
	if name == lockFile {
		return true
	}
	of, ok := atomicfile.Temporary(name)
	return ok && slices.Contains(ours, of)
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

// begin records what is being done. Where it is written is left out of the settings, so that they can be used again. run
// is the identity of the training, if there is one to resume.
func (r RunDir) begin(c Config, run string) error {
	b, err := c.settings()
	if err != nil {
		return err
	}
	err = atomicfile.WriteFile(r.Path(configFile), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s%s %s\n%s", seal, sum(b), sealRun, run, b)
		return err
	})
	if err != nil {
		return err
	}
	return r.writeJSON(envFile, Environment(c.Seed))
}

// settings are the resolved settings as YAML, without the place that is written to.
func (c Config) settings() ([]byte, error) {
	c.Out = ""
	return c.YAML()
}

// The first line of config.yaml says what the rest was and which training it is of.
const (
	seal    = "# Written by gtrain; --resume takes it as it is, --config any copy. sha256 "
	sealRun = " run"
)

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// sealed reads config.yaml and the identity of its training, empty in a file of an earlier version. A file that has
// changed since it was written is an error: the checkpoints beside it are of other settings.
func (r RunDir) sealed() (doc []byte, run string, err error) {
	path := r.Path(configFile)
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		err = errors.Errorf("%s holds no %s: there is nothing to resume; begin without --resume", r, configFile)
	}
	if err != nil {
		return nil, "", configErr(err)
	}
	first, rest, _ := bytes.Cut(b, []byte("\n"))
	line, ok := strings.CutPrefix(string(first), seal)
	if !ok {
		return b, "", nil
	}
	was, run, _ := strings.Cut(line, sealRun)
	if was != sum(rest) {
		return nil, "", configErr(errors.Errorf("%s was changed after the training in %s had written it: put back what it was and "+
			"give changes as flags, or begin anew with a copy as --config", path, r))
	}
	return b, strings.TrimSpace(run), nil
}

// Resumable reads the settings of the training in a run directory.
func Resumable(dir string) (Config, error) {
	c := Default()
	c.Data.TargetScaling = string(data.NoScaling) // a run that says nothing of it is older than it
	b, _, err := RunDir(dir).sealed()
	if err != nil {
		return c, err
	}
	err = c.Merge(b, RunDir(dir).Path(configFile))
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
	return Env{BuildInfo: Build(), Threads: threads.Limit(), Seed: seed}
}
