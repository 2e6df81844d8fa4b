package benchmarks

import (
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/models"
)

// Network is a multilayer perceptron with ReLU between its layers and a softmax at the end.
type Network struct {
	Name   string
	Widths []int // input, hidden layers, classes
}

// Networks are those that are timed, the smallest first.
func Networks() []Network {
	return []Network{
		{"mlp-100-64-32-10", []int{100, 64, 32, 10}},
		{"lenet-300-100", []int{784, 300, 100, 10}}, // LeCun et al. 1998
		{"mlp-784-1024-1024-10", []int{784, 1024, 1024, 10}},
	}
}

// Batches are the batch sizes that every network is timed at.
func Batches() []int { return []int{1, 32, 128} }

// Features is the number of inputs, Classes that of outputs.
func (n Network) Features() int { return n.Widths[0] }

// Classes is the number of outputs.
func (n Network) Classes() int { return n.Widths[len(n.Widths)-1] }

// InferenceFLOP is the number of floating-point operations of the matrix products of one inference: two for each weight
// and row.
func (n Network) InferenceFLOP(batch int) float64 {
	var f float64
	for i, in := range n.Widths[:len(n.Widths)-1] {
		f += 2 * float64(batch) * float64(in) * float64(n.Widths[i+1])
	}
	return f
}

// TrainingFLOP is that of one training step: as much again for the gradients of the weights, and once more for those of
// every layer's input but the first's, which nobody needs.
func (n Network) TrainingFLOP(batch int) float64 {
	return 3*n.InferenceFLOP(batch) - 2*float64(batch)*float64(n.Widths[0])*float64(n.Widths[1])
}

// Spec is the network as a model of ours.
func (n Network) Spec() models.Spec {
	layers := []models.Layer{models.Input(n.Features())}
	for _, w := range n.Widths[1 : len(n.Widths)-1] {
		layers = append(layers, models.Dense(w, models.ReLU))
	}
	return models.Sequential(append(layers, models.Dense(n.Classes()), models.Softmax())...)
}

// Build makes the network. Its weights are the same each time.
func (n Network) Build() (*graph.Network, error) { return n.Spec().Build(models.Options{Seed: 1}) }

// Data is one batch.
type Data struct {
	X      []float32 // batch × features, standard normal
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
		d.Labels[i] = r.IntN(n.Classes())
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
