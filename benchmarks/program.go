package benchmarks

import (
	"fmt"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Program is a network the way existing Gorgonia programs write it.
type Program struct {
	Graph  *G.ExprGraph
	Params G.Nodes
	Output *G.Node // probabilities (batch, classes)
	Cost   *G.Node // nil without training
	vm     G.VM
	solver G.Solver
	model  []G.ValueGrad
}

// NewProgram writes a network with Gorgonia's functions, with the weights and the batch of [NewTraining]. With training
// it has the loss −mean Σ y·ln p behind it and its gradients.
func NewProgram(n Network, batch int, training bool) (*Program, error) {
	if !n.ForGorgonia() {
		return nil, errors.Errorf("%s has batch norm, which Gorgonia does not train rightly", n.Name)
	}
	net, err := n.Build()
	if err != nil {
		return nil, err
	}
	d := NewData(n, batch)
	weights := make([]tensor.Tensor, len(net.Params))
	for i, p := range net.Params {
		weights[i] = p.Value().(*tensor.Dense).Clone().(*tensor.Dense)
	}
	return write(weights, tensor.New(tensor.WithShape(n.Shape(batch)...), tensor.WithBacking(d.X)),
		tensor.New(tensor.WithShape(batch, n.Classes), tensor.WithBacking(d.OneHot(n.Classes))), training)
}

// write is what a user's program looks like. weights are those and the bias of each layer in turn: (in, out) and (out) of
// a dense one, (filters, channels, height, width) and (filters) of a convolution, which pooling by two follows.
func write(weights []tensor.Tensor, x, y *tensor.Dense, training bool) (p *Program, err error) {
	defer func() { // a user's program would end here
		if r := recover(); r != nil {
			p, err = nil, errors.Errorf("gorgonia: %v", r)
		}
	}()
	g := G.NewGraph()
	p = &Program{Graph: g}
	out := G.NodeFromAny(g, x, G.WithName("x"))
	for i := 0; i < len(weights); i += 2 {
		w := G.NodeFromAny(g, weights[i], G.WithName(fmt.Sprintf("w%d", i/2)))
		b := G.NodeFromAny(g, weights[i+1], G.WithName(fmt.Sprintf("b%d", i/2)))
		p.Params = append(p.Params, w, b)
		if s := w.Shape(); len(s) == 4 {
			one := tensor.Shape{1, 1}
			c := G.Must(G.Conv2d(out, w, tensor.Shape(s[2:]), []int{0, 0}, one, one))
			c = G.Must(G.BroadcastAdd(c, G.Must(G.Reshape(b, tensor.Shape{1, s[0], 1, 1})), nil, []byte{0, 2, 3}))
			out = G.Must(G.MaxPool2D(G.Must(G.Rectify(c)), tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
			continue
		}
		if s := out.Shape(); len(s) == 4 {
			out = G.Must(G.Reshape(out, tensor.Shape{s[0], s[1] * s[2] * s[3]}))
		}
		out = G.Must(G.BroadcastAdd(G.Must(G.Mul(out, w)), b, nil, []byte{0}))
		if i+2 < len(weights) {
			out = G.Must(G.Rectify(out))
		}
	}
	p.Output = G.Must(G.SoftMax(out))
	if !training {
		return p, nil
	}
	target := G.NodeFromAny(g, y, G.WithName("y"))
	losses := G.Must(G.HadamardProd(G.Must(G.Log(p.Output)), target))
	p.Cost = G.Must(G.Neg(G.Must(G.Mean(G.Must(G.Sum(losses, 1))))))
	if _, err := G.Grad(p.Cost, p.Params...); err != nil {
		return nil, err
	}
	p.model = G.NodesToValueGrads(p.Params)
	return p, nil
}

// On chooses what runs the program and, if it trains, what updates its weights.
func (p *Program) On(vm G.VM, solver G.Solver) *Program {
	p.vm, p.solver = vm, solver
	return p
}

// Step runs the program once.
func (p *Program) Step() error {
	if err := p.vm.RunAll(); err != nil {
		return err
	}
	if p.solver != nil {
		if err := p.solver.Step(p.model); err != nil {
			return err
		}
	}
	p.vm.Reset()
	return nil
}

// Loss is the last step's.
func (p *Program) Loss() float32 { return p.Cost.Value().Data().(float32) }
