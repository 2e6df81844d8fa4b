package lockfile

import (
	"os"

	"github.com/pkg/errors"
	"golang.org/x/sys/windows"
)

const removeFirst = false // an open file cannot be removed

// The locked byte lies far behind the process's number, which others are to read.
const lockedByte = 1 << 30

func lock(f *os.File) (held bool, err error) {
	return lockFile(f, windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY)
}

func probe(f *os.File) (held bool, err error) {
	held, err = lockFile(f, windows.LOCKFILE_FAIL_IMMEDIATELY)
	if !held && err == nil {
		err = windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, &windows.Overlapped{Offset: lockedByte})
	}
	return held, err
}

func lockFile(f *os.File, flags uint32) (held bool, err error) {
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{Offset: lockedByte})
	switch {
	case err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING:
		return true, nil
	case err == windows.ERROR_NOT_SUPPORTED || err == windows.ERROR_INVALID_FUNCTION:
		return false, errors.Wrap(ErrUnsupported, err.Error())
	}
	return false, err
}
