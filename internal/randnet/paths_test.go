package randnet

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/internal/ortcheck"
	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/jobs"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// candidate is a network that is run in every way there is.
type candidate struct {
	net, wide *Net // in float32 and float64
	model     *models.Model
	x         []float32
	want      []float64 // of the plain float64 program
	shown     []float64 // the same, as predictions show it: probabilities
	dir       string
	rng       *rand.Rand
	files     []file // for ONNX Runtime
}

type file struct {
	path string
	want []float64
}

func newCandidate(seed uint64, steps int, dir string) (*candidate, error) {
	c := &candidate{dir: dir, rng: random.New(seed, "paths")}
	var err error
	if c.net, err = Of(seed, steps, tensor.Float32); err != nil {
		return nil, err
	}
	if c.wide, err = Of(seed, steps, tensor.Float64); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	c.x = c.net.Input()
	if c.want, err = plain(c.wide.Network, c.x); err != nil {
		return nil, errors.Wrapf(err, "the float64 program\n  %v", c.net)
	}
	c.model = c.net.Model()
	out := make([]float32, len(c.want))
	for i, v := range c.want {
		out[i] = float32(v)
	}
	c.shown = wide(c.model.Probabilities(out))
	return c, nil
}

// path is one way to run a network.
type path struct {
	name  string
	shown bool // it gives predictions
	run   func(c *candidate) ([]float64, error)
}

var paths = []path{
	{"plain program", false, func(c *candidate) ([]float64, error) { return plain(c.net.Network, c.x) }},
	{"program", false, func(c *candidate) ([]float64, error) { return compiled(c.net.Network, c.x) }},
	{"program with FoldBatchNorm", false, func(c *candidate) ([]float64, error) {
		return compiled(c.net.Network, c.x, graph.FoldBatchNorm())
	}},
	{"frozen program", false, func(c *candidate) ([]float64, error) { return frozen(c.net.Network, c.x) }},
	{"frozen program with FoldBatchNorm", false, func(c *candidate) ([]float64, error) {
		return frozen(c.net.Network, c.x, graph.FoldBatchNorm())
	}},
	{"frozen float64 program with FoldBatchNorm", false, func(c *candidate) ([]float64, error) {
		return frozen(c.wide.Network, c.x, graph.FoldBatchNorm())
	}},
	{"Runner", false, func(c *candidate) ([]float64, error) { return run(c.net.Network, 0, false, c.x) }},
	{"frozen Runner", false, func(c *candidate) ([]float64, error) { return run(c.net.Network, 0, true, c.x) }},
	{"Runner of small batches", false, func(c *candidate) ([]float64, error) {
		return run(c.net.Network, c.some(), false, c.x)
	}},
	{"frozen Runner of small batches", false, func(c *candidate) ([]float64, error) {
		return run(c.net.Network, c.some(), true, c.x)
	}},
	{"surgery.FoldBatchNorm", false, func(c *candidate) ([]float64, error) {
		n, err := surgery.FoldBatchNorm(c.net.Network)
		if err != nil {
			return nil, err
		}
		return compiled(n, c.x)
	}},
	{"surgery.FoldBatchNorm in a frozen Runner", false, func(c *candidate) ([]float64, error) {
		n, err := surgery.FoldBatchNorm(c.net.Network)
		if err != nil {
			return nil, err
		}
		return run(n, c.some(), true, c.x)
	}},
	{"Predictor", true, func(c *candidate) ([]float64, error) { return predicted(c.model, c.x) }},
	{"Evaluator", true, func(c *candidate) ([]float64, error) { return evaluated(c.model, c.x) }},
	{"saved and loaded", false, func(c *candidate) ([]float64, error) {
		m, err := c.saved(c.model, "dense", c.want)
		if err != nil {
			return nil, err
		}
		return compiled(m.Net, c.x)
	}},
	{"saved and loaded, Predictor", true, func(c *candidate) ([]float64, error) {
		m, err := models.Load(c.path("dense"))
		if err != nil {
			return nil, err
		}
		return predicted(m, c.x)
	}},
	{"gtrain predict", true, func(c *candidate) ([]float64, error) { return c.commandLine("dense") }},
}

// tryAll runs the network in every way and returns the first difference.
func (c *candidate) tryAll() error {
	for _, p := range paths {
		want := c.want
		if p.shown {
			want = c.shown
		}
		if err := c.try(p, want); err != nil {
			return err
		}
	}
	return errors.Wrap(guarded(c.prune), "pruned")
}

