package ortcheck_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/ortcheck"
)

func TestRunComputesWhatTheModelSays(t *testing.T) {
	in := []ortcheck.Values{
		{"x": {Dims: []int{1, 2}, Float32: []float32{1, 2}}, "z": {Dims: []int{1, 2}, Float32: []float32{10, 20}}},
		{"x": {Dims: []int{2, 2}, Float32: []float32{1, 2, 3, 4}}, "z": {Dims: []int{2, 2}, Float32: []float32{0, 1, 0, 1}}},
	}
	out := ortcheck.Run(t, "testdata/affine.onnx", in...)
	for i, want := range [][]float32{{12, 24}, {2, 5, 6, 9}} {
		if got := out[i]["y"]; !slices.Equal(got.Float32, want) || !slices.Equal(got.Dims, []int{i + 1, 2}) {
			t.Errorf("run %d: %v, want %v", i, got, want)
		}
	}
	out = ortcheck.Run(t, "testdata/affine64.onnx", ortcheck.Values{
		"x": {Dims: []int{1, 2}, Float64: []float64{1, 1e-300}}, "z": {Dims: []int{1, 2}, Float64: []float64{0, 0}}})
	if got, want := out[0]["y"].Float64, []float64{2, 2e-300}; !slices.Equal(got, want) {
		t.Errorf("float64: %v, want %v", got, want)
	}
}

func TestRefusals(t *testing.T) {
	if msg := ortcheck.Refuses(t, "ortcheck.go"); msg == "" {
		t.Error("no message")
	}
	ortcheck.Validate(t, "testdata/affine.onnx", "testdata/affine64.onnx")
	verdict := judge(func(tb testing.TB) { ortcheck.Validate(tb, "testdata/affine.onnx", "testdata/bad.onnx") })
	if !strings.HasPrefix(verdict, "fail: ") || !strings.Contains(verdict, "bad.onnx") {
		t.Errorf("a wrong model is judged %q", verdict)
	}
	verdict = judge(func(tb testing.TB) { ortcheck.Run(tb, "testdata/affine.onnx", ortcheck.Values{}) })
	if !strings.HasPrefix(verdict, "fail: ") {
		t.Errorf("missing inputs are judged %q", verdict)
	}
}

func TestMissingJudgesSkipLocallyAndFailInCI(t *testing.T) {
	empty := t.TempDir()
	t.Setenv("GTRAIN_PYTHON", empty+"/none")
	t.Setenv("GTRAIN_ORT_NODE_MODULES", empty)
	t.Setenv("NODE_PATH", "")
	t.Setenv("PATH", empty)
	for ci, want := range map[string]string{"": "skip: ", "true": "fail: "} {
		t.Setenv("CI", ci)
		for name, check := range map[string]func(testing.TB){
			"run":      func(tb testing.TB) { ortcheck.Run(tb, "testdata/affine.onnx") },
			"validate": func(tb testing.TB) { ortcheck.Validate(tb, "testdata/affine.onnx") },
		} {
			if got := judge(check); !strings.HasPrefix(got, want) || !strings.Contains(got, "install") {
				t.Errorf("CI=%s %s: %q", ci, name, got)
			}
		}
	}
}

// judge runs a check under a recorder that stops where a test would.
func judge(check func(testing.TB)) string {
	r := &recorder{verdict: "pass"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(r)
	}()
	<-done
	return r.verdict
}

type recorder struct {
	testing.TB
	verdict string
}

func (r *recorder) Helper()       {}
func (r *recorder) Skip(a ...any) { r.stop("skip: " + fmt.Sprint(a...)) }
func (r *recorder) Fatal(a ...any) {
	r.stop("fail: " + fmt.Sprint(a...))
}
func (r *recorder) Fatalf(f string, a ...any) { r.stop("fail: " + fmt.Sprintf(f, a...)) }
func (r *recorder) stop(v string)             { r.verdict = v; runtime.Goexit() }
