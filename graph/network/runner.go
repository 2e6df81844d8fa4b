package network

import (
	"sort"
	"sync"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/shards"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Runner evaluates a network on any number of rows. It compiles programs for each batch size it meets and keeps them. It
// shares the network's parameters, so it follows their training, until it is frozen.
// A Runner is for one goroutine at a time; Fork makes one for another. No other goroutine may train the network meanwhile,
// unless the Runner is frozen.
//
// More than shards.Most rows are cut into parts of equal size that go through the whole network side by side, one on
// each worker.
type Runner struct {
	net     *Network // the inference form
	batch   int
	parts   *shards.Pool[*batchProgram]
	inWidth int
	widths  []int

	tensors  gorgonia.Nodes  // of the network as it was given
	building *sync.Mutex     // of it and its forks
	snapshot *graph.Snapshot // of these; nil: not frozen

	// the call of Run in progress
	in  []float32
	dst [][]float32
}

type batchProgram struct {
	vm   *graph.Program
	in   *gorgonia.Node
	outs gorgonia.Nodes
}

// DefaultBatch is the batch size of evaluation: large enough for the matrix kernels, small enough for the cache.
const DefaultBatch = 256

// NewRunner prepares a network of one input and one output. The named nodes of watch (see [Group.Activation]) are
// reported next to the output. Batch 0 means DefaultBatch.
func NewRunner(net *Network, batch int, watch ...*gorgonia.Node) (*Runner, error) {
	if err := net.exists(); err != nil {
		return nil, err
	}
	if len(net.Inputs) != 1 || len(net.Outputs) != 1 {
		return nil, errors.Errorf("a runner needs one input and one output, not %d and %d", len(net.Inputs), len(net.Outputs))
	}
	if batch == 0 {
		batch = DefaultBatch
	}
	if batch < 1 {
		return nil, errors.Errorf("batch size %d: must be at least 1", batch)
	}
	watched, err := net.withOutputs(watch)
	if err != nil {
		return nil, err
	}
	inference, err := watched.Inference()
	if err != nil {
		return nil, err
	}
	if s := inference.Inputs[0].Shape(); len(s) < 2 {
		return nil, errors.Errorf("input %q has shape %v; a runner needs rows of features", inference.Inputs[0].Name(), s)
	}
	for _, o := range inference.Outputs {
		if s := o.Shape(); len(s) == 0 || s[0] != inference.Batch() {
			return nil, errors.Errorf("node %q has shape %v; a runner reports nodes with a row for each row of input", o.Name(), s)
		}
	}
	r := &Runner{net: inference, batch: batch, inWidth: rowSize(inference.Inputs[0]), tensors: net.Tensors(), building: new(sync.Mutex)}
	r.parts = shards.New(r.newProgram, r.part)
	for _, o := range inference.Outputs {
		r.widths = append(r.widths, rowSize(o))
	}
	return r, nil
}

// withOutputs is the same graph seen with more outputs.
func (n *Network) withOutputs(more gorgonia.Nodes) (*Network, error) {
	out := *n
	out.Outputs = append(append(gorgonia.Nodes{}, n.Outputs...), more...)
	for _, m := range more {
		if m == nil {
			return nil, errors.New("a node to watch is nil")
		}
		if m.Graph() != n.Graph {
			return nil, errors.Errorf("node %q is of another graph", m.Name())
		}
	}
	return &out, nil
}

func rowSize(n *gorgonia.Node) int {
	s := 1
	for _, d := range n.Shape()[1:] {
		s *= d
	}
	return s
}

// InputWidth is the number of input values a row; Width that of the i-th result (0 is the output, then what is watched).
func (r *Runner) InputWidth() int { return r.inWidth }

// Width is the number of values a row of result i: 0 is the network's output, then come the watched nodes.
func (r *Runner) Width(i int) int { return r.widths[i] }

// Freeze makes the runner faster for as long as the network's parameters, states and constants stay as they are: what
// depends on them alone is computed once, and weight matrices are packed once instead of at each run. Results have the
// same bits. From now on the runner does not see that values change, in place or by gorgonia.Let on the network's nodes;
// call Freeze again to take those of that moment.
//
// All programs of the runner share one copy of every tensor of the network, and one of each weight matrix in the order in
// which kernels read it. The first call drops the programs that exist. If it returns an error, the runner follows the
// network as before; the error of a later one that names a tensor leaves the values that were taken last.
func (r *Runner) Freeze() error {
	if r.snapshot != nil {
		return r.snapshot.Refresh()
	}
	s, err := graph.TakeSnapshot(r.tensors...)
	if err != nil {
		return err
	}
	r.snapshot, r.parts = s, shards.New(r.newProgram, r.part)
	return nil
}

// Fork returns another Runner of the same network for another goroutine, with programs of its own. What is frozen they have
// in common: no call of Freeze may run together with another one of theirs.
func (r *Runner) Fork() *Runner {
	// One by one, for r itself may run meanwhile.
	f := &Runner{net: r.net, batch: r.batch, inWidth: r.inWidth, widths: r.widths, tensors: r.tensors,
		building: r.building, snapshot: r.snapshot}
	f.parts = shards.New(f.newProgram, f.part)
	return f
}

// Run evaluates rows of x (row-major). dst[i] receives result i for every row, and may be nil; fewer dst than results
// are fine. After the programs for the batch sizes met exist it allocates nothing.
func (r *Runner) Run(x []float32, dst ...[]float32) error {
	rows, err := r.check(len(x), dst)
	if err != nil {
		return err
	}
	// A copy of dst: the caller's own list would have to be on the heap.
	r.in, r.dst = x, append(r.dst[:0], dst...)
	for lo := 0; lo < rows && err == nil; lo += r.batch {
		err = r.parts.Run(lo, min(lo+r.batch, rows))
	}
	r.in = nil
	clear(r.dst)
	return err
}

// part runs rows lo to hi.
func (r *Runner) part(p *batchProgram, _, lo, hi int) error {
	if err := store(p.in, r.in[lo*r.inWidth:hi*r.inWidth]); err != nil {
		return err
	}
	if err := p.vm.RunPart(); err != nil {
		return errors.Wrapf(err, "rows %d–%d", lo, hi-1)
	}
	for i, d := range r.dst {
		if d != nil {
			if err := load(d[lo*r.widths[i]:hi*r.widths[i]], p.outs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Runner) check(size int, dst [][]float32) (rows int, err error) {
	if r.inWidth == 0 || size%r.inWidth != 0 {
		return 0, errors.Errorf("%d values are no whole number of rows of %d features", size, r.inWidth)
	}
	rows = size / r.inWidth
	if len(dst) > len(r.widths) {
		return 0, errors.Errorf("%d results asked for, there are %d", len(dst), len(r.widths))
	}
	for i, d := range dst {
		if d != nil && len(d) != rows*r.widths[i] {
			return 0, errors.Errorf("result %d needs room for %d × %d values, not %d", i, rows, r.widths[i], len(d))
		}
	}
	return rows, nil
}

// Predict evaluates rows of x and returns the output, rows × Width(0).
func (r *Runner) Predict(x []float32) ([]float32, error) {
	if r.inWidth == 0 || len(x)%r.inWidth != 0 {
		return nil, errors.Errorf("%d values are no whole number of rows of %d features", len(x), r.inWidth)
	}
	out := make([]float32, len(x)/r.inWidth*r.widths[0])
	return out, r.Run(x, out)
}

// BatchSizes lists the sizes that programs exist for.
func (r *Runner) BatchSizes() []int {
	s := r.parts.Sizes()
	sort.Ints(s)
	return s
}

func (r *Runner) newProgram(n int) (*batchProgram, error) {
	r.building.Lock()
	defer r.building.Unlock()
	net, err := r.net.Rebatch(n)
	if err != nil {
		return nil, err
	}
	opts := []graph.Option{graph.Outputs(net.Outputs...), graph.FoldBatchNorm()}
	if r.snapshot != nil {
		opts = append(opts, graph.FrozenTo(r.snapshot))
	}
	vm, err := graph.Compile(net.Graph, opts...)
	if err != nil {
		return nil, err
	}
	in := net.Inputs[0]
	buf, err := op.NewBuffer(in.Dtype(), in.Shape())
	if err != nil {
		return nil, err
	}
	if err := gorgonia.Let(in, buf); err != nil {
		return nil, err
	}
	return &batchProgram{vm: vm, in: in, outs: net.Outputs}, nil
}

// store copies numbers into a node's buffer, load out of it; a float64 network converts.
func store(n *gorgonia.Node, x []float32) error {
	switch d := n.Value().(type) {
	case *tensor.Dense:
		switch d.Dtype() {
		case tensor.Float32:
			copy(d.Float32s(), x)
			return nil
		case tensor.Float64:
			f := d.Float64s()
			for i, v := range x {
				f[i] = float64(v)
			}
			return nil
		}
	}
	return errors.Errorf("input %q holds a %T", n.Name(), n.Value())
}

func load(dst []float32, n *gorgonia.Node) error {
	switch d := n.Value().(type) {
	case *tensor.Dense:
		switch d.Dtype() {
		case tensor.Float32:
			copy(dst, d.Float32s())
			return nil
		case tensor.Float64:
			for i, v := range d.Float64s()[:len(dst)] {
				dst[i] = float32(v)
			}
			return nil
		}
	}
	return errors.Errorf("output %q holds a %T", n.Name(), n.Value())
}
