package rundir

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
)

// CheckFile says, before any work is done, why a result must not be written to path. A file that exists is replaced only
// with force. What the job reads, a file of a run directory and a path that cannot be written to are refused whatever
// force says: nobody means to lose them. reads are the files and directories that the job reads, empty ones aside; other
// names of the same file, through links or in another case, are seen through. A device or a pipe can always be written
// to, for nothing in it is lost.
func CheckFile(path string, force bool, reads ...string) error {
	if owner, ok := ownedBy(path); ok {
		return config.Usage(errors.Errorf("%s is a file of the run in %s: write to another name", path, owner))
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return config.Usage(errors.Errorf("%s is a directory: name a file in it", path))
	case err == nil && !info.Mode().IsRegular():
		return nil
	case err == nil:
		for _, read := range reads {
			same, err := holds(read, info)
			if err != nil {
				return config.Usage(err)
			}
			if same {
				return config.Usage(errors.Errorf("%s would be overwritten, and it is read as %s: write to another name", path, read))
			}
		}
		if !force {
			return config.Usage(&ExistsError{Path: path})
		}
	case !errors.Is(err, fs.ErrNotExist):
		return config.Usage(err)
	default:
		if link, err := os.Readlink(path); err == nil { // which the file would take the place of
			return config.Usage(errors.Errorf("%s is a link to %s, which is not there: write to that name", path, link))
		}
	}
	return config.Usage(atomicfile.Check(path))
}

// holds tells whether a file is what is read by the name of read: that file, or one that a directory is read for. A name
// of nothing, as an embedded dataset's, is no file.
func holds(read string, file os.FileInfo) (bool, error) {
	info, err := os.Stat(read)
	if read == "" || err != nil {
		return false, nil
	}
	if !info.IsDir() {
		return os.SameFile(info, file) || beside(read, file), nil
	}
	model := filepath.Join(read, models.File)
	if info, err := os.Stat(model); err == nil { // of such a directory no other file is read
		return os.SameFile(info, file) || beside(model, file), nil
	}
	entries, err := os.ReadDir(read)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(read, e.Name())); err == nil && os.SameFile(info, file) {
			return true, nil
		}
	}
	return false, nil
}

// beside tells whether an ONNX model names the file as one that holds its weights (external data). Such names stand in the
// model as they are; that the name may stand there for another reason costs a refusal of a file beside a model.
func beside(model string, file os.FileInfo) bool {
	if filepath.Ext(model) != ".onnx" {
		return false
	}
	entries, err := os.ReadDir(filepath.Dir(model))
	if err != nil {
		return false
	}
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(filepath.Dir(model), e.Name()))
		if err != nil || !os.SameFile(info, file) {
			continue
		}
		b, err := os.ReadFile(model)
		return err == nil && bytes.Contains(b, []byte("location")) && bytes.Contains(b, []byte(e.Name()))
	}
	return false
}

// ownedBy names the run directory that a path is a file of, or would be.
func ownedBy(path string) (dir string, ok bool) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	if at, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil {
		abs = filepath.Join(at, filepath.Base(abs))
	}
	for at := abs; filepath.Dir(at) != at; at = filepath.Dir(at) {
		if !slices.ContainsFunc(ours, func(name string) bool { return strings.EqualFold(name, filepath.Base(at)) }) {
			continue
		}
		for _, sign := range []string{EnvFile, LockFile} { // anybody may have a config.yaml
			if _, err := os.Lstat(filepath.Join(filepath.Dir(at), sign)); err == nil {
				return filepath.Dir(at), true
			}
		}
	}
	return "", false
}
