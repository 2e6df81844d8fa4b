package ortcheck

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

//go:embed run.cjs
var runScript string

//go:embed check.py
var checkScript string

// Tensor is a dense row-major tensor; exactly one of the slices is set, except where it has no elements.
type Tensor struct {
	Dims    []int
	Float32 []float32
	Float64 []float64
	Int64   []int64
}

// Values maps the names of inputs or outputs to tensors.
type Values map[string]Tensor

type wireTensor struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Dims []int  `json:"dims"`
	Data []byte `json:"data"` // encoding/json writes base64
}

type wireRun struct {
	Inputs  []wireTensor `json:"inputs,omitempty"`
	Outputs []wireTensor `json:"outputs,omitempty"`
}

// Run evaluates the ONNX file at path in ONNX Runtime, once for each set of inputs, and returns the outputs. The test
// fails if ONNX Runtime refuses the model or the inputs; it is skipped, or fails if CI=true, if there is no ONNX
// Runtime.
func Run(tb testing.TB, path string, inputs ...Values) []Values {
	tb.Helper()
	r := RunAll(tb, Job{path, inputs})[0]
	if r.Err != nil {
		tb.Fatalf("ONNX Runtime: %v", r.Err)
	}
	return r.Outputs
}

// Refuses checks that ONNX Runtime does not accept the file, and returns its message.
func Refuses(tb testing.TB, path string) string {
	tb.Helper()
	r := RunAll(tb, Job{Path: path})[0]
	if r.Err == nil {
		tb.Fatalf("ONNX Runtime accepts %s", path)
	}
	return r.Err.Error()
}

// Job is a model and the sets of inputs that it is evaluated for.
type Job struct {
	Path   string
	Inputs []Values
}

// Result is what became of a job: the outputs for each set of inputs, or why ONNX Runtime refused it.
type Result struct {
	Outputs []Values
	Err     error
}

type wireJob struct {
	Model string    `json:"model,omitempty"`
	Runs  []wireRun `json:"runs"`
	Error string    `json:"error,omitempty"`
}

// RunAll evaluates many models in one process, which takes most of the time of a small one to start. It is skipped, or
// fails, as Run is.
func RunAll(tb testing.TB, jobs ...Job) []Result {
	tb.Helper()
	node := findNode(tb)
	var request, reply struct {
		Jobs []wireJob `json:"jobs"`
	}
	for _, j := range jobs {
		w := wireJob{Model: j.Path, Runs: []wireRun{}}
		for _, in := range j.Inputs {
			r := wireRun{Inputs: []wireTensor{}}
			for name, t := range in { // the order means nothing: the script feeds by name
				r.Inputs = append(r.Inputs, t.encode(name))
			}
			w.Runs = append(w.Runs, r)
		}
		request.Jobs = append(request.Jobs, w)
	}
	stdin, err := json.Marshal(request)
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(node, "-e", runScript)
	cmd.Env = append(os.Environ(), "NODE_PATH="+nodePath())
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		tb.Fatalf("node: %v: %s", err, stderr.String())
	}
	if err := json.Unmarshal(stdout, &reply); err != nil {
		tb.Fatalf("reply %.200q: %v", stdout, err)
	}
	if len(reply.Jobs) != len(jobs) {
		tb.Fatalf("%d results for %d models", len(reply.Jobs), len(jobs))
	}
	results := make([]Result, len(jobs))
	for i, j := range reply.Jobs {
		results[i].Outputs, results[i].Err = j.decode(len(jobs[i].Inputs))
	}
	return results
}

func (j wireJob) decode(runs int) ([]Values, error) {
	if j.Error != "" {
		return nil, errors.New(j.Error)
	}
	if len(j.Runs) != runs {
		return nil, errors.Errorf("%d results for %d inputs", len(j.Runs), runs)
	}
	out := make([]Values, runs)
	for i, r := range j.Runs {
		out[i] = Values{}
		for _, w := range r.Outputs {
			var err error
			if out[i][w.Name], err = w.decode(); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (t Tensor) encode(name string) wireTensor {
	w := wireTensor{Name: name, Dims: t.Dims}
	var data any
	switch {
	case t.Float64 != nil:
		w.Type, data = "float64", t.Float64
	case t.Int64 != nil:
		w.Type, data = "int64", t.Int64
	default:
		w.Type, data = "float32", t.Float32
	}
	w.Data, _ = binary.Append([]byte{}, binary.LittleEndian, data) // a slice of numbers always encodes
	return w
}

func (w wireTensor) decode() (Tensor, error) {
	t := Tensor{Dims: w.Dims}
	var data any
	switch w.Type {
	case "float32":
		t.Float32 = make([]float32, len(w.Data)/4)
		data = t.Float32
	case "float64":
		t.Float64 = make([]float64, len(w.Data)/8)
		data = t.Float64
	case "int64":
		t.Int64 = make([]int64, len(w.Data)/8)
		data = t.Int64
	default:
		return t, errors.Errorf("output %s has type %s", w.Name, w.Type)
	}
	_, err := binary.Decode(w.Data, binary.LittleEndian, data)
	return t, errors.Wrapf(err, "output %s", w.Name)
}

// Validate checks ONNX files with the onnx package's checker and its strict shape inference. The test fails with the
// checker's words; it is skipped, or fails if CI=true, if there is no checker.
func Validate(tb testing.TB, paths ...string) {
	tb.Helper()
	out, err := exec.Command(findPython(tb), append([]string{"-c", checkScript}, paths...)...).CombinedOutput()
	if err != nil {
		tb.Fatalf("the ONNX checker refuses:\n%s(%v)", out, err)
	}
}

func nodePath() string {
	var paths []string
	for _, v := range []string{"GTRAIN_ORT_NODE_MODULES", "NODE_PATH"} {
		if p := os.Getenv(v); p != "" {
			paths = append(paths, p)
		}
	}
	return strings.Join(paths, string(filepath.ListSeparator))
}

func findNode(tb testing.TB) string {
	tb.Helper()
	const remedy = "npm install --prefix DIR --ignore-scripts onnxruntime-node; " +
		"export GTRAIN_ORT_NODE_MODULES=DIR/node_modules"
	node, err := exec.LookPath("node")
	if err != nil {
		missing(tb, "no node on PATH; install Node.js, then: "+remedy)
	}
	cmd := exec.Command(node, "-e", `require.resolve("onnxruntime-node")`)
	cmd.Env = append(os.Environ(), "NODE_PATH="+nodePath())
	if cmd.Run() != nil {
		missing(tb, "the npm package onnxruntime-node is not found; "+remedy)
	}
	return node
}

func findPython(tb testing.TB) string {
	tb.Helper()
	candidates := []string{"/usr/bin/python3", "python3"}
	if p := os.Getenv("GTRAIN_PYTHON"); p != "" {
		candidates = []string{p}
	}
	for _, p := range candidates {
		if exec.Command(p, "-c", "import onnx").Run() == nil {
			return p
		}
	}
	missing(tb, "no Python that can import onnx among "+strings.Join(candidates, ", ")+
		"; install python3-onnx or name one in GTRAIN_PYTHON")
	return ""
}

// missing ends the test: a check that cannot be made is passed over on a developer's machine, never in CI.
func missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal(what)
	}
	tb.Skip(what)
}
