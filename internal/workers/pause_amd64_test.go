package workers

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The committed assembly is what its generator writes.
func TestAssemblyIsUpToDate(t *testing.T) {
	dir := t.TempDir()
	tool := filepath.Join(dir, "asm")
	if out, err := exec.Command("go", "build", "-o", tool, "../kernels/asm").CombinedOutput(); err != nil {
		t.Fatalf("building the generator: %v\n%s", err, out)
	}
	cmd := exec.Command(tool, "-file", "pause")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOPACKAGE=workers")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, f := range []string{"pause_amd64.s", "pause_stubs_amd64.go"} {
		fresh, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if committed, err := os.ReadFile(f); err != nil || string(fresh) != string(committed) {
			t.Errorf("%s differs from what go generate writes (%v)", f, err)
		}
	}
}
