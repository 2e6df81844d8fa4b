package onnx_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

var bothTypes = []tensor.Dtype{tensor.Float32, tensor.Float64}

func TestSaveLoadGivesTheSameNetwork(t *testing.T) {
	eachNetwork(t, bothTypes, func(t *testing.T, e example, net *network.Network) {
		path := save(t, net, onnx.Meta{})
		got, _ := load(t, path)
		for _, batch := range []int{1, 7} {
			in := examples(t, net, batch)
			want := forward(t, net, in)
			for i, out := range forward(t, got, in) {
				sameBits(t, "output", out, want[i])
			}
		}
		sameNames(t, "inputs", got.Inputs, net.Inputs)
		sameNames(t, "parameters", got.Params, net.Params)
		sameNames(t, "states", got.States, net.States)
		sameNames(t, "constants", got.Constants, net.Constants)

		first := read(t, path)
		second, err := onnx.Marshal(got, onnx.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		if !e.normal { // the form that loading gave it is kept from then on
			first = second
			if got, _, err = onnx.Unmarshal(first); err != nil {
				t.Fatal(err)
			}
			if second, err = onnx.Marshal(got, onnx.Meta{}); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(first, second) {
			t.Error("load and save changed the bytes")
		}
	})
}

func sameNames(t *testing.T, what string, got, want gorgonia.Nodes) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s are %v, want %v", what, got, want)
	}
	for i := range got {
		if got[i].Name() != want[i].Name() {
			t.Errorf("%s: %q, want %q", what, got[i].Name(), want[i].Name())
		}
	}
}

func TestEqualNetworksGiveEqualBytes(t *testing.T) {
	for _, e := range networks() {
		var all [2][]byte
		for i := range all {
			b := newBuilder(t, tensor.Float32)
			if i == 1 { // Gorgonia numbers nodes by graph, our operations by process: neither may show
				e.build(newBuilder(t, tensor.Float32))
			}
			var err error
			if all[i], err = onnx.Marshal(e.build(b), onnx.Meta{Task: "t"}); err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
		}
		if !bytes.Equal(all[0], all[1]) {
			t.Errorf("%s: bytes differ", e.name)
		}
	}
}

func TestONNXRuntimeComputesTheSame(t *testing.T) {
	var all comparison
	for _, e := range networks() {
		net := e.build(newBuilder(t, tensor.Float32))
		all.add(t, e.name, save(t, net, onnx.Meta{}), net, 1e-5)
	}
	all.run(t)
}

// ONNX Runtime has no float64 kernels for some operators. LeakyRelu's slope is a float32 in ONNX.
func TestONNXRuntimeComputesTheSameInFloat64(t *testing.T) {
	missing := []string{"AveragePool", "Conv", "Elu", "Erf", "HardSwish", "Softplus"}
	var all comparison
	var refused []ortcheck.Job
	for _, e := range networks() {
		net := e.build(newBuilder(t, tensor.Float64))
		path := save(t, net, onnx.Meta{})
		tol := 1e-12
		operators := operatorsOf(t, path)
		if slices.Contains(operators, "LeakyRelu") {
			tol = 1e-7
		}
		if slices.ContainsFunc(operators, func(o string) bool { return slices.Contains(missing, o) }) ||
			strings.HasSuffix(e.name, "-silu") { // made a QuickGelu by ONNX Runtime, which it has in float32 alone
			refused = append(refused, ortcheck.Job{Path: path})
			continue
		}
		all.add(t, e.name, path, net, tol)
	}
	all.run(t)
	for i, r := range ortcheck.RunAll(t, refused...) {
		if r.Err == nil || !strings.Contains(r.Err.Error(), "Could not find an implementation") &&
			!strings.Contains(r.Err.Error(), "Failed to find kernel for com.microsoft.QuickGelu") {
			t.Errorf("ONNX Runtime says %v of %v", r.Err, operatorsOf(t, refused[i].Path))
		}
	}
}

// comparison collects files that ONNX Runtime and we run on the same examples, in one process.
type comparison struct {
	names []string
	jobs  []ortcheck.Job
	check []func(t *testing.T, theirs []ortcheck.Values)
}

func (c *comparison) add(t *testing.T, name, path string, net *network.Network, tol float64) {
	t.Helper()
	var in []map[string]*tensor.Dense
	job := ortcheck.Job{Path: path}
	for _, batch := range []int{1, 7} {
		in = append(in, examples(t, net, batch))
		job.Inputs = append(job.Inputs, ortValues(in[len(in)-1]))
	}
	c.names, c.jobs = append(c.names, name), append(c.jobs, job)
	c.check = append(c.check, func(t *testing.T, all []ortcheck.Values) {
		for i, theirs := range all {
			ours := forward(t, net, in[i])
			if len(theirs) != len(ours) {
				t.Fatalf("%d outputs, want %d", len(theirs), len(ours))
			}
			for j, name := range outputNames(t, path) {
				if got := theirs[name]; !tensor.Shape(got.Dims).Eq(ours[j].Shape()) {
					t.Fatalf("output %q has shape %v, ours %v", name, got.Dims, ours[j].Shape())
				}
				agree(t, "output "+name, ortFloats(theirs[name]), float64s(ours[j]), tol)
			}
		}
	})
}

func (c *comparison) run(t *testing.T) {
	t.Helper()
	for i, r := range ortcheck.RunAll(t, c.jobs...) {
		t.Run(c.names[i], func(t *testing.T) {
			if r.Err != nil {
				t.Fatalf("ONNX Runtime: %v", r.Err)
			}
			c.check[i](t, r.Outputs)
		})
	}
}

func TestTheCheckerAcceptsEveryFile(t *testing.T) {
	var paths []string
	for _, e := range networks() {
		for _, dt := range bothTypes {
			paths = append(paths, save(t, e.build(newBuilder(t, dt)), onnx.Meta{Task: "t", Classes: []string{"a"}}))
		}
	}
	ortcheck.Validate(t, paths...)
}

// A network is the same after saving: its parameters are neither changed nor shared.
func TestLoadedNetworksShareNoMemory(t *testing.T) {
	net := classifier(newBuilder(t, tensor.Float32))
	b, err := onnx.Marshal(net, onnx.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := onnx.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	in := examples(t, net, 3)
	want := forward(t, net, in)[0]
	for _, p := range append(first.Params, first.Constants...) {
		p.Value().(*tensor.Dense).Zero()
	}
	for i := range b {
		b[i] = 0xff
	}
	sameBits(t, "after the copy was zeroed", forward(t, net, in)[0], want)
}

// Two GELUs need √2, 1 and 0.5 once.
func TestConstantsAreStoredOnce(t *testing.T) {
	for _, e := range networks() {
		if e.name != "mlp-gelu" {
			continue
		}
		b, err := onnx.Marshal(e.build(newBuilder(t, tensor.Float32)), onnx.Meta{})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(decode(t, b).GetGraph().GetInitializer()); got != 6+3 {
			t.Errorf("%d initializers, want 6 parameters and 3 numbers", got)
		}
		return
	}
	t.Error("no such network")
}
