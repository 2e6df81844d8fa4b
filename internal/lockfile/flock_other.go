//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package lockfile

import "os"

const removeFirst = true

func lock(*os.File) (held bool, err error) { return false, ErrUnsupported }

func probe(*os.File) (held bool, err error) { return false, ErrUnsupported }
