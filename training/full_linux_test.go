package training

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
)

// A disk that fills up is played by the limit on a file's size: the second checkpoint fails with EFBIG, and the first
// stays whole. The limit is that of a process, and the log that go test keeps of a test's files would meet it, too: the test
// runs in a process of its own, which keeps none.
func TestDiskThatFillsUpKeepsTheOldCheckpoint(t *testing.T) {
	if limited := "GTRAIN_TEST_FULL_DISK"; os.Getenv(limited) == "" {
		self := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		self.Env = append(os.Environ(), limited+"=1")
		if out, err := self.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	k := prepare(t, "iris", 50, models.Dense(64, models.ReLU))
	dir := t.TempDir()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	m := k.model(t)
	var first []uint64
	cfg := Config{Epochs: 2, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.01}, Checkpoints: dir,
		CheckpointInterval: -1}
	cfg.OnEpoch = func(EpochInfo) error {
		if first == nil {
			first = bits(m)
		}
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: old.Max})
	}
	_, err := k.trainer(t, m, cfg).Fit(t.Context())
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); e != nil {
		t.Fatal(e)
	}
	if err == nil {
		t.Fatal("the full disk was not noticed")
	}
	if got := names(t, dir); !slices.Equal(got, []string{"best", "last"}) {
		t.Errorf("left behind: %v", got)
	}
	again := k.model(t)
	tr := k.trainer(t, again, Config{Epochs: 2, Batch: 16, Optimizer: &optimizers.Adam{LearningRate: 0.01},
		Checkpoints: dir})
	if err := tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(again), first) || len(tr.History().Epochs) != 1 {
		t.Error("the first checkpoint is not what it was")
	}
}
