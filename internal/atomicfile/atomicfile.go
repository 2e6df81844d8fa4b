package atomicfile

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"github.com/pkg/errors"
)

// WriteFile puts at path what write produces. If anything fails, write included, path keeps what it had, the temporary
// file is removed, and the error says why; an error of write itself is found by errors.Is and errors.As.
//
// A file that exists keeps its permissions; a new one gets 0666 before umask. A symbolic link is followed. A device or
// a pipe (/dev/stdout) cannot be renamed over and is written in place. The directory must exist.
func WriteFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return errors.New("write file: the path is empty")
	}
	target, mode, err := resolve(path)
	if err != nil {
		return err
	}
	if inPlace(mode) {
		return writeInPlace(path, write)
	}
	return replace(path, target, mode, write)
}

// Check says why WriteFile cannot write to path, as far as that shows beforehand: the directory is missing, or nothing can
// be created in it, or path is a directory itself. It changes nothing.
func Check(path string) error {
	target, mode, err := resolve(path)
	if err != nil || inPlace(mode) {
		return err
	}
	f, err := createTemp(target)
	if err != nil {
		return errors.Wrapf(err, "write file %s", path)
	}
	err = f.Close()
	if rerr := os.Remove(f.Name()); err == nil {
		err = rerr
	}
	return errors.Wrapf(err, "write file %s", path)
}

// inPlace tells whether a file of that mode cannot be renamed over.
func inPlace(mode fs.FileMode) bool {
	return mode&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket) != 0
}

// resolve follows symbolic links to the file that is to be replaced and gives its mode; 0 means that there is none.
func resolve(path string) (target string, mode fs.FileMode, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, 0, nil // missing, or a dangling link, which the new file replaces
	case err != nil:
		return "", 0, errors.Wrap(err, "write file")
	case info.IsDir():
		return "", 0, errors.Errorf("write file %s: it is a directory", path)
	}
	if target, err = filepath.EvalSymlinks(path); err != nil {
		if !info.Mode().IsRegular() {
			return path, info.Mode(), nil // /proc/self/fd/1 and its like name no path
		}
		return "", 0, errors.Wrap(err, "write file")
	}
	return target, info.Mode(), nil
}

func replace(path, target string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	f, err := createTemp(target)
	if err != nil {
		return errors.Wrapf(err, "write file %s", path)
	}
	done := false
	defer func() { // also when write panics
		if !done {
			f.Close()
			os.Remove(f.Name())
		}
	}()

	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return errors.Wrapf(err, "write file %s", path)
	}
	if mode != 0 {
		if err := f.Chmod(mode.Perm()); err != nil {
			return errors.Wrapf(err, "write file %s: keep its permissions", path)
		}
	}
	for _, step := range []func() error{b.Flush, f.Sync, f.Close} {
		if err := step(); err != nil {
			return errors.Wrapf(err, "write file %s", path)
		}
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return errors.Wrapf(err, "write file %s", path)
	}
	done = true
	return errors.Wrapf(syncDir(filepath.Dir(target)), "write file %s: make its name durable", path)
}

// createTemp makes a new file beside target. The number tells apart writers of one process, the process id those of
// several; O_EXCL settles what is left.
func createTemp(target string) (*os.File, error) {
	dir, base := filepath.Split(target)
	for i := 0; ; i++ {
		name := fmt.Sprintf("%s.%s.tmp-%d-%d", dir, base, os.Getpid(), i)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) && i < 10000 {
			continue
		}
		return f, err
	}
}

var temporary = regexp.MustCompile(`^\.(.+)\.tmp-\d+-\d+$`)

// Temporary tells whether a file's name is one that WriteFile gives until the file is whole, and which name it was to
// get. A process that is killed leaves such a file.
func Temporary(name string) (of string, ok bool) {
	m := temporary.FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	return m[1], true
}

func writeInPlace(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return errors.Wrap(err, "write file")
	}
	b := bufio.NewWriterSize(f, 1<<16)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return errors.Wrapf(err, "write file %s", path)
}

// syncDir makes a rename survive a power cut. Windows has no such call and journals its renames.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
