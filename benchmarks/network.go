package benchmarks

import (
	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
)

// Network is a network that is timed: a multilayer perceptron with ReLU between its layers and a softmax at the end, or
// a named model of package models.
type Network struct {
	Name    string
	Widths  []int // of a perceptron: input, hidden layers, classes; empty for a named model
	Input   []int // the shape of one example; the network itself takes it as a row of features
	Classes int
	Batches []int // that it is timed at
}

// Networks are those that are timed, the smallest first; perceptrons, then convolutional networks.
func Networks() []Network {
	return []Network{
		perceptron("mlp-100-64-32-10", 100, 64, 32, 10),
		perceptron("lenet-300-100", 784, 300, 100, 10), // LeCun et al. 1998
		perceptron("mlp-784-1024-1024-10", 784, 1024, 1024, 10),
		{Name: "lenet-5", Input: []int{1, 28, 28}, Classes: 10, Batches: []int{1, 64, 128}},     // LeCun et al. 1998, as in Caffe
		{Name: "resnet-mini", Input: []int{3, 32, 32}, Classes: 10, Batches: []int{1, 64, 128}}, // He et al. 2016, CIFAR
	}
}

// Perceptrons are those of Networks that are made of matrix products alone.
func Perceptrons() (ns []Network) {
	for _, n := range Networks() {
		if n.IsPerceptron() {
			ns = append(ns, n)
		}
	}
	return ns
}

func perceptron(name string, widths ...int) Network {
	return Network{Name: name, Widths: widths, Input: widths[:1], Classes: widths[len(widths)-1], Batches: []int{1, 32, 128}}
}

// IsPerceptron tells whether the network is one that Widths describe.
func (n Network) IsPerceptron() bool { return len(n.Widths) > 0 }

// ForGorgonia tells whether NewProgram can write the network: Gorgonia's batch norm has no right gradient for what it
// evaluates with, and its statistics go wrong (see docs/performance.md).
func (n Network) ForGorgonia() bool { return n.Name != "resnet-mini" }

// Features is the number of inputs.
func (n Network) Features() int {
	f := 1
	for _, d := range n.Input {
		f *= d
	}
	return f
}

// Shape is that of a batch of examples.
func (n Network) Shape(batch int) []int { return append([]int{batch}, n.Input...) }

// InferenceFLOP is the number of floating-point operations of the matrix products and convolutions of one inference: two
// for each multiply-add.
func (n Network) InferenceFLOP(batch int) float64 {
	all, _ := n.multiplyAdds()
	return 2 * float64(batch) * float64(all)
}

// TrainingFLOP is that of one training step: as much again for the gradients of the weights, and once more for those of
// every layer's input but the first's, which nobody needs.
func (n Network) TrainingFLOP(batch int) float64 {
	all, first := n.multiplyAdds()
	return 2 * float64(batch) * float64(3*all-first)
}

// multiplyAdds counts those of one example, in all layers and in the first. A network that cannot be built has none: to
// build it is what is done with it next.
func (n Network) multiplyAdds() (all, first int64) {
	net, err := n.Build()
	if err != nil {
		return 0, 0
	}
	order, err := net.Order()
	if err != nil {
		return 0, 0
	}
	for _, v := range order {
		if v.Op() == nil {
			continue
		}
		if m := op.NodeCost(v).MACs; m > 0 {
			if all += m; first == 0 {
				first = m
			}
		}
	}
	return all, first
}

// Spec is the network as a model of ours.
func (n Network) Spec() (models.Spec, error) {
	if !n.IsPerceptron() {
		s, err := models.Parse(n.Name)
		if err != nil {
			return s, err
		}
		return s.For(n.Input, data.Classification, n.Classes, nil)
	}
	layers := []models.Layer{models.Input(n.Features())}
	for _, w := range n.Widths[1 : len(n.Widths)-1] {
		layers = append(layers, models.Dense(w, models.ReLU))
	}
	return models.Sequential(append(layers, models.Dense(n.Classes), models.Softmax())...), nil
}

// Build makes the network. Its weights are the same each time.
func (n Network) Build() (*network.Network, error) {
	s, err := n.Spec()
	if err != nil {
		return nil, err
	}
	return s.Build(models.Options{Seed: 1})
}

// Data is one batch.
type Data struct {
	X      []float32 // batch × input, standard normal
	Labels []int     // batch
}

// NewData draws a batch for a network; it is the same each time.
func NewData(n Network, batch int) Data {
	r := random.New(2, "benchmark", n.Name)
	d := Data{X: make([]float32, batch*n.Features()), Labels: make([]int, batch)}
	for i := range d.X {
		d.X[i] = float32(r.NormFloat64())
	}
	for i := range d.Labels {
		d.Labels[i] = r.IntN(n.Classes)
	}
	return d
}

// OneHot is the labels as rows of 0 and 1, batch × classes.
func (d Data) OneHot(classes int) []float32 {
	y := make([]float32, len(d.Labels)*classes)
	for i, l := range d.Labels {
		y[i*classes+l] = 1
	}
	return y
}
