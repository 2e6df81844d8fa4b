package rundir

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/internal/lockfile"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/pkg/errors"
)

// Place is a directory that a job has for itself, from before its work until Release.
type Place struct {
	Dir  Dir
	mode Mode
	lock *lockfile.Lock // nil where the file system has none
	made []string       // directories that were not there, the innermost first
}

// Reserve finds and locks the directory that a job is to write to, after the checks of checkOut, and creates it where it
// is missing: what is wrong with it is known before the work. What it holds is left alone, until Claim. An empty path
// takes the next free runs/NAME-N. The caller must call Release.
func Reserve(path, name string, mode Mode, note Note) (*Place, error) {
	if err := checkOut(path, mode); err != nil {
		return nil, err
	}
	for tries := 0; ; tries++ {
		p := &Place{mode: mode}
		err := p.open(path, name, note)
		if err == nil {
			err = checkOut(path, mode) // again: another process may have been there until a moment ago
		}
		if err == nil {
			return p, nil
		}
		p.Release()
		// Another process released the directory, which was empty, or one above it, between two looks at it.
		if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist)) && tries < 100 {
			continue
		}
		return nil, err
	}
}

func (p *Place) open(path, name string, note Note) (err error) {
	if path == "" {
		err = p.nextFree(filepath.Join("runs", name))
	} else {
		p.Dir = Dir(path)
		err = p.makeDirs(path)
	}
	if err != nil {
		return config.Usage(errors.Wrap(err, "create run directory"))
	}
	p.lock, err = lockfile.Acquire(p.Dir.Path(LockFile))
	var held *lockfile.HeldError
	switch {
	case errors.As(err, &held):
		return inUse(string(p.Dir), held.PID)
	case errors.Is(err, lockfile.ErrUnsupported):
		note("%s cannot be locked (%v): see to it that nothing else writes there", p.Dir, err)
		return nil
	}
	return config.Usage(errors.Wrap(err, "run directory"))
}

func inUse(path string, pid int) error {
	by := "another process"
	if pid != 0 {
		by = fmt.Sprintf("process %d", pid)
	}
	return config.Usage(errors.Errorf("%s is in use by %s, which writes to it: wait until it has ended, or take another directory",
		path, by))
}

// makeDirs is os.MkdirAll that remembers what was not there.
func (p *Place) makeDirs(path string) error {
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); err == nil || filepath.Dir(at) == at {
			break
		}
		p.made = append(p.made, at)
	}
	return os.MkdirAll(path, 0o777)
}

// nextFree makes base-1, or the first of base-2, base-3, … that does not exist.
func (p *Place) nextFree(base string) error {
	if err := p.makeDirs(filepath.Dir(base)); err != nil {
		return err
	}
	for n := 1; ; n++ {
		dir := fmt.Sprintf("%s-%d", base, n)
		err := os.Mkdir(dir, 0o777) // one of several processes gets it
		if os.IsExist(err) {
			continue
		}
		p.Dir = Dir(dir)
		if err == nil {
			p.made = append([]string{dir}, p.made...)
		}
		return err
	}
}

// Claim makes the directory ready to be written to. Force clears what a run wrote there before, and nothing else; names
// of files in keep stay.
func (p *Place) Claim(keep ...string) (Dir, error) {
	entries, err := os.ReadDir(string(p.Dir))
	if err != nil {
		return "", errors.Wrap(err, "run directory")
	}
	for _, e := range entries { // of a job that was killed
		if _, ok := atomicfile.Temporary(e.Name()); ok && leftover(e.Name()) {
			if err := os.Remove(p.Dir.Path(e.Name())); err != nil {
				return "", errors.Wrap(err, "run directory")
			}
		}
	}
	if p.mode.Force {
		for _, f := range ours {
			if slices.Contains(keep, f) {
				continue
			}
			if err := os.RemoveAll(p.Dir.Path(f)); err != nil {
				return "", errors.Wrap(err, "replace run")
			}
		}
	}
	return p.Dir, nil
}

// Release gives the directory back. Where nothing was written to it and it was not there before, it is not there then.
func (p *Place) Release() {
	p.lock.Release()
	for _, dir := range p.made {
		if os.Remove(dir) != nil { // it holds something
			return
		}
	}
}
