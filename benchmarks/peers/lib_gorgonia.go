package main

import (
	"fmt"

	"github.com/gtrain/gtrain/benchmarks"
	"gonum.org/v1/gonum/blas/gonum"
	"gorgonia.org/gorgonia"
)

// tapeMachine is Gorgonia as it comes: its TapeMachine, its Adam, and gonum's matrix products.
type tapeMachine struct{}

func (tapeMachine) prepare(r request) (job, error) {
	switch r.Work.Kind {
	case kindTrain:
		p, err := benchmarks.NewProgram(r.Work.Network, r.Work.Batch, true)
		if err != nil {
			return job{}, err
		}
		p.On(gorgonia.NewTapeMachine(p.Graph, gorgonia.BindDualValues(p.Params...)),
			gorgonia.NewAdamSolver(gorgonia.WithLearnRate(r.Rate)))
		return job{p.Step, func() []float32 { return []float32{p.Loss()} }}, nil
	case kindInfer:
		p, err := benchmarks.NewProgram(r.Work.Network, r.Work.Batch, false)
		if err != nil {
			return job{}, err
		}
		p.On(gorgonia.NewTapeMachine(p.Graph), nil)
		return job{p.Step, func() []float32 { return p.Output.Value().Data().([]float32) }}, nil
	case kindGemm:
		return goGemm(gonum.Implementation{}, r.Work), nil
	}
	return job{}, fmt.Errorf("no %s", r.Work.Kind)
}
