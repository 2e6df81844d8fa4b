package main

import (
	"fmt"
	"path/filepath"

	"github.com/gtrain/gtrain/benchmarks"
	ort "github.com/yalue/onnxruntime_go"
)

// onnxRuntime predicts through ONNX Runtime's C API, with all its graph optimisations, inputs and outputs bound.
type onnxRuntime struct{ threads int }

// newONNXRuntime loads the shared library.
func newONNXRuntime(library string, threads int) (*onnxRuntime, error) {
	ort.SetSharedLibraryPath(library)
	return &onnxRuntime{threads}, ort.InitializeEnvironment()
}

func (o *onnxRuntime) prepare(r request) (job, error) {
	if r.Work.Kind != kindInfer {
		return job{}, fmt.Errorf("no %s", r.Work.Kind)
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return job{}, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(o.threads); err != nil {
		return job{}, err
	}
	if err := options.SetInterOpNumThreads(1); err != nil {
		return job{}, err
	}
	if err := options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll); err != nil {
		return job{}, err
	}
	model := filepath.Join(r.Files, modelFile)
	ins, outs, err := ort.GetInputOutputInfo(model)
	if err != nil {
		return job{}, err
	}
	n, batch := r.Work.Network, int64(r.Work.Batch)
	x, err := ort.NewTensor(ort.NewShape(batch, int64(n.Features())), benchmarks.NewData(n, r.Work.Batch).X)
	if err != nil {
		return job{}, err
	}
	y, err := ort.NewEmptyTensor[float32](ort.NewShape(batch, int64(n.Classes)))
	if err != nil {
		return job{}, err
	}
	s, err := ort.NewAdvancedSession(model, []string{ins[0].Name}, []string{outs[0].Name}, []ort.Value{x}, []ort.Value{y},
		options)
	if err != nil {
		return job{}, err
	}
	return job{s.Run, y.GetData}, nil
}
