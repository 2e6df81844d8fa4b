package graphtest

import (
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// FreezeCases are networks whose inputs are so many numbers a row.
func FreezeCases(t *testing.T, dt tensor.Dtype) map[string]*Net {
	masks := New(t, dt, "mlp")
	h := masks.Dense(masks.Input("input", 2, 30), "dense1", 70, op.ReLU)
	h = Must(op.Mask(h, masks.Constant("mask.dense1", zeros(70, 0, 5, 9))))
	h = Must(op.Mask(masks.Dense(h, "dense2", 40, op.ReLU), masks.Constant("mask.dense2", zeros(40, 3))))
	images := NormNet(New(t, dt))
	sequence := New(t, dt, "sequence")
	x := sequence.Input("x", 2, 5, 8)
	w := op.AttentionWeights{Query: sequence.Param("q", 8, 12), Key: sequence.Param("k", 8, 12), Value: sequence.Param("v", 8, 9),
		Out: sequence.Param("o", 9, 8), OutBias: sequence.Param("ob", 8)}
	y := Must(op.MultiHeadAttention(x, x, x, w, 3, nil))
	y = Must(op.Linear(y, sequence.Param("last", 8, 20), nil, op.GELU, 0))
	plain := New(t, dt, "plain")
	p := Must(gorgonia.Tanh(plain.Plain(plain.Input("x", 4, 20), "one", 50)))
	kept := Must(gorgonia.HadamardProd(plain.Param("two.weight", 50, 40), plain.Param("two.mask", 50, 40)))
	p = Must(gorgonia.Rectify(Must(gorgonia.Mul(p, kept))))
	return map[string]*Net{
		"mlp": MLP(t, dt, 2, 30, op.Tanh, 70, 40, 10), "images": images, "sequence": sequence.Done(y),
		"masked": masks.Done(masks.Dense(h, "dense3", 10, op.Identity)), "plain": plain.Done(p),
	}
}

// zeros are n ones but for zeros at idx.
func zeros(n int, idx ...int) []float64 {
	f := make([]float64, n)
	for i := range f {
		f[i] = 1
	}
	for _, i := range idx {
		f[i] = 0
	}
	return f
}
