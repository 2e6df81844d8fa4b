package graph

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// state is a running statistic.
func (m *maker) state(name string, n int, value float64) *gorgonia.Node {
	v := m.node(name, n)
	f := make([]float64, n)
	for i := range f {
		f[i] = value + 0.25*float64(i)
	}
	fill(v.Value(), f)
	m.net.States = append(m.net.States, v)
	return v
}

func (m *maker) conv(x *gorgonia.Node, name string, filters, kernel int, c op.ConvConfig, act op.Activation) *gorgonia.Node {
	w := m.param(name+".weight", filters, x.Shape()[1]/max(c.Groups, 1), kernel, kernel)
	n := must(op.Conv2D(x, w, m.param(name+".bias", filters), c, act, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

func (m *maker) batchNorm(x *gorgonia.Node, name string) *gorgonia.Node {
	c := x.Shape()[1]
	n := must(op.BatchNorm(x, m.param(name+".weight", c), m.param(name+".bias", c), m.state(name+".running_mean", c, -0.5),
		m.state(name+".running_var", c, 1), 1e-5, 0.1))
	gorgonia.WithName(name)(n)
	return n
}

func (m *maker) act(x *gorgonia.Node, act op.Activation) *gorgonia.Node {
	return must(op.Activate(x, act, 0.1))
}

var pad1 = op.ConvConfig{Pads: [4]int{1, 1, 1, 1}}

// imageNet has one of everything that works on images.
func imageNet(t testing.TB, dt tensor.Dtype, batch int) *Network {
	m := newMaker(t, dt, "images")
	h := m.act(m.batchNorm(m.conv(m.input("x", batch, 2, 7, 6), "conv1", 4, 3, pad1, op.Identity), "norm1"), op.LeakyReLU)
	h = must(op.MaxPool2D(h, op.PoolConfig{Kernel: [2]int{2, 2}, CeilMode: true}))
	h = m.conv(h, "depthwise", 4, 3, op.ConvConfig{Groups: 4, Pads: [4]int{1, 1, 1, 1}}, op.GELU)
	h = m.conv(h, "grouped", 6, 2, op.ConvConfig{Groups: 2}, op.Tanh)
	h = must(op.AvgPool2D(h, op.PoolConfig{Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}}))
	h = must(op.GlobalAvgPool(h))
	h = m.act(m.batchNorm(h, "norm2"), op.GELU)
	return m.done(m.dense(h, "head", 3, op.Identity))
}

func TestImageGradients(t *testing.T) { checkGradients(t, imageNet(t, tensor.Float64, 2), "images") }

// The training step computes the statistics of a batch once and fuses what follows; the running statistics move once a
// run. Evaluation leaves them alone and uses them.
func TestFormsOfBatchNorm(t *testing.T) {
	net := imageNet(t, tensor.Float64, 3)
	states := func() (f []float64) {
		for _, s := range net.States {
			f = append(f, numbers(t, s.Value())...)
		}
		return f
	}
	before := states()

	o := objective(t, net, 3, MSE())
	setBatch(t, o, "forms")
	p := compile(t, o.Graph, Outputs(o.Cost))
	list := ops(p)
	for text, want := range map[string]int{"BatchStats(": 2, "BatchNormApply(leaky_relu": 1, "BatchNormApply(identity": 1,
		"BatchNormSums": 2, "BatchNorm(": 0, "BatchMoments(": 0, "ConvGradInput": 0, "Conv2DGradInput": 2, "Activation(gelu": 2} {
		if got := strings.Count(list, text); got != want {
			t.Errorf("the training step has %q %d times, want %d: %s", text, got, want, list)
		}
	}
	equal(t, "statistics before a run", states(), before, 0)
	run(t, p)
	once := states()
	run(t, p)
	twice := states()
	// The batch is the same, so that every run covers a tenth of what is left of the way.
	for i := range before {
		first, second := once[i]-before[i], twice[i]-once[i]
		if first == 0 {
			t.Errorf("statistic %d does not move", i)
		}
		equal(t, "second step", []float64{second}, []float64{0.9 * first}, 1e-12)
	}

	e, err := net.WithLoss(3, MSE())
	if err != nil {
		t.Fatal(err)
	}
	setBatch(t, e, "forms")
	p = compile(t, e.Graph, Outputs(e.Cost))
	run(t, p)
	small, err := net.Inference()
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsFor(small, "rows")
	whole := eval(t, small, rows...)[0]
	equal(t, "statistics after evaluation", states(), twice, 0)
	if list := ops(compile(t, small.Graph)); strings.Count(list, "evaluation") != 2 || strings.Contains(list, "training") {
		t.Errorf("the inference form is %s", list)
	}
	// In evaluation a row does not depend on the others.
	one, err := small.Rebatch(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		n := len(rows[0]) / 3
		equal(t, "one row", eval(t, one, rows[0][i*n:(i+1)*n])[0], whole[i*3:(i+1)*3], 1e-13)
	}
}

// Activations vanish into the convolution or the batch norm before them where nothing else reads it.
func TestImageFusion(t *testing.T) {
	m := newMaker(t, tensor.Float32, "fusion")
	h := m.act(m.conv(m.input("x", 2, 3, 6, 6), "a", 4, 3, pad1, op.Identity), op.ReLU)
	h = m.act(m.batchNorm(h, "norm"), op.Sigmoid)
	h = must(gorgonia.Tanh(m.conv(h, "b", 4, 3, pad1, op.Identity)))
	h = must(gorgonia.Rectify(m.conv(h, "c", 4, 3, pad1, op.Identity)))
	both := m.conv(h, "d", 4, 3, pad1, op.Identity)
	net := m.done(must(gorgonia.Add(both, m.act(both, op.ReLU))))
	small, err := net.Inference()
	if err != nil {
		t.Fatal(err)
	}
	list := ops(compile(t, small.Graph, Outputs(small.Outputs...)))
	for _, want := range []string{"groups=1, relu", "evaluation, sigmoid", "groups=1, tanh", "groups=1, rectify",
		"groups=1, identity", "Activation(relu)"} {
		if strings.Count(list, want) != 1 {
			t.Errorf("want %q once in %s", want, list)
		}
	}
	rows := rowsFor(small, "rows")
	got := eval(t, small, rows...)
	plain := compile(t, small.Graph) // every node's value is visible, so that nothing is fused
	if strings.Contains(ops(plain), "groups=1, relu") {
		t.Errorf("a visible value vanished: %s", ops(plain))
	}
	run(t, plain)
	equal(t, "fused", got[0], numbers(t, small.Outputs[0].Value()), 1e-5)
}

// A final sigmoid within a convolution is looked through.
func TestSigmoidOfConvolution(t *testing.T) {
	m := newMaker(t, tensor.Float64, "sigmoid")
	net := m.done(m.conv(m.input("x", 2, 2, 4, 4), "conv", 1, 1, op.ConvConfig{}, op.Sigmoid))
	o := objective(t, net, 2, BinaryCrossEntropy())
	setBatch(t, o, "sigmoid")
	p := compile(t, o.Graph, Outputs(o.Cost))
	if list := ops(p); strings.Contains(list, "sigmoid") {
		t.Errorf("the sigmoid is still there: %s", list)
	}
	run(t, p)
}

// The j-th channels of all groups of a convolution go together, and so do the j-th filters; without them the network
// computes what it did with them at zero.
func TestCutGroupedConvolution(t *testing.T) {
	m := newMaker(t, tensor.Float64, "groups")
	h := m.conv(m.input("x", 2, 2, 5, 5), "stem", 6, 3, pad1, op.ReLU)
	h = m.conv(h, "grouped", 8, 3, op.ConvConfig{Groups: 2}, op.Tanh)
	net := m.done(m.conv(h, "head", 2, 3, op.ConvConfig{}, op.Identity))
	c, err := Analyze(net)
	if err != nil {
		t.Fatal(err)
	}
	removed := map[string][]int{"stem": {1}, "grouped": {2}}
	for name, units := range map[string]int{"stem": 3, "grouped": 4} {
		if g := c.Group(name); g == nil || len(g.Units) != units {
			t.Fatalf("layer %q is %v, want %d units", name, g, units)
		}
	}
	keep, err := c.KeepAll(net, removed)
	if err != nil {
		t.Fatal(err)
	}
	small, err := net.Cut(keep)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]tensor.Shape{"stem.weight": {4, 2, 3, 3}, "grouped.weight": {6, 2, 3, 3},
		"grouped.bias": {6}, "head.weight": {2, 6, 3, 3}} {
		if got := small.Param(name).Shape(); !got.Eq(want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	// Zeroes in the weights that read what is gone, instead.
	for name, gone := range map[string]map[int]bool{"grouped.weight": {1: true}, "head.weight": {2: true, 6: true}} {
		v := net.Param(name).Value().(*tensor.Dense)
		for i := range v.Float64s() {
			if gone[i/9%v.Shape()[1]] {
				v.Float64s()[i] = 0
			}
		}
	}
	rows := rowsFor(net, "rows")
	equal(t, "cut", eval(t, small, rows...)[0], eval(t, net, rows...)[0], 1e-12)
}
