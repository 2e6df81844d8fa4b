package onnx_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// shaped lists networks of operations that move, join and reduce numbers, ours and Gorgonia's. Each begins with x
// (batch, 24); 4 is the batch size.
var shaped = map[string]func(b *builder, x *gorgonia.Node) *gorgonia.Node{
	"reshape": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 2, 3, 4))
		h = b.must(op.Reshape(h, -1, 4)) // batch, 2 and 3 are one
		h = b.must(op.Linear(h, b.param("w", 4, 5), b.param("b", 5), op.Tanh, 0))
		h = b.must(op.Reshape(h, -1, 6, 5))
		h = b.must(op.Unsqueeze(h, 1))
		return b.must(op.Flatten(b.must(op.Squeeze(h, 1)), 1))
	},
	"image": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, -1, 1, 4, 6))
		h = b.must(op.Pad(h, 0.5, 0, 0, 1, 0, 0, 0, 0, 2))
		return b.must(op.Transpose(h, 0, 2, 3, 1))
	},
	"heads": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 3, 2, 4))
		h = b.must(op.Transpose(h, 0, 2, 1, 3))
		p := b.must(op.SoftmaxAxis(b.must(op.BatchMatMul(h, h, false, true)), -1))
		h = b.must(op.Transpose(b.must(op.BatchMatMul(p, h, false, false)), 0, 2, 1, 3))
		return b.must(op.Reshape(h, 0, 0, -1))
	},
	"pieces": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 4, 6))
		p, err := op.Split(h, 2, 1, 2, 3)
		b.must(nil, err)
		return b.must(op.Concat(-1, p[2], b.must(op.Select(h, 2, 5, 0, 5)), b.must(op.Slice(h, 2, 1, op.End, 2)), p[0]))
	},
	"arithmetic": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 2, 3, 4))
		h = b.must(op.Mul(h, b.param("channels", 2, 1, 1)))
		h = b.must(op.Div(h, b.constant("positive", 1, 2, 4)))
		h = b.must(op.Sub(h, b.param("plane", 3, 1)))
		return b.must(op.Add(b.must(op.Reduce(op.ReduceMean, h, true, 3)), h))
	},
	"reductions": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 2, 3, 4))
		return b.must(op.Concat(1, b.must(op.Reduce(op.ReduceSum, h, false, 2, 3)), b.must(op.Reduce(op.ReduceMax, h, false, 1, 3)),
			b.must(op.Reduce(op.ReduceMin, h, false, 1, 2)), b.must(op.Flatten(b.must(op.Reduce(op.ReduceSum, h, true, 1)), 1))))
	},
	"softmaxes": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 2, 3, 4))
		return b.must(op.LogSoftmax(b.must(op.SoftmaxAxis(h, 1)), 2))
	},
	"elements": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Clip(x, math.Inf(-1), 2))
		h = b.must(op.Clip(h, -2, math.Inf(1)))
		h = b.must(op.Unary("Exp", b.must(op.Unary("Neg", b.must(op.Unary("Abs", b.must(op.Clip(h, -1.5, 1.5))))))))
		h = b.must(op.Unary("Log", b.must(op.Unary("Sqrt", b.must(op.Unary("Reciprocal", h))))))
		return b.must(op.Pow(b.must(op.Erf(b.must(op.Unary("Sin", b.must(op.Unary("Cos", h)))))), 3))
	},
	"products": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 4, 6))
		h = b.must(op.BatchMatMul(b.param("left", 5, 4), h, false, false))
		return b.must(op.BatchMatMul(h, b.param("right", 3, 6), false, true))
	},
	"sequence": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(op.Reshape(x, 0, 4, 6))
		h = b.must(op.Linear(h, b.param("w1", 6, 5), b.param("b1", 5), op.GELU, 0))
		return b.must(op.Linear(h, b.param("w2", 5, 3), nil, op.ReLU, 0))
	},
	"gorgonia's image": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(gorgonia.Reshape(x, tensor.Shape{4, 1, 6, 4}))
		h = b.must(gorgonia.Conv2d(h, b.param("w", 3, 1, 3, 3), tensor.Shape{3, 3}, []int{1, 1}, []int{1, 1}, []int{1, 1}))
		h = b.must(gorgonia.BroadcastAdd(h, b.param("b", 1, 3, 1, 1), nil, []byte{0, 2, 3}))
		h, _, _, bn, err := gorgonia.BatchNorm(b.must(gorgonia.Tanh(h)), b.param("scale", 1, 3, 1, 1), b.param("shift", 1, 3, 1, 1), 0.9, 1e-3)
		b.must(h, err)
		if err := bn.SetTraining(false); err != nil {
			b.t.Fatal(err)
		}
		if err := bn.SetStats(numbers(b.dt, "mean", -1, 1, 3), numbers(b.dt, "variance", 0.5, 2, 3)); err != nil {
			b.t.Fatal(err)
		}
		h = b.must(gorgonia.MaxPool2D(h, tensor.Shape{2, 2}, []int{1, 1}, []int{2, 2}))
		h = b.must(gorgonia.Upsample2D(b.must(gorgonia.AveragePool2D(h, tensor.Shape{2, 2}, []int{0, 0}, []int{1, 1})), 2))
		return b.must(gorgonia.Reshape(b.must(gorgonia.GlobalAveragePool2D(h)), tensor.Shape{4, 3}))
	},
	"gorgonia's pieces": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		h := b.must(gorgonia.Reshape(x, tensor.Shape{4, 4, 6}))
		h = b.must(gorgonia.BatchedMatMul(h, b.must(gorgonia.Transpose(h, 0, 2, 1))))
		h = b.must(gorgonia.Concat(2, h, b.must(gorgonia.Slice(h, nil, nil, gorgonia.S(1, 3)))))
		h = b.must(gorgonia.Add(b.must(gorgonia.Max(h, 1)), b.must(gorgonia.Sum(h, 1))))
		return b.must(gorgonia.Add(b.must(gorgonia.Slice(h, nil, gorgonia.S(0, 3))), b.must(gorgonia.Slice(h, nil, gorgonia.S(3, 6)))))
	},
	"words": func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		bit := b.must(op.Clip(b.must(gorgonia.Sign(x)), 0, 1)) // ids must be whole numbers
		return b.must(op.Embedding(b.param("table", 2, 3), bit))
	},
}

