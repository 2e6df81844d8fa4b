package randnet

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gtrain/gtrain/internal/ortcheck"
)

// How many networks the campaign tries, and from which seed on:
//
//	GTRAIN_NETWORKS=10000 go test ./internal/randnet -run Campaign -timeout 3h
//	GTRAIN_SEED=4711 GTRAIN_NETWORKS=1 go test ./internal/randnet -run Campaign -v
const (
	networksVariable = "GTRAIN_NETWORKS"
	seedVariable     = "GTRAIN_SEED"
	usualNetworks    = 300
)

// Tolerance is how far a path may be from the float64 program: rounding in float32 stays well below it.
const Tolerance = 1e-4

func number(t *testing.T, variable string, usual int) int {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is no number", variable, s)
	}
	return n
}

// Random networks give the same numbers whichever way they are run.
func TestCampaign(t *testing.T) {
	first, count := number(t, seedVariable, 1), number(t, networksVariable, usualNetworks)
	start, rows, kinds := time.Now(), 0, map[string]int{}
	batch := newJudge(t)
	failures := 0
	for seed := uint64(first); seed < uint64(first+count); seed++ {
		c, err := newCandidate(seed, -1, filepath.Join(batch.dir, fmt.Sprint(seed)))
		if err != nil {
			t.Errorf("seed %d cannot be tried: %v", seed, err)
			failures++
			continue
		}
		for _, line := range c.net.Text {
			name, _, _ := strings.Cut(line, " of (")
			kinds[name]++
		}
		rows += c.net.Rows
		if fault := c.tryAll(); fault != nil {
			report(t, seed, c, fault)
			failures++
		} else {
			batch.add(c)
		}
		if failures >= 20 {
			t.Fatalf("%d of %d networks differ; the rest is not tried", failures, seed-uint64(first)+1)
		}
	}
	batch.flush()
	t.Logf("%d networks, %d rows, %v", count, rows, time.Since(start).Round(time.Second))
	if os.Getenv(seedVariable) == "" && count >= 100 {
		for _, s := range steps {
			if kinds[s.name] == 0 {
				t.Errorf("no network has a %s", s.name)
			}
		}
	}
}

// report prints the shortest beginning of the network that shows a fault.
func report(t *testing.T, seed uint64, c *candidate, fault error) {
	for steps := range c.net.Steps {
		short, err := newCandidate(seed, steps, filepath.Join(t.TempDir(), "short"))
		if err != nil {
			continue
		}
		if f := short.tryAll(); f != nil {
			c, fault = short, f
			break
		}
	}
	t.Errorf("%v\n  %v\n  again: %s=%d %s=1 go test ./internal/randnet -run Campaign", fault, c.net, seedVariable, seed,
		networksVariable)
}

// agree compares a path with what is right.
func agree(got, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d numbers, want %d", len(got), len(want))
	}
	worst, at := 0.0, 0
	for i, w := range want {
		if d := math.Abs(got[i]-w) / max(1, math.Abs(w)); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= Tolerance) {
		return fmt.Errorf("number %d is %v, want %v", at, got[at], want[at])
	}
	return nil
}

// judge is ONNX Runtime, which is asked for many files at a time.
type judge struct {
	t       *testing.T
	dir     string
	waiting []*candidate
}

func newJudge(t *testing.T) *judge { return &judge{t: t, dir: t.TempDir()} }

func (j *judge) add(c *candidate) {
	if j.waiting = append(j.waiting, c); len(j.waiting) == 250 {
		j.flush()
	}
}

func (j *judge) flush() {
	list := j.waiting
	j.waiting = nil
	if len(list) == 0 {
		return
	}
	defer func() {
		for _, c := range list {
			os.RemoveAll(c.dir)
		}
	}()
	if !haveJudge(j.t) {
		return
	}
	var jobs []ortcheck.Job
	var of []func(got []float64) error
	var names []string
	for _, c := range list {
		for _, f := range c.files {
			jobs = append(jobs, ortcheck.Job{Path: f.path, Inputs: []ortcheck.Values{c.feed()}})
			of = append(of, func(got []float64) error { return agree(got, f.want) })
			names = append(names, fmt.Sprintf("ONNX Runtime, %s\n  %v", filepath.Base(f.path), c.net))
		}
	}
	for i, r := range ortcheck.RunAll(j.t, jobs...) {
		err := r.Err
		if err == nil {
			for _, out := range r.Outputs[0] { // there is one
				err = of[i](floats(out))
			}
		}
		if err != nil {
			j.t.Errorf("%v\n  %s", err, names[i])
		}
	}
}

// haveJudge tells whether ONNX Runtime is there. Without it the other paths are compared, except in CI, where it must be.
func haveJudge(t *testing.T) bool {
	return os.Getenv("CI") == "true" || os.Getenv("NODE_PATH") != "" || os.Getenv("GTRAIN_ORT_NODE_MODULES") != ""
}

func floats(t ortcheck.Tensor) []float64 {
	if t.Float64 != nil {
		return t.Float64
	}
	return wide(t.Float32)
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}
