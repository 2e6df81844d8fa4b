package atomicfile_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/pkg/errors"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// want checks that dir holds exactly the file name with the given content: no temporary file is left.
func want(t *testing.T, dir, name, content string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != name {
			t.Errorf("%s is left in the directory", e.Name())
		}
	}
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != content {
		t.Errorf("content is %d bytes starting %.20q, want %.20q", len(got), got, content)
	}
}

func TestWriteFileCreatesAndReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for _, s := range []string{"first", strings.Repeat("second ", 50000), ""} {
		if err := atomicfile.WriteFile(path, text(s)); err != nil {
			t.Fatal(err)
		}
		want(t, dir, "a", s)
	}
}

func TestWriteFileInCurrentDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := atomicfile.WriteFile("a", text("here")); err != nil {
		t.Fatal(err)
	}
	want(t, dir, "a", "here")
}

func TestFailureKeepsTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	if err := atomicfile.WriteFile(path, text("old")); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	err := atomicfile.WriteFile(path, func(w io.Writer) error {
		w.Write(bytes.Repeat([]byte("x"), 1<<20))
		return boom
	})
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %q should wrap boom and name %s", err, path)
	}
	want(t, dir, "a", "old")

	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic of write was swallowed")
			}
		}()
		atomicfile.WriteFile(path, func(w io.Writer) error { w.Write([]byte("half")); panic("boom") })
	}()
	want(t, dir, "a", "old")
}

func TestErrorsNameThePath(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing", "a")} {
		err := atomicfile.WriteFile(path, func(io.Writer) error {
			t.Error("write was called although the file cannot be made")
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error is %v", path, err)
		}
	}
	if err := atomicfile.WriteFile("", text("x")); err == nil {
		t.Error("an empty path was accepted")
	}
	err := atomicfile.WriteFile(filepath.Join(dir, "missing", "a"), text("x"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v should be fs.ErrNotExist", err)
	}
}

// Writers that race leave one of their files whole.
func TestConcurrentWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := strings.Repeat(string(rune('a'+i)), 200000)
			if err := atomicfile.WriteFile(path, text(s)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 200000 || strings.Trim(string(got), string(got[0])) != "" {
		t.Errorf("the file is a mixture: %d bytes, %v", len(got), err)
	}
}

func TestCheckChangesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	for range 2 { // missing, then there
		if err := atomicfile.Check(path); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 1 {
			t.Fatalf("left behind: %v", left)
		}
		if err := os.WriteFile(path, []byte("kept"), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "kept" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	for _, bad := range []string{dir, filepath.Join(dir, "no", "a"), filepath.Join(path, "a")} {
		if err := atomicfile.Check(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
	if err := atomicfile.Check(os.DevNull); err != nil {
		t.Error(err)
	}
}
