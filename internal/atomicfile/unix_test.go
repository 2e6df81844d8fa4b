//go:build unix

package atomicfile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/gtrain/gtrain/internal/atomicfile"
)

func TestPermissionsAndLinks(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(other, "link")
	if err := os.WriteFile(real, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.WriteFile(link, text("new")); err != nil {
		t.Fatal(err)
	}
	want(t, dir, "real", "new")
	want(t, other, "link", "new")
	if info, _ := os.Stat(real); info.Mode().Perm() != 0o640 {
		t.Errorf("permissions became %v", info.Mode())
	}
	if info, _ := os.Lstat(link); info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
}
