package atomicfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gtrain/gtrain/internal/atomicfile"
)

// A disk that fills up is played by the limit on a file's size: the write fails in the middle with EFBIG.
func TestDiskThatFillsUpKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := atomicfile.WriteFile(path, text("old")); err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	small := syscall.Rlimit{Cur: 100_000, Max: old.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.WriteFile(path, text(strings.Repeat("x", 1<<20)))
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); e != nil {
		t.Fatal(e)
	}
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("error is %v", err)
	}
	want(t, dir, "a", "old")
}

func TestDevicesAreWrittenInPlace(t *testing.T) {
	if err := atomicfile.WriteFile(os.DevNull, text("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Fatalf("%s is no device any more: %v %v", os.DevNull, info, err)
	}
	if err := atomicfile.WriteFile("/dev/full", text("x")); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("a full device gives %v", err)
	}
}
