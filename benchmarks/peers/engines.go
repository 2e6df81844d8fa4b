package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/gtrain/gtrain/benchmarks"
)

// variant is one setting of an engine: a process.
type variant struct {
	name string
	args []string // of this program as a worker, or of python
	env  []string
}

// engine is a library, or ours, with the settings that it may be fastest with.
type engine struct {
	name     string
	kinds    []string // of work
	networks []string // that are no perceptrons and that it knows; nil: all
	variants []variant
	python   bool
}

func forGorgonia() (names []string) {
	for _, n := range benchmarks.Networks() {
		if n.ForGorgonia() {
			names = append(names, n.Name)
		}
	}
	return names
}

// does tells whether an engine takes part in some work.
func (e engine) does(w work) bool {
	if !slices.Contains(e.kinds, w.Kind) {
		return false
	}
	return w.Network.Name == "" || w.Network.IsPerceptron() || e.networks == nil || slices.Contains(e.networks, w.Network.Name)
}

// coreTypes are what OpenBLAS may be told to take the processor for: what the environment says, or it finds out, and
// the two that processors with AVX2 and with AVX-512 should be.
var coreTypes = []string{"", "Haswell", "SkylakeX"}

// engines lists everybody, ours first.
func engines(o options) []engine {
	nets := []string{kindTrain, kindInfer}
	list := []engine{
		{name: "gtrain", kinds: []string{kindTrain, kindInfer, kindGemm, kindPeak},
			variants: []variant{goWorker("gtrain", o.threads)}},
		{name: "gtrain, 1 thread", kinds: []string{kindGemm}, variants: []variant{goWorker("gtrain", 1)}},
	}
	both := func(worker string) (v []variant) {
		for _, t := range threadCounts(o.threads) {
			v = append(v, goWorker(worker, t))
		}
		return v
	}
	if o.python != "" {
		e := engine{name: "PyTorch", kinds: nets, python: true}
		for _, t := range threadCounts(o.threads) {
			for _, core := range coreTypes {
				e.variants = append(e.variants, pythonWorker(t, core, ""))
			}
			e.variants = append(e.variants, pythonWorker(t, "SkylakeX", "avx512"))
		}
		list = append(list, e)
	}
	if o.ort != "" {
		list = append(list, engine{name: "ONNX Runtime", kinds: []string{kindInfer}, variants: both("onnxruntime")})
	}
	list = append(list, engine{name: "Gorgonia", kinds: nets, networks: forGorgonia(), variants: both("gorgonia")})
	gonum := engine{name: "gonum", kinds: []string{kindGemm}, variants: []variant{goWorker("gorgonia", o.threads)}}
	list = append(list, gonum)
	if o.gomlx {
		list = append(list, engine{name: "GoMLX", kinds: nets, networks: []string{}, variants: both("gomlx")})
	}
	one := engine{name: "OpenBLAS, 1 thread", kinds: []string{kindGemm}}
	all := engine{name: "OpenBLAS", kinds: []string{kindGemm}}
	for _, core := range coreTypes {
		one.variants = append(one.variants, blasWorker(1, core))
		all.variants = append(all.variants, blasWorker(o.threads, core))
	}
	return append(list, one, all)
}

func threadCounts(most int) []int {
	if most == 1 {
		return []int{1}
	}
	return []int{1, most}
}

func goWorker(library string, threads int) variant {
	return variant{fmt.Sprintf("%d threads", threads),
		[]string{"-worker", library, "-threads", fmt.Sprint(threads)}, []string{fmt.Sprintf("GOMAXPROCS=%d", threads)}}
}

func blasWorker(threads int, core string) variant {
	v := goWorker("openblas", threads)
	v.name += describe("OPENBLAS_CORETYPE", core)
	v.env = appendSet(nil, "OPENBLAS_CORETYPE", core)
	return v
}

func pythonWorker(threads int, core, capability string) variant {
	v := variant{name: fmt.Sprintf("%d threads", threads), args: []string{"pytorch.py", fmt.Sprint(threads)}}
	v.name += describe("OPENBLAS_CORETYPE", core) + describe("ATEN_CPU_CAPABILITY", capability)
	v.env = appendSet([]string{fmt.Sprintf("OMP_NUM_THREADS=%d", threads)}, "OPENBLAS_CORETYPE", core)
	v.env = appendSet(v.env, "ATEN_CPU_CAPABILITY", capability)
	return v
}

func describe(key, value string) string {
	if value == "" {
		return ""
	}
	return " " + key + "=" + value
}

func appendSet(env []string, key, value string) []string {
	if value == "" {
		return env
	}
	return append(env, key+"="+value)
}

// newLibrary is what a worker of this program loads.
func newLibrary(name string, o options) (library, error) {
	switch name {
	case "gtrain":
		return gtrain{}, nil
	case "gorgonia":
		return tapeMachine{}, nil
	case "onnxruntime":
		return newONNXRuntime(o.ort, o.threads)
	case "openblas":
		return newOpenBLAS(o.threads), nil
	case "gomlx":
		return newGoMLX()
	}
	return nil, fmt.Errorf("no worker %q", name)
}

// command is how a variant's process is started.
func (v variant) command(e engine, o options) (name string, args, env []string, err error) {
	env = append(os.Environ(), v.env...)
	if e.python {
		return o.python, append([]string{o.script}, v.args[1:]...), env, nil
	}
	self, err := os.Executable()
	return self, append(slices.Clone(v.args), "-ort", o.ort), env, err
}
