//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package lockfile

import (
	"os"

	"github.com/pkg/errors"
	"golang.org/x/sys/unix"
)

const removeFirst = true

// lock takes the lock, or tells that it is held.
func lock(f *os.File) (held bool, err error) { return flock(f, unix.LOCK_EX|unix.LOCK_NB) }

// probe tells whether the lock is held.
func probe(f *os.File) (held bool, err error) {
	held, err = flock(f, unix.LOCK_SH|unix.LOCK_NB)
	if !held && err == nil {
		_, err = flock(f, unix.LOCK_UN)
	}
	return held, err
}

func flock(f *os.File, how int) (held bool, err error) {
	for {
		err = unix.Flock(int(f.Fd()), how)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EWOULDBLOCK:
			return true, nil
		case err == unix.ENOLCK, err == unix.ENOSYS, err == unix.ENOTSUP, err == unix.EOPNOTSUPP:
			return false, errors.Wrap(ErrUnsupported, err.Error())
		}
		return false, err
	}
}
