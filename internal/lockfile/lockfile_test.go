package lockfile

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var kept *Lock // for one that nobody refers to is collected, and closed

// TestMain is also the process that holds a lock until it is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv("LOCKFILE_HOLD"); path != "" {
		var err error
		if kept, err = Acquire(path); err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString("held\n")
		time.Sleep(time.Hour) // not select {}: the runtime would end a process in which nothing can happen
	}
	os.Exit(m.Run())
}

func holder(t *testing.T, path string) (cmd *exec.Cmd, said string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOCKFILE_HOLD="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	said, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(said)
}

func TestOneProcessHasTheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if pid, held := Holder(path); held {
		t.Fatalf("held by %d before there is a file", pid)
	}
	cmd, said := holder(t, path)
	if said != "held" {
		t.Fatal(said)
	}
	var held *HeldError
	if _, err := Acquire(path); !errors.As(err, &held) || held.PID != cmd.Process.Pid {
		t.Fatalf("error is %v, want one that names process %d", err, cmd.Process.Pid)
	}
	if pid, ok := Holder(path); !ok || pid != cmd.Process.Pid {
		t.Errorf("holder is %d, %v", pid, ok)
	}
	if _, said := holder(t, path); !strings.Contains(said, "is locked by process") {
		t.Errorf("the second process said %q", said)
	}
	if err := cmd.Process.Kill(); err != nil { // which leaves the file
		t.Fatal(err)
	}
	cmd.Wait()
	if pid, ok := Holder(path); ok {
		t.Errorf("process %d is dead and holds it", pid)
	}
	l, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if pid, ok := Holder(path); !ok || pid != os.Getpid() {
		t.Errorf("holder is %d, %v", pid, ok)
	}
	l.Release()
	l.Release()
	(*Lock)(nil).Release()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is left: %v", err)
	}
}

// The file is removed at each release, and still no two have the lock at a time.
func TestLockExcludesWhileItsFileComesAndGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var inside, taken atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 300 {
				l, err := Acquire(path)
				if err != nil {
					var held *HeldError
					if !errors.As(err, &held) {
						t.Error(err)
					}
					continue
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d have the lock", n)
				}
				taken.Add(1)
				inside.Add(-1)
				l.Release()
			}
		})
	}
	group.Wait()
	if taken.Load() == 0 {
		t.Error("nobody got it")
	}
}

func TestAcquireWhereNothingCanBeWritten(t *testing.T) {
	if _, err := Acquire(filepath.Join(t.TempDir(), "no", "lock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}
