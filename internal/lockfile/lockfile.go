// Package lockfile lets one process at a time have a directory. The lock is the operating system's, so that it ends with
// the process, however that ends; the file only says whose it is.
package lockfile

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// ErrUnsupported is the cause where the file system, or the operating system, has no locks.
var ErrUnsupported = errors.New("the file system has no locks")

// HeldError says that another process has the lock.
type HeldError struct {
	Path string
	PID  int // 0 where the file does not say
}

func (e *HeldError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("%s is locked by another process", e.Path)
	}
	return fmt.Sprintf("%s is locked by process %d", e.Path, e.PID)
}

// Lock is a lock that this process has, for as long as something refers to it.
type Lock struct {
	file *os.File
	path string
}

// Acquire takes the lock of a file, which it creates where there is none. It does not wait: the error is a *HeldError
// where another process, or another Lock of this one, has it; ErrUnsupported; or one of the file system.
func Acquire(path string) (*Lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, errors.Wrap(err, "lock")
		}
		held, err := lock(f)
		if held || err != nil {
			pid := owner(f)
			f.Close()
			if held {
				return nil, &HeldError{path, pid}
			}
			return nil, errors.Wrapf(err, "lock %s", path)
		}
		if !current(f, path) { // its owner has taken the file away between our opening and locking it
			f.Close()
			continue
		}
		l := &Lock{f, path}
		if err := l.sign(); err != nil {
			l.Release()
			return nil, errors.Wrapf(err, "lock %s", path)
		}
		return l, nil
	}
}

// Holder tells whether a process has the lock of a file, and which; 0 where the file does not say. It takes nothing.
func Holder(path string) (pid int, held bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	held, err = probe(f)
	if err != nil || !held {
		return 0, false
	}
	return owner(f), true
}

// current tells whether f is still the file of that name.
func current(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

func (l *Lock) sign() error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func owner(f *os.File) int {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// Release gives the lock back and removes its file. Nothing happens at the second call, nor to a nil Lock.
func (l *Lock) Release() {
	if l == nil || l.file == nil {
		return
	}
	if removeFirst {
		os.Remove(l.path) // whoever has opened it meanwhile sees in current that it is gone
	}
	l.file.Close()
	if !removeFirst {
		os.Remove(l.path) // fails where another process has it open, which then has it
	}
	l.file = nil
}
