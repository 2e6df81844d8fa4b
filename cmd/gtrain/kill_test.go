//go:build !windows

package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestKilledAtAnyMoment kills a training again and again, at moments that a seed chooses, and goes on with it. After each
// kill the directory can be used: what is in it is whole. In the end there are the bytes of a training in one piece.
func TestKilledAtAnyMoment(t *testing.T) {
	dir := t.TempDir()
	gtrain := func(args ...string) *exec.Cmd {
		cmd := exec.Command("gtrain", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME=/no-home")
		return cmd
	}
	begin := func(out string) []string {
		return []string{"train", "-q", "--data", "digits", "--epochs", "250", "--patience", "0", "--out", out}
	}
	resume := []string{"train", "-q", "--resume", "--out", "part"}
	start := time.Now()
	if b, err := gtrain(begin("whole")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	took := time.Since(start)

	rng := rand.New(rand.NewPCG(7, 11))
	kills, args := 0, begin("part")
	for range 10 {
		// Some kills meet the start, others the training.
		after := time.Duration(rng.Float64() * float64([]time.Duration{60 * time.Millisecond, took / 2}[kills%2]))
		cmd := gtrain(args...)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		cmd.Process.Kill()
		err := cmd.Wait()
		if err == nil {
			break // it had ended
		}
		if cmd.ProcessState.Exited() {
			t.Fatalf("after %d kills: %v: %s", kills, err, said.String())
		}
		kills++
		if _, err := os.Stat(filepath.Join(dir, "part", "config.yaml")); err == nil {
			args = resume
		} else if b, err := gtrain(resume...).CombinedOutput(); err == nil {
			t.Fatalf("resumed without settings: %s", b)
		}
		if _, err := os.Stat(filepath.Join(dir, "part", "best")); err == nil {
			if b, err := gtrain("eval", "part", "--data", "digits").CombinedOutput(); err != nil {
				t.Errorf("after %d kills: eval: %v: %s", kills, err, b)
			}
		}
	}
	if b, err := gtrain(args...).CombinedOutput(); err != nil {
		t.Fatalf("after %d kills: %v: %s", kills, err, b)
	}
	if kills < 4 {
		t.Errorf("%d kills only, of a training of %v", kills, took)
	}
	for _, name := range []string{"model.onnx", "config.yaml", "last/model.onnx", "last/optimizer.state", "best/model.onnx",
		"best/optimizer.state"} {
		want, err := os.ReadFile(filepath.Join(dir, "whole", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "part", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s after %d kills: other bytes, %v", name, kills, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "part"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || strings.Contains(e.Name(), ".new") || strings.Contains(e.Name(), ".old") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// A training that runs keeps its directory, whatever others ask for, and can be read; killed, it gives it back at once.
func TestRunningTrainingKeepsItsDirectory(t *testing.T) {
	dir := t.TempDir()
	gtrain := func(args ...string) (string, int) {
		cmd := exec.Command("gtrain", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME=/no-home")
		b, _ := cmd.CombinedOutput()
		return string(b), cmd.ProcessState.ExitCode()
	}
	if said, code := gtrain("train", "-q", "--data", "iris", "--epochs", "1", "--out", "model"); code != 0 {
		t.Fatal(said)
	}
	running := exec.Command("gtrain", "train", "-q", "--data", "digits", "--epochs", "1000000", "--out", "a")
	running.Dir = dir
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { running.Process.Kill(); running.Wait() }()
	for tries := 0; ; tries++ { // until it has a best checkpoint
		if _, err := os.Stat(filepath.Join(dir, "a", "best")); err == nil {
			break
		}
		if tries > 600 {
			t.Fatal("no checkpoint in a minute")
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, args := range [][]string{
		{"train", "--data", "iris", "--out", "a"},
		{"train", "--data", "iris", "--out", "a", "--force"},
		{"train", "--resume", "--out", "a"},
		{"train", "--resume", "--out", "./a/../a"},
		{"run", "--out", "a", "--force"},
		{"prune", "model", "--data", "iris", "--out", "a", "--force"},
		{"prune", "a", "--data", "digits", "--out", "a", "--force"},
	} {
		said, code := gtrain(args...)
		if code != exitUsage || !strings.Contains(said, "is in use by process ") {
			t.Errorf("%q: code %d: %s", args, code, said)
		}
	}
	for _, args := range [][]string{
		{"eval", "a", "--data", "digits"},
		{"predict", "a", "--data", "digits", "-o", "p.csv"},
		{"inspect", "a"},
		{"bench", "a", "--count", "1", "--time", "1ms"},
	} {
		if said, code := gtrain(args...); code != exitOK || !strings.Contains(said, "a: the training is still running, as process ") {
			t.Errorf("%q: code %d: %s", args, code, said)
		}
	}
	running.Process.Kill()
	running.Wait()
	if said, code := gtrain("train", "-q", "--data", "iris", "--epochs", "1", "--out", "a", "--force"); code != exitOK {
		t.Errorf("after the kill: code %d: %s", code, said)
	}
}