func (c *candidate) try(p path, want []float64) error {
	err := guarded(func() error {
		got, err := p.run(c)
		if err != nil {
			return err
		}
		return agree(got, want)
	})
	return errors.Wrap(err, p.name)
}

// guarded turns a panic into an error, so that the network is printed with it.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}

// some is a number of rows that need not divide all of them.
func (c *candidate) some() int { return 1 + c.rng.IntN(c.net.Rows+2) }

func (c *candidate) path(name string) string { return filepath.Join(c.dir, name+".onnx") }

// feed is the input as ONNX Runtime takes it.
func (c *candidate) feed() ortcheck.Values {
	in := c.net.Network.Inputs[0]
	dims := in.Shape().Clone()
	dims[0] = c.net.Rows
	return ortcheck.Values{in.Name(): {Dims: dims, Float32: c.x}}
}

// at is the network as it predicts so many rows, with its input.
func at(net *network.Network, x []float32) (*network.Network, error) {
	n, err := net.Rebatch(len(x) / models.InputWidth(net))
	if err == nil {
		n, err = n.Inference()
	}
	if err != nil {
		return nil, err
	}
	in := n.Inputs[0]
	v := tensor.New(tensor.Of(in.Dtype()), tensor.WithShape(in.Shape()...))
	for i, f := range x {
		put(v, i, float64(f))
	}
	return n, gorgonia.Let(in, v)
}

func plain(net *network.Network, x []float32) ([]float64, error) {
	n, err := at(net, x)
	if err != nil {
		return nil, err
	}
	return output(n, graph.Plain())
}

func compiled(net *network.Network, x []float32, opts ...graph.Option) ([]float64, error) {
	n, err := at(net, x)
	if err != nil {
		return nil, err
	}
	return output(n, append(opts, graph.Outputs(n.Outputs...))...)
}

func frozen(net *network.Network, x []float32, opts ...graph.Option) ([]float64, error) {
	n, err := at(net, x)
	if err != nil {
		return nil, err
	}
	return output(n, append(opts, graph.Outputs(n.Outputs...), graph.Frozen(n.Tensors()...))...)
}

func output(n *network.Network, opts ...graph.Option) ([]float64, error) {
	p, err := graph.Compile(n.Graph, opts...)
	if err != nil {
		return nil, err
	}
	if err := p.RunAll(); err != nil {
		return nil, err
	}
	d, ok := n.Outputs[0].Value().(*tensor.Dense)
	if !ok {
		return nil, errors.Errorf("the output is a %T", n.Outputs[0].Value())
	}
	if d.Dtype() == tensor.Float64 {
		return d.Float64s(), nil
	}
	return wide(d.Float32s()), nil
}

func run(net *network.Network, batch int, freeze bool, x []float32) ([]float64, error) {
	r, err := network.NewRunner(net, batch)
	if err == nil && freeze {
		err = r.Freeze()
	}
	if err != nil {
		return nil, err
	}
	y, err := r.Predict(x)
	return wide(y), err
}

func predicted(m *models.Model, x []float32) ([]float64, error) {
	p, err := m.Predictor()
	if err != nil {
		return nil, err
	}
	y, err := p.Predict(x)
	return wide(y), err
}

func evaluated(m *models.Model, x []float32) ([]float64, error) {
	e, err := training.NewEvaluator(m, nil)
	if err != nil {
		return nil, err
	}
	rows := make([]int, len(x)/len(m.Features))
	d := &data.Dataset{Name: "random", Features: m.Features, X: x, Task: m.Task, Classes: m.Classes}
	for i := range rows {
		rows[i] = i
	}
	y, err := e.Predict(d, rows)
	return wide(y), err
}

// saved writes the model, leaves the file to ONNX Runtime, and loads it.
func (c *candidate) saved(m *models.Model, name string, want []float64) (*models.Model, error) {
	if err := m.Save(c.path(name)); err != nil {
		return nil, err
	}
	back, err := models.Load(c.path(name))
	if err != nil {
		return nil, err
	}
	c.files = append(c.files, file{c.path(name), want})
	return back, nil
}

// commandLine predicts from a CSV file, as the command does.
func (c *candidate) commandLine(name string) ([]float64, error) {
	csv := filepath.Join(c.dir, "rows.csv")
	if err := os.WriteFile(csv, c.net.CSV(c.x), 0o600); err != nil {
		return nil, err
	}
	p, err := jobs.Predict(context.Background(), c.path(name), csv, "", 0, jobs.Silent{})
	if err != nil {
		return nil, err
	}
	return wide(p.Outputs), nil
}
