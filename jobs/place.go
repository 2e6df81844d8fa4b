package jobs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/internal/lockfile"
	"github.com/pkg/errors"
)

// place is a directory that a job has for itself, from before its work until release.
type place struct {
	dir  RunDir
	out  OutOptions
	lock *lockfile.Lock // nil where the file system has none
	made []string       // directories that were not there, the innermost first
}

// reserve finds and locks the directory that a job is to write to, after the checks of checkOut, and creates it where it
// is missing: what is wrong with it is known before the work. What it holds is left alone, until claim. An empty path
// takes the next free runs/NAME-N. The caller must call release.
func reserve(path, name string, out OutOptions, rep Reporter) (*place, error) {
	if err := checkOut(path, out); err != nil {
		return nil, err
	}
	for tries := 0; ; tries++ {
		p := &place{out: out}
		err := p.open(path, name, rep)
		if err == nil {
			err = checkOut(path, out) // again: another process may have been there until a moment ago
		}
		if err == nil {
			return p, nil
		}
		p.release()
		// Another process released the directory, which was empty, or one above it, between two looks at it.
		if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist)) && tries < 100 {
			continue
		}
		return nil, err
	}
}

func (p *place) open(path, name string, rep Reporter) (err error) {
	if path == "" {
		err = p.nextFree(filepath.Join("runs", name))
	} else {
		p.dir = RunDir(path)
		err = p.makeDirs(path)
	}
	if err != nil {
		return configErr(errors.Wrap(err, "create run directory"))
	}
	p.lock, err = lockfile.Acquire(p.dir.Path(lockFile))
	var held *lockfile.HeldError
	switch {
	case errors.As(err, &held):
		return inUse(string(p.dir), held.PID)
	case errors.Is(err, lockfile.ErrUnsupported):
		rep.Note("%s cannot be locked (%v): see to it that nothing else writes there", p.dir, err)
		return nil
	}
	return configErr(errors.Wrap(err, "run directory"))
}

func inUse(path string, pid int) error {
	by := "another process"
	if pid != 0 {
		by = fmt.Sprintf("process %d", pid)
	}
	return configErr(errors.Errorf("%s is in use by %s, which writes to it: wait until it has ended, or take another directory",
		path, by))
}

// makeDirs is os.MkdirAll that remembers what was not there.
func (p *place) makeDirs(path string) error {
	for at := filepath.Clean(path); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); err == nil || filepath.Dir(at) == at {
			break
		}
		p.made = append(p.made, at)
	}
	return os.MkdirAll(path, 0o777)
}

// nextFree makes base-1, or the first of base-2, base-3, … that does not exist.
func (p *place) nextFree(base string) error {
	if err := p.makeDirs(filepath.Dir(base)); err != nil {
		return err
	}
	for n := 1; ; n++ {
		dir := fmt.Sprintf("%s-%d", base, n)
		err := os.Mkdir(dir, 0o777) // one of several processes gets it
		if os.IsExist(err) {
			continue
		}
		p.dir = RunDir(dir)
		if err == nil {
			p.made = append([]string{dir}, p.made...)
		}
		return err
	}
}

// claim makes the directory ready to be written to. Force clears what a run wrote there before, and nothing else; names
// of files in keep stay.
func (p *place) claim(keep ...string) (RunDir, error) {
	entries, err := os.ReadDir(string(p.dir))
	if err != nil {
		return "", errors.Wrap(err, "run directory")
	}
	for _, e := range entries { // of a job that was killed
		if _, ok := atomicfile.Temporary(e.Name()); ok && leftover(e.Name()) {
			if err := os.Remove(p.dir.Path(e.Name())); err != nil {
				return "", errors.Wrap(err, "run directory")
			}
		}
	}
	if p.out.Force {
		for _, f := range ours {
			if slices.Contains(keep, f) {
				continue
			}
			if err := os.RemoveAll(p.dir.Path(f)); err != nil {
				return "", errors.Wrap(err, "replace run")
			}
		}
	}
	return p.dir, nil
}

// release gives the directory back. Where nothing was written to it and it was not there before, it is not there then.
func (p *place) release() {
	p.lock.Release()
	for _, dir := range p.made {
		if os.Remove(dir) != nil { // it holds something
			return
		}
	}
}
