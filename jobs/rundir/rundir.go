package rundir

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/internal/lockfile"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// Dir is the directory that a job writes to:
//
//	config.yaml     the settings as they were resolved
//	env.json        version, Go, processor, seed
//	metrics.jsonl   one line of JSON an epoch
//	last/ best/     checkpoints, one a second at most and one at the end
//	model.onnx      the result: the best epoch's model, or the pruned one
//	report.json     what the job found out
type Dir string

// The files of a run directory.
const (
	ConfigFile  = "config.yaml"
	EnvFile     = "env.json"
	MetricsFile = "metrics.jsonl"
	ReportFile  = "report.json"
	LockFile    = ".gtrain.lock" // there while a job has the directory, and after one that was killed
)

// ours is what a run writes, in the order in which it is removed: a directory is known as a run's by the last of them.
var ours = []string{models.File, ReportFile, MetricsFile, "last", "best", "last.old", "best.old", "last.new", "best.new",
	EnvFile, ConfigFile}

// ErrExists is the cause where a run directory is there already.
var ErrExists = errors.New("already exists")

// Mode says what may be there already.
type Mode struct {
	Force  bool // replace the run in an existing directory
	Resume bool // go on with it
}

// Note is told what a user should know.
type Note func(format string, args ...any)

// checkOut says, without writing anything, why a job cannot write to path; an empty path is always free. A directory
// that exists and is not empty is refused, unless force replaces the run in it, or resume goes on with it. What a job
// that was killed at once has left, a lock and temporary files, counts as nothing.
func checkOut(path string, mode Mode) error {
	if mode.Force && mode.Resume {
		return config.Usage(errors.New("force begins anew and resume goes on: ask for one of them"))
	}
	if path == "" {
		if mode.Resume {
			return config.Usage(errors.New("resume needs a run directory: say which with out=DIR"))
		}
		return nil
	}
	if owner, ok := ownedBy(path); ok {
		return config.Usage(errors.Errorf("%s is part of the run in %s: write to another directory", path, owner))
	}
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err) && mode.Resume:
		return config.Usage(errors.Errorf("%s does not exist: there is nothing to resume", path))
	case os.IsNotExist(err):
		return nil
	case err != nil:
		return config.Usage(errors.Wrap(err, "run directory"))
	case !info.IsDir():
		return config.Usage(errors.Wrapf(ErrExists, "%s is a file, where the run directory should be", path))
	}
	entries, err := os.ReadDir(path)
	switch {
	case os.IsNotExist(err) && !mode.Resume: // another job has just given it back
		return nil
	case err != nil:
		return config.Usage(errors.Wrap(err, "run directory"))
	case mode.Resume || !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !leftover(e.Name()) }):
		return nil
	case !mode.Force:
		if pid, held := lockfile.Holder(filepath.Join(path, LockFile)); held {
			return inUse(path, pid)
		}
		return config.Usage(&ExistsError{Path: path, Dir: true})
	case !IsRun(entries):
		return config.Usage(errors.Wrapf(ErrExists, "%s is not empty and not a run directory: force replaces nothing else",
			path))
	}
	return nil
}

// ExistsError is ErrExists with what a Mode does about it.
type ExistsError struct {
	Path string
	Dir  bool // a run directory; otherwise a file
}

// Error is one line.
func (e *ExistsError) Error() string { return e.Line("force", "resume") }

// Line is the same where Mode.Force and Mode.Resume have other names.
func (e *ExistsError) Line(force, resume string) string {
	if e.Dir {
		return fmt.Sprintf("%s exists and is not empty: %s replaces the run in it, %s goes on with a training", e.Path, force, resume)
	}
	return fmt.Sprintf("%s already exists: %s replaces it", e.Path, force)
}

// Unwrap is ErrExists.
func (e *ExistsError) Unwrap() error { return ErrExists }

// IsRun tells whether these are a run directory's: it has settings, or was about to get them.
func IsRun(entries []os.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return slices.Contains([]string{ConfigFile, EnvFile, LockFile}, e.Name())
	})
}

// leftover tells whether a name is that of a lock or of a temporary file of ours.
func leftover(name string) bool {
	if name == LockFile {
		return true
	}
	of, ok := atomicfile.Temporary(name)
	return ok && slices.Contains(ours, of)
}

// Path is a file of the directory.
func (r Dir) Path(name string) string { return filepath.Join(string(r), name) }

// WriteJSON writes a file of the directory.
func (r Dir) WriteJSON(name string, v any) error {
	return atomicfile.WriteFile(r.Path(name), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	})
}

// Begin records what is being done: the settings, as they were resolved, and what the numbers depend on beside them. run is
// the identity of the training, if there is one to resume.
func (r Dir) Begin(settings []byte, run string, env any) error {
	err := atomicfile.WriteFile(r.Path(ConfigFile), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s%s%s%s %s\n%s", seal, sealFor, sealSum, Sum(settings), sealRun, run, settings)
		return err
	})
	if err != nil {
		return err
	}
	return r.WriteJSON(EnvFile, env)
}

// The first line of config.yaml says what the rest was and which training it is of.
const (
	seal    = "# Written by gtrain; " // and what it is good for, in the words of the version that wrote it
	sealFor = "a training is resumed with it as it is, and begun with any copy."
	sealSum = " sha256 "
	sealRun = " run"
)

// Sum is the SHA-256 of some bytes in hexadecimal.
func Sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Sealed reads config.yaml and the identity of its training, empty in a file of an earlier version. A file that has
// changed since it was written is an error: the checkpoints beside it are of other settings.
func (r Dir) Sealed() (doc []byte, run string, err error) {
	path := r.Path(ConfigFile)
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		err = errors.Errorf("%s holds no %s: there is nothing to resume; begin a training instead", r, ConfigFile)
	}
	if err != nil {
		return nil, "", config.Usage(err)
	}
	first, rest, _ := bytes.Cut(b, []byte("\n"))
	_, line, ok := strings.Cut(string(first), sealSum)
	if !ok || !bytes.HasPrefix(first, []byte(seal)) {
		return b, "", nil
	}
	was, run, _ := strings.Cut(line, sealRun)
	if was != Sum(rest) {
		return nil, "", config.Usage(errors.Errorf("%s was changed after the training in %s had written it: put back what it "+
			"was and give the changes as settings of the job that goes on, or begin a new run configured by a copy of it", path, r))
	}
	return b, strings.TrimSpace(run), nil
}
