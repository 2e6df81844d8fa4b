package benchmarks

import (
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/optimizers"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Training runs training steps on one batch, as the training package does.
type Training struct {
	obj    *network.Objective
	vm     *graph.Program
	solver optimizers.Optimizer
	params []gorgonia.ValueGrad
}

// The learning rates of Adam. What is checked must move; what is timed for thousands of steps on one batch must not, or
// it would learn the batch by heart and then compute with denormal numbers, which takes a processor longer.
const (
	CheckedRate = 1e-3
	TimedRate   = 1e-7
)

// NewTraining compiles a network with its loss, softmax cross-entropy, and binds a batch. The optimizer is Adam.
func NewTraining(n Network, batch int, rate float64) (*Training, error) {
	net, err := n.Build()
	if err != nil {
		return nil, err
	}
	obj, err := net.Objective(batch, network.CrossEntropy(0))
	if err != nil {
		return nil, err
	}
	vm, err := graph.Compile(obj.Graph, graph.Outputs(obj.Cost))
	if err != nil {
		return nil, err
	}
	d := NewData(n, batch)
	x := tensor.New(tensor.WithShape(batch, n.Features()), tensor.WithBacking(d.X))
	y := tensor.New(tensor.WithShape(batch), tensor.WithBacking(d.Labels))
	if err := gorgonia.Let(obj.Inputs[0], x); err != nil {
		return nil, err
	}
	if err := gorgonia.Let(obj.Target, y); err != nil {
		return nil, err
	}
	adam := &optimizers.Adam{LearningRate: rate}
	adam.Options().KeepGradients = true // every run writes them anew
	return &Training{obj, vm, adam, gorgonia.NodesToValueGrads(obj.Params)}, nil
}

// Step is forward, backward and update. It allocates nothing once the optimizer's state exists, after the first step.
func (t *Training) Step() error {
	if err := t.vm.RunAll(); err != nil {
		return err
	}
	return t.solver.Step(t.params)
}

// Loss is the mean cross-entropy of the last step's forward part, in nats.
func (t *Training) Loss() float32 { return t.obj.Cost.Value().Data().(float32) }

// Inference predicts one batch.
type Inference struct {
	runner *network.Runner
	x      []float32
	Output []float32 // batch × classes, probabilities
}

// NewInference compiles a network for prediction. It is frozen, as is a session of ONNX Runtime, which packs weights when
// it is made, and what PyTorch runs at its fastest setting, traced and frozen.
func NewInference(n Network, batch int) (*Inference, error) {
	net, err := n.Build()
	if err != nil {
		return nil, err
	}
	r, err := network.NewRunner(net, batch)
	if err != nil {
		return nil, err
	}
	if err := r.Freeze(); err != nil {
		return nil, err
	}
	return &Inference{r, NewData(n, batch).X, make([]float32, batch*n.Classes)}, nil
}

// Step predicts the batch. It allocates nothing after the first call.
func (i *Inference) Step() error { return i.runner.Run(i.x, i.Output) }
