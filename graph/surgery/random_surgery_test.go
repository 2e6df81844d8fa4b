package surgery

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"
)

// randomNet draws networks of images and rows: everything that branches, joins, cuts and reshapes.
type randomNet struct {
	*maker
	rt     *rapid.T
	images gorgonia.Nodes // (batch, channels, height, width)
	rows   gorgonia.Nodes // (batch, features)
	layers int
	groups bool // a convolution in groups is there
}

func (r *randomNet) n(what string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(r.rt, what) }

func (r *randomNet) one(of gorgonia.Nodes) *gorgonia.Node {
	return of[max(len(of)-3, 0)+r.n("node", 0, min(len(of), 3)-1)] // one of the last three: deep rather than wide
}

func (r *randomNet) name() string { r.layers++; return fmt.Sprint("layer", r.layers) }

func (r *randomNet) activation() op.Activation {
	return rapid.SampledFrom([]op.Activation{op.Tanh, op.Sigmoid, op.ReLU, op.Identity}).Draw(r.rt, "activation")
}

// like finds an image of the same size but for the axes named.
func (r *randomNet) like(x *gorgonia.Node, but ...int) *gorgonia.Node {
	var fit gorgonia.Nodes
next:
	for _, y := range r.images {
		for a, n := range x.Shape() {
			free := false
			for _, b := range but {
				free = free || a == b
			}
			if !free && y.Shape()[a] != n {
				continue next
			}
		}
		fit = append(fit, y)
	}
	return fit[r.n("like", 0, len(fit)-1)]
}

func (r *randomNet) grow() {
	x := r.one(r.images)
	s := x.Shape()
	c, small := s[1], min(s[2], s[3])
	image := func(n *gorgonia.Node) { r.images = append(r.images, n) }
	switch r.n("operation", 0, 17) {
	case 0, 1, 2:
		cfg := op.ConvConfig{Stride: [2]int{r.n("down", 1, 2), r.n("right", 1, 2)}}
		k := r.n("kernel", 1, min(3, small))
		if r.n("pad", 0, 1) == 1 {
			cfg.Pads = [4]int{k / 2, k / 2, k / 2, k / 2}
			cfg.Stride = [2]int{}
		}
		image(r.Conv(x, r.name(), r.n("filters", 1, 6), k, cfg, r.activation()))
	case 3: // depthwise
		r.groups = true
		image(r.Conv(x, r.name(), c*r.n("multiplier", 1, 2), 1+r.n("kernel", 0, min(1, small-1)), op.ConvConfig{Groups: c},
			r.activation()))
	case 4:
		if c%2 == 0 {
			r.groups = true
			image(r.Conv(x, r.name(), 2*r.n("filters", 1, 3), 1, op.ConvConfig{Groups: 2}, r.activation()))
		}
	case 5:
		if small >= 2 {
			image(must(op.MaxPool2D(x, op.PoolConfig{Kernel: [2]int{2, 2}, Stride: [2]int{1 + r.n("stride", 0, 1), 1}})))
		}
	case 6:
		image(r.BatchNorm(x, r.name()))
	case 7:
		image(r.Act(x, r.activation()))
	case 8:
		image(must(op.Add(x, r.like(x))))
	case 9:
		image(must(op.Mul(r.Act(x, op.Tanh), r.like(x))))
	case 10:
		image(must(op.Concat(1, x, r.like(x, 1))))
	case 11:
		if s[2] <= 4 {
			image(must(op.Concat(2, x, r.like(x, 2))))
		}
	case 12: // a part, by steps
		lo := r.n("start", 0, c-1)
		image(must(op.Slice(x, 1, lo, op.End, r.n("step", 1, 2))))
	case 13: // swap two halves
		if c > 1 {
			at := r.n("at", 1, c-1)
			parts, err := op.Split(x, 1, at, c-at)
			if err != nil {
				r.rt.Fatal(err)
			}
			image(must(op.Concat(1, parts[1], parts[0])))
		}
	case 14: // rows that become an image
		if len(r.rows) > 0 {
			ch := r.n("channels", 1, 3)
			h := r.Dense(r.one(r.rows), r.name(), ch*s[2]*s[3], op.Tanh)
			image(must(op.Reshape(h, s[0], ch, s[2], s[3])))
		}
	case 15: // a gate
		gate := r.Dense(must(op.GlobalAvgPool(x)), r.name(), c, op.Sigmoid)
		image(must(op.Mul(x, must(op.Unsqueeze(gate, 2, 3)))))
	case 16:
		if rest := s[1:].TotalSize(); rest <= 80 {
			y := x
			if r.n("last", 0, 1) == 1 {
				y = must(op.Transpose(x, 0, 2, 3, 1))
			}
			r.rows = append(r.rows, r.Dense(must(op.Flatten(y, 1)), r.name(), r.n("units", 1, 6), r.activation()))
		}
	default:
		r.rows = append(r.rows, r.Dense(must(op.GlobalAvgPool(x)), r.name(), r.n("units", 1, 6), r.activation()))
	}
}

