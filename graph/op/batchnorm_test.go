package op_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func batchNormInputs(b *builder, shape ...int) gorgonia.Nodes {
	c := shape[1]
	return gorgonia.Nodes{b.x(shape...), b.x(c), b.x(c), b.input(false, b.normal, c), b.input(false, b.positive, c)}
}

func init() {
	exampleSets = append(exampleSets, func(add func(op, name string, build func(b *builder) *gorgonia.Node)) {
		for _, shape := range [][]int{{5, 3}, {2, 3, 4}, {2, 3, 3, 2}, {4, 1}, {1, 2, 3, 3}, {2, 1, 1, 5}} {
			layer := op.BatchNormLayer{Eps: 1e-3, Momentum: 0.2}
			for _, eval := range []bool{false, true} {
				layer.Eval = eval
				add("BatchNorm", fmt.Sprint(shape, " eval ", eval), func(b *builder) *gorgonia.Node {
					return must(op.Apply(layer, batchNormInputs(b, shape...)...))
				})
			}
			add("BatchNorm", fmt.Sprint(shape, " split"), func(b *builder) *gorgonia.Node {
				layer := layer
				layer.Eval = false
				return must(op.SplitBatchNorm(layer, batchNormInputs(b, shape...)))
			})
		}
		for _, act := range []op.Activation{op.Tanh, op.LeakyReLU, op.GELU} {
			for _, eval := range []bool{false, true} {
				layer := op.BatchNormLayer{Eps: 1e-5, Momentum: 0.1, Eval: eval, Act: act, Slope: 0.1}
				add("BatchNorm", fmt.Sprint(act, " eval ", eval), func(b *builder) *gorgonia.Node {
					return must(op.Apply(layer, batchNormInputs(b, 2, 2, 2, 3)...))
				})
			}
			add("BatchNorm", fmt.Sprint(act, " split"), func(b *builder) *gorgonia.Node {
				return must(op.SplitBatchNorm(op.BatchNormLayer{Eps: 1e-5, Act: act, Slope: 0.1}, batchNormInputs(b, 2, 2, 2, 3)))
			})
		}
	})
}

func TestBatchNormWrongUse(t *testing.T) {
	g := gorgonia.NewGraph()
	x, c := image(g, "x", 2, 3, 4, 4), image(g, "c", 3)
	two, line := image(g, "two", 2), image(g, "line", 4)
	for _, k := range []struct {
		name, want string
		f          func() (*gorgonia.Node, error)
	}{
		{"eps", "eps 0", func() (*gorgonia.Node, error) { return op.BatchNorm(x, c, c, c, c, 0, 0.1) }},
		{"momentum", "outside [0, 1]", func() (*gorgonia.Node, error) { return op.BatchNorm(x, c, c, c, c, 1e-5, 1.1) }},
		{"channels", "γ", func() (*gorgonia.Node, error) { return op.BatchNorm(x, two, c, c, c, 1e-5, 0.1) }},
		{"rank", "want (batch, channels)", func() (*gorgonia.Node, error) { return op.BatchNorm(line, c, c, c, c, 1e-5, 0.1) }},
		{"nil", "nil", func() (*gorgonia.Node, error) { return op.BatchNorm(x, c, nil, c, c, 1e-5, 0.1) }},
	} {
		if _, err := k.f(); err == nil || !strings.Contains(err.Error(), k.want) {
			t.Errorf("%s: error %v, want one that contains %q", k.name, err, k.want)
		}
	}
}

// A single value a channel has no variance: training says so, evaluation does not mind.
func TestBatchNormOfOneRow(t *testing.T) {
	b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float32, rng: random.New(1)}
	in := batchNormInputs(b, 1, 3)
	must(op.BatchNorm(in[0], in[1], in[2], in[3], in[4], 1e-5, 0.1))
	vm, err := graph.Compile(b.g)
	if err != nil {
		t.Fatal(err)
	}
	const want = "at least 2 values"
	if err := vm.RunAll(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("run: error %v, want one that contains %q", err, want)
	}
	if _, err := op.SplitBatchNorm(op.BatchNormLayer{Eps: 1e-5}, in); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("split: error %v, want one that contains %q", err, want)
	}
	b = &builder{g: gorgonia.NewGraph(), dt: tensor.Float32, rng: random.New(1)}
	y := must(op.Apply(op.BatchNormLayer{Eps: 1e-5, Eval: true}, batchNormInputs(b, 1, 3)...))
	if vm, err = graph.Compile(b.g); err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, v := range data(t, y) {
		if math.IsNaN(v) {
			t.Errorf("element %d is NaN", i)
		}
	}
}

// One run of a program moves the running statistics once, in both forms of the training layer, and not in evaluation.
func TestRunningStatistics(t *testing.T) {
	for _, form := range []string{"training", "split", "evaluation"} {
		b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64, rng: random.New(1)}
		in := batchNormInputs(b, 2, 2, 3)
		layer := op.BatchNormLayer{Eps: 1e-5, Momentum: 0.25, Eval: form == "evaluation"}
		if form == "split" {
			must(op.SplitBatchNorm(layer, in))
		} else {
			must(op.Apply(layer, in...))
		}
		x, mean, variance := data(t, in[0]), data(t, in[3]), data(t, in[4])
		var want []float64
		for c := range 2 {
			channel := append(append([]float64{}, x[c*3:c*3+3]...), x[6+c*3:9+c*3]...)
			m, v := 0.0, 0.0
			for _, e := range channel {
				m += e / 6
			}
			for _, e := range channel {
				v += (e - m) * (e - m) / 5
			}
			for range 2 {
				want = append(want, mean[c], variance[c])
			}
			if form != "evaluation" {
				want[c*4+2], want[c*4+3] = 0.75*mean[c]+0.25*m, 0.75*variance[c]+0.25*v
			}
		}
		vm, err := graph.Compile(b.g)
		if err != nil {
			t.Fatal(err)
		}
		for c := range 2 {
			if mean[c] != want[c*4] || variance[c] != want[c*4+1] {
				t.Errorf("%s: compiling changes the statistics", form)
			}
		}
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		for c := range 2 {
			if !near(mean[c], want[c*4+2], 1e-14) || !near(variance[c], want[c*4+3], 1e-14) {
				t.Errorf("%s: channel %d has mean %v and variance %v, want %v", form, c, mean[c], variance[c], want[c*4+2:c*4+4])
			}
		}
	}
}
