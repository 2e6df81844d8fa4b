package models

import (
	"math"
	"testing"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/random"
)

// A predictor gives what the plain program does, wherever the channels of a batch norm and the units of the layer before
// it lie.
func TestPredictorFoldsAlongTheRightAxis(t *testing.T) {
	for name, layers := range map[string][]Layer{
		"16 steps of 4 units":        {Input(16, 3), Dense(4), BatchNorm()},
		"6 steps of 2 units":         {Input(6, 5), Dense(2, WithoutBias()), BatchNorm(), Activate(ReLU)},
		"as many steps as units":     {Input(5, 4), Dense(5), BatchNorm(), Activate(Tanh)},
		"more units than steps":      {Input(3, 2), Dense(8), BatchNorm()},
		"turned round":               {Input(4, 4), Dense(4), Transpose(0, 2, 1), BatchNorm()},
		"a convolution of a line":    {Input(3, 9), Conv1D(3, 3), BatchNorm(), Activate(GELU)},
		"an image as wide as deep":   {Input(3, 8, 8), Conv2D(6, 3), BatchNorm(), Activate(LeakyReLU)},
		"a matrix":                   {Input(4), Dense(4), BatchNorm(), Activate(Softplus)},
		"tokens behind an embedding": {Input(5), Embedding(7, 5), Dense(5), BatchNorm()},
	} {
		t.Run(name, func(t *testing.T) {
			layers := append(layers, Flatten(), Dense(3), Softmax())
			net := build(t, Sequential(layers...), Options{Seed: 1})
			r := random.New(1, name)
			for _, n := range append(net.States, net.Params...) {
				for i, v := range n.Value().Data().([]float32) {
					n.Value().Data().([]float32)[i] = v + float32(0.4*r.Float64())
				}
			}
			width := InputWidth(net)
			m := &Model{Net: net, Classes: []string{"a", "b", "c"}, Features: make([]string, width)}
			p, err := m.Predictor()
			if err != nil {
				t.Fatal(err)
			}
			for _, rows := range []int{1, 2, 7, 64, 65, 300} {
				x := make([]float32, rows*width)
				for i := range x {
					if x[i] = float32(r.NormFloat64()); layers[1].Kind == KindEmbedding {
						x[i] = float32(r.IntN(7))
					}
				}
				want, err := network.RunPlain(net, x)
				if err != nil {
					t.Fatal(err)
				}
				got, err := p.Predict(x)
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range want[0] {
					if !(math.Abs(float64(got[i]-w)) <= 1e-5) {
						t.Fatalf("%d rows: number %d is %v, want %v", rows, i, got[i], w)
					}
				}
			}
		})
	}
}