// finish ends in one or two outputs.
func (r *randomNet) finish() *network.Network {
	x := r.images[len(r.images)-1]
	flat := must(op.GlobalAvgPool(x))
	if x.Shape()[1:].TotalSize() <= 100 && r.n("flatten", 0, 1) == 1 {
		flat = must(op.Flatten(x, 1))
	}
	outs := gorgonia.Nodes{r.Dense(flat, "head", r.n("outputs", 1, 3), op.Identity)}
	if len(r.rows) > 0 {
		rows := r.rows[len(r.rows)-1]
		if r.n("join", 0, 1) == 1 {
			rows = must(op.Concat(1, rows, must(op.GlobalAvgPool(r.one(r.images)))))
		}
		outs = append(outs, r.Dense(rows, "second", 2, op.Identity))
	}
	return done(r.maker, outs...)
}

// agree compares outputs to 1e-12 of the largest.
func agree(rt *rapid.T, what string, got, want [][]float64) {
	for k := range want {
		top := 1.0
		for _, v := range want[k] {
			top = max(top, math.Abs(v))
		}
		if len(got[k]) != len(want[k]) {
			rt.Fatalf("%s: output %d has %d numbers, want %d", what, k, len(got[k]), len(want[k]))
		}
		for i, v := range want[k] {
			if !(math.Abs(got[k][i]-v) <= 1e-12*top) {
				rt.Fatalf("%s: output %d, element %d: %.17g, want %.17g", what, k, i, got[k][i], v)
			}
		}
	}
}

