package onnx_test

import (
	"bytes"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/onnx"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Every operation of Gorgonia's that Save writes is read back and computes the same, as ONNX Runtime does; what cannot be
// read back is not written.
func TestWhatIsWrittenIsRead(t *testing.T) {
	type f = func(b *builder) *gorgonia.Node
	unary := func(of func(*gorgonia.Node) (*gorgonia.Node, error)) f {
		return func(b *builder) *gorgonia.Node { return b.must(of(b.must(gorgonia.Sigmoid(b.input("x", 3))))) }
	}
	binary := func(of func(x, y *gorgonia.Node) (*gorgonia.Node, error)) f {
		return func(b *builder) *gorgonia.Node {
			x := b.input("x", 3)
			return b.must(of(b.must(gorgonia.Sigmoid(x)), b.must(gorgonia.Exp(x))))
		}
	}
	compare := func(of func(x, y *gorgonia.Node, same bool) (*gorgonia.Node, error)) f {
		return binary(func(x, y *gorgonia.Node) (*gorgonia.Node, error) { return of(x, y, true) })
	}
	norm := func(b *builder, x *gorgonia.Node) *gorgonia.Node {
		s := []int{1, x.Shape()[1], 1, 1}[:x.Dims()]
		y, _, _, o, err := gorgonia.BatchNorm(x, b.param("scale", s...), b.param("shift", s...), 0.1, 1e-5)
		if err == nil {
			mean, variance := o.Stats()
			err = o.SetStats(numbers(b.dt, "mean", -1, 1, mean.Shape()...),
				numbers(b.dt, "variance", 0.5, 2, variance.Shape()...))
		}
		return b.must(y, err)
	}
	// What opset 17 has no operator for is refused by name.
	refused := map[string]bool{"inverse sqrt": true, "log1p": true, "expm1": true, "log2": true}
	// ONNX Runtime has these in float32 alone, log(sigmoid(x)) among them, which is written as a Softplus.
	single := map[string]bool{"softplus": true, "mish": true, "log": true, "average pool": true, "upsample": true,
		"upsample by 3, then a convolution": true}
	var all comparison
	var paths []string
	whole := t // files are read after the parts are over
	for name, make := range map[string]f{
		"abs": unary(gorgonia.Abs), "sign": unary(gorgonia.Sign), "ceil": unary(gorgonia.Ceil), "floor": unary(gorgonia.Floor),
		"sin": unary(gorgonia.Sin), "cos": unary(gorgonia.Cos), "exp": unary(gorgonia.Exp), "log": unary(gorgonia.Log),
		"log2": unary(gorgonia.Log2), "neg": unary(gorgonia.Neg), "square": unary(gorgonia.Square), "sqrt": unary(gorgonia.Sqrt),
		"inverse": unary(gorgonia.Inverse), "inverse sqrt": unary(gorgonia.InverseSqrt), "cube": unary(gorgonia.Cube),
		"tanh": unary(gorgonia.Tanh), "sigmoid": unary(gorgonia.Sigmoid), "log1p": unary(gorgonia.Log1p),
		"expm1": unary(gorgonia.Expm1), "softplus": unary(gorgonia.Softplus), "rectify": unary(gorgonia.Rectify),
		"mish": unary(gorgonia.Mish), "softmax": unary(func(x *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.SoftMax(x) }),
		"add": binary(gorgonia.Add), "sub": binary(gorgonia.Sub), "product": binary(gorgonia.HadamardProd),
		"quotient": binary(gorgonia.HadamardDiv), "power": binary(gorgonia.Pow),
		"lt": compare(gorgonia.Lt), "gt": compare(gorgonia.Gt), "lte": compare(gorgonia.Lte), "gte": compare(gorgonia.Gte),
		"vector": func(b *builder) *gorgonia.Node {
			return b.must(gorgonia.Sigmoid(b.must(gorgonia.Mul(b.input("x", 5), b.param("theta", 5)))))
		},
		"vector behind a layer": func(b *builder) *gorgonia.Node {
			h := b.must(gorgonia.Tanh(b.must(gorgonia.Mul(b.input("x", 5), b.param("w", 5, 3)))))
			return b.must(gorgonia.Mul(h, b.param("theta", 3)))
		},
		"upsample": func(b *builder) *gorgonia.Node { return b.must(gorgonia.Upsample2D(b.images("x", 2, 3, 4), 2)) },
		"upsample by 3, then a convolution": func(b *builder) *gorgonia.Node {
			h := b.must(gorgonia.Upsample2D(b.images("x", 1, 2, 3), 3))
			return b.must(gorgonia.Conv2d(h, b.param("w", 2, 1, 3, 3), tensor.Shape{3, 3}, []int{0, 0}, []int{1, 1}, []int{1, 1}))
		},
		"batch norm": func(b *builder) *gorgonia.Node { return norm(b, b.input("x", 3)) },
		"batch norm of images": func(b *builder) *gorgonia.Node {
			return b.must(gorgonia.Rectify(norm(b, b.images("x", 2, 3, 3))))
		},
		"dropout": func(b *builder) *gorgonia.Node {
			return b.must(gorgonia.Dropout(b.must(gorgonia.Tanh(b.input("x", 3))), 0.4))
		},
		"max": func(b *builder) *gorgonia.Node { return b.must(gorgonia.Max(b.images("x", 3, 4), 2)) },
		"average pool": func(b *builder) *gorgonia.Node {
			return b.must(gorgonia.AveragePool2D(b.images("x", 2, 4, 4), tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
		},
		"max pool with padding": func(b *builder) *gorgonia.Node {
			return b.must(gorgonia.MaxPool2D(b.images("x", 2, 4, 4), tensor.Shape{3, 3}, []int{1, 1}, []int{2, 2}))
		},
	} {
		for _, dt := range bothTypes {
			t.Run(name+" "+dt.String(), func(t *testing.T) {
				b := newBuilder(t, dt)
				net := b.done(make(b))
				bytes1, err := onnx.Marshal(net, onnx.Meta{})
				if err != nil {
					if !refused[name] {
						t.Errorf("not written: %v", err)
					}
					return
				}
				back, _, err := onnx.Unmarshal(bytes1)
				if err != nil {
					t.Fatalf("written, and not read: %v", err)
				}
				path := save(whole, net, onnx.Meta{})
				paths = append(paths, path)
				evaluated, err := net.Inference()
				if err != nil {
					t.Fatal(err)
				}
				if dt == tensor.Float32 || !single[name] {
					all.add(t, name+" "+dt.String(), path, evaluated, 1e-5)
				}
				in := examples(t, net, 3)
				agree(t, name, float64s(forward(t, back, in)[0]), float64s(forward(t, evaluated, in)[0]), 1e-5)
				for range 2 { // what is read is written the same way from then on
					again, err := onnx.Marshal(back, onnx.Meta{})
					if err != nil {
						t.Fatal(err)
					}
					if back, _, err = onnx.Unmarshal(again); err != nil {
						t.Fatal(err)
					}
					if third, err := onnx.Marshal(back, onnx.Meta{}); err != nil || !bytes.Equal(again, third) {
						t.Errorf("the file does not stay as it is: %v", err)
					}
				}
			})
		}
	}
	ortcheck.Validate(t, paths...)
	all.run(t)
}

// A file's batch norm is what the file says: the running statistics, which a run leaves alone. Training brings the batch's.
func TestLoadedBatchNormEvaluates(t *testing.T) {
	b := newBuilder(t, tensor.Float32)
	x := b.input("x", 2)
	y, _, _, o, err := gorgonia.BatchNorm(x, b.param("scale", 1, 2), b.param("shift", 1, 2), 0.9, 1e-5)
	net := b.done(b.must(y, err))
	if err := o.SetStats(numbers(tensor.Float32, "mean", -1, 1, 2), numbers(tensor.Float32, "variance", 1, 2, 2)); err != nil {
		t.Fatal(err)
	}
	raw, err := onnx.Marshal(net, onnx.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := onnx.Unmarshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	in := examples(t, back, 3)
	evaluated, err := net.Inference()
	if err != nil {
		t.Fatal(err)
	}
	want := float64s(forward(t, evaluated, in)[0])
	for range 2 {
		agree(t, "as it is loaded", run(t, back, in), want, 1e-6)
	}
	training, err := back.Training()
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, training, in); got[0] == want[0] {
		t.Error("the training form uses the running statistics")
	}
	if got := run(t, back, in); got[0] == want[0] {
		t.Error("the training form has left the running statistics alone")
	}
}

// run compiles a network as it is and gives its first output.
func run(t *testing.T, net *network.Network, in map[string]*tensor.Dense) []float64 {
	t.Helper()
	net, err := net.Rebatch(in["x"].Shape()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := gorgonia.Let(net.Inputs[0], in["x"]); err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(net.Graph, graph.Outputs(net.Outputs...))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.RunAll(); err != nil {
		t.Fatal(err)
	}
	return float64s(net.Outputs[0].Value().(*tensor.Dense))
}
