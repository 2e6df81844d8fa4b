package main

import (
	"fmt"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/gomlx/gomlx/pkg/ml/context"
	"github.com/gomlx/gomlx/pkg/ml/layers/activations"
	"github.com/gomlx/gomlx/pkg/ml/train"
	"github.com/gomlx/gomlx/pkg/ml/train/losses"
	"github.com/gomlx/gomlx/pkg/ml/train/optimizers"
	"github.com/gtrain/gtrain/benchmarks"
	"gorgonia.org/tensor"
)

// gomlx is GoMLX with its backend in pure Go.
type gomlx struct{ backend backends.Backend }

func newGoMLX() (*gomlx, error) {
	b, err := simplego.New("")
	return &gomlx{b}, err
}

// logits is the network, with the weights that all have, as a function of its input.
func logits(ctx *context.Context, n benchmarks.Network, weights [][]float32, x *graph.Node) *graph.Node {
	for i := 0; i+1 < len(n.Widths); i++ {
		in, out := n.Widths[i], n.Widths[i+1]
		layer := ctx.In(fmt.Sprintf("layer%d", i))
		w := layer.VariableWithValue("weights", tensors.FromFlatDataAndDimensions(weights[2*i], in, out))
		b := layer.VariableWithValue("biases", tensors.FromFlatDataAndDimensions(weights[2*i+1], out))
		g := x.Graph()
		x = graph.Add(graph.Dot(x, w.ValueGraph(g)), graph.ExpandLeftToRank(b.ValueGraph(g), 2))
		if i+2 < len(n.Widths) {
			x = activations.Relu(x)
		}
	}
	return x
}

func (l *gomlx) prepare(r request) (job, error) {
	n, batch := r.Work.Network, r.Work.Batch
	net, err := n.Build()
	if err != nil {
		return job{}, err
	}
	var weights [][]float32
	for _, p := range net.Params {
		weights = append(weights, p.Value().(*tensor.Dense).Float32s())
	}
	d := benchmarks.NewData(n, batch)
	x := tensors.FromFlatDataAndDimensions(d.X, batch, n.Features())
	ctx := context.New()
	switch r.Work.Kind {
	case kindTrain:
		labels := make([]int32, batch)
		for i, c := range d.Labels {
			labels[i] = int32(c)
		}
		y := tensors.FromFlatDataAndDimensions(labels, batch, 1)
		model := func(ctx *context.Context, _ any, in []*graph.Node) []*graph.Node {
			return []*graph.Node{logits(ctx, n, weights, in[0])}
		}
		adam := optimizers.Adam().LearningRate(r.Rate).Epsilon(1e-8).Done()
		t := train.NewTrainer(l.backend, ctx, model, losses.SparseCategoricalCrossEntropyLogits, adam, nil, nil)
		var metrics []*tensors.Tensor
		return job{func() (err error) {
			metrics, err = t.TrainStep(nil, []*tensors.Tensor{x}, []*tensors.Tensor{y})
			return err
		}, func() []float32 { return []float32{tensors.ToScalar[float32](metrics[0])} }}, nil
	case kindInfer:
		e, err := context.NewExec(l.backend, ctx, func(ctx *context.Context, x *graph.Node) *graph.Node {
			return graph.Softmax(logits(ctx, n, weights, x))
		})
		if err != nil {
			return job{}, err
		}
		var y *tensors.Tensor
		return job{func() (err error) {
			y, err = e.Exec1(x)
			return err
		}, func() []float32 {
			out, err := tensors.CopyFlatData[float32](y)
			if err != nil {
				panic(err)
			}
			return out
		}}, nil
	}
	return job{}, fmt.Errorf("no %s", r.Work.Kind)
}