// A file of each of these computes in ONNX Runtime what the network computes, for every batch size.
func TestShapedNetworksInONNXRuntime(t *testing.T) {
	for name, build := range shaped {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(t, tensor.Float32)
			net := b.done(build(b, b.input("x", 24)))
			path := save(t, net, onnx.Meta{})
			output := outputNames(t, path)[0]
			var fed []ortcheck.Values
			var want []*tensor.Dense
			for _, batch := range []int{1, 2, 5} {
				in := examples(t, net, batch)
				fed = append(fed, ortValues(in))
				want = append(want, forward(t, net, in)[0])
			}
			for i, theirs := range ortcheck.Run(t, path, fed...) {
				got := theirs[output]
				if fmt.Sprint(got.Dims) != fmt.Sprint([]int(want[i].Shape())) {
					t.Errorf("shape %v, want %v", got.Dims, want[i].Shape())
				}
				agree(t, "output", float64s(want[i]), ortFloats(got), 2e-5)
			}
		})
	}
}

// Gorgonia's own reshape leaves the batch open, too.
func TestGorgoniaReshapeIsSaved(t *testing.T) {
	b := newBuilder(t, tensor.Float32)
	x := b.input("x", 24)
	h := b.must(gorgonia.Reshape(x, tensor.Shape{8, 12}))
	net := b.done(b.must(gorgonia.Reshape(b.must(gorgonia.Tanh(h)), tensor.Shape{4, 2, 12})))
	path := save(t, net, onnx.Meta{})
	in := examples(t, net, 3)
	got := ortcheck.Run(t, path, ortValues(in))[0][outputNames(t, path)[0]]
	agree(t, "output", float64s(forward(t, net, in)[0]), ortFloats(got), 2e-5)
}