// Random networks, random units, twice: removed is masked, twice is once, gradients fit, and every batch size agrees.
func TestRandomSurgery(t *testing.T) {
	cuts, empty, units, kinds := 0, 0, 0, map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		seed := fmt.Sprint(rapid.IntRange(0, 1000).Draw(rt, "seed"))
		r := &randomNet{maker: newMaker(t, tensor.Float64, seed), rt: rt}
		batch := r.n("batch", 2, 3)
		r.images = gorgonia.Nodes{r.Input("x", batch, r.n("channels", 1, 3), r.n("height", 2, 6), r.n("width", 2, 6))}
		if r.n("inputs", 0, 2) == 0 {
			r.rows = append(r.rows, r.Input("y", batch, r.n("features", 1, 4)))
		}
		for range r.n("operations", 1, 9) {
			r.grow()
		}
		net := r.finish()
		var opts []AnalyzeOption
		if r.n("features", 0, 1) == 1 {
			opts = append(opts, PruneInputs())
		}
		if r.n("positions", 0, 1) == 1 {
			opts = append(opts, PrunePositions())
		}
		c := coupling(t, net, opts...)
		for _, g := range c.Groups {
			units += len(g.Units)
			kinds[strings.TrimRight(g.Name, "#0123456789")] = true
		}
		rng := random.New(rapid.Uint64().Draw(rt, "choice"))
		removed := choose(c, rng)
		for _, name := range sortedKeys(removed) { // half the layers
			if rng.IntN(2) == 0 {
				delete(removed, name)
			}
		}
		keep, err := c.KeepAll(removed)
		if err != nil {
			rt.Fatal(err)
		}
		small, err := Cut(net, keep)
		if emptied, e := c.Emptied(removed); e != nil || (len(emptied) > 0) != (err != nil) {
			rt.Fatalf("nothing would be left of %v, %v; the cut says %v", emptied, e, err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), "nothing would be left") {
				rt.Fatal(err)
			}
			empty++
			return
		}
		cuts++
		rows := rowsFor(net)
		masked := mask(t, net, removed, opts...)
		restRows := without(t, net, rows, keep)
		agree(rt, "removed", eval(t, small, restRows...), eval(t, masked, rows...))
		gone, err := c.Gone(removed)
		if err != nil {
			rt.Fatal(err)
		}
		found, err := coupling(t, masked, opts...).Masked()
		if err != nil {
			rt.Fatal(err)
		}
		more := false // a unit all of whose positions are masked one by one is as good as masked itself
		for name, idx := range gone {
			for _, i := range idx {
				if !slices.Contains(found[name], i) {
					rt.Fatalf("layer %s: units %v are gone, %v masked", name, idx, found[name])
				}
			}
			more = more || len(found[name]) > len(idx)
		}
		if more {
			all, err := c.KeepAll(found)
			if err != nil {
				rt.Fatal(err)
			}
			if smallest, err := Cut(net, all); err == nil {
				agree(rt, "all that is masked removed", eval(t, smallest, without(t, net, rows, all)...), eval(t, masked, rows...))
			} else if !strings.Contains(err.Error(), "nothing would be left") {
				rt.Fatal(err)
			}
		}
		if folded, err := FoldMasks(masked); err != nil {
			rt.Fatal(err)
		} else {
			agree(rt, "folded", eval(t, folded, rows...), eval(t, masked, rows...))
		}

		// Once more on what is left: as if both had been one.
		again := choose(coupling(t, small, opts...), rng)
		keepAgain, err := coupling(t, small, opts...).KeepAll(again)
		if err != nil {
			rt.Fatal(err)
		}
		if smaller, err := Cut(small, keepAgain); err == nil {
			agree(rt, "removed twice", eval(t, smaller, without(t, small, restRows, keepAgain)...), eval(t, mask(t, small, again,
				opts...), restRows...))
			union := Keep{}
			for _, p := range net.Named() {
				for axis := range p.Shape() {
					first, second := keep[p.Name()][axis], keepAgain[p.Name()][axis]
					if first == nil {
						first = upTo(p.Shape()[axis])
					}
					if second == nil {
						second = upTo(len(first))
					}
					if len(second) < p.Shape()[axis] {
						if union[p.Name()] == nil {
							union[p.Name()] = map[int][]int{}
						}
						for _, i := range second {
							union[p.Name()][axis] = append(union[p.Name()][axis], first[i])
						}
					}
				}
			}
			once, err := Cut(net, union)
			switch {
			case err == nil:
				agree(rt, "twice and once", eval(t, smaller, without(t, small, restRows, keepAgain)...), eval(t, once, without(t, net,
					rows, union)...))
			case !r.groups: // one channel a group, or one group, may be left: another coupling
				rt.Fatalf("the union of two cuts: %v", err)
			}
			small = smaller
		} else if !strings.Contains(err.Error(), "nothing would be left") {
			rt.Fatal(err)
		}

		// Gradients.
		first := *small
		first.Outputs = small.Outputs[:1]
		o := objective(t, &first, 3, network.MSE())
		setBatch(t, o, seed)
		run(t, compile(t, o.Graph, graph.Outputs(o.Cost)))
		for _, v := range o.Params {
			for _, g := range grad(t, v) {
				if g-g != 0 {
					rt.Fatalf("gradient %v of %s", g, v.Name())
				}
			}
		}

		// Other batch sizes.
		inference, err := small.Inference()
		if err != nil {
			rt.Fatal(err)
		}
		single, err := inference.Rebatch(1)
		if err != nil {
			rt.Fatal(err)
		}
		seven, err := single.Rebatch(7)
		if err != nil {
			rt.Fatal(err)
		}
		rows = rowsFor(seven)
		all := eval(t, seven, rows...)
		for _, k := range []int{0, 3, 6} {
			var row, part [][]float64
			for i, in := range seven.Inputs {
				w := in.Shape()[1:].TotalSize()
				row = append(row, rows[i][k*w:(k+1)*w])
			}
			for i, out := range seven.Outputs {
				w := out.Shape()[1:].TotalSize()
				part = append(part, all[i][k*w:(k+1)*w])
			}
			agree(rt, fmt.Sprint("row ", k), part, eval(t, single, row...))
		}
	})
	t.Logf("%d cuts, %d that would leave nothing, %d units", cuts, empty, units)
	if cuts < 2*empty || units < 10*cuts/2 {
		t.Errorf("%d cuts, %d that would leave nothing, %d units: too few to prove anything", cuts, empty, units)
	}
}

func upTo(n int) []int {
	r := make([]int, n)
	for i := range r {
		r[i] = i
	}
	return r
}
