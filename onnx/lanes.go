package onnx

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// lane is where the examples of the batch lie in a value: along one axis, in which index i belongs to example
// (i / inner) mod batch. The axis has outer·batch·inner places: outer and inner are more than 1 where a reshape has merged
// the batch with its neighbours. A value without a lane is the same whatever the batch is.
type lane struct{ axis, outer, inner int }

// follow finds the lane of a value, given those of what it is computed from, and refuses what does not keep the examples
// apart: what cuts or reorders the batch, or lets one example see another.
func (im *importer) follow(name string) error {
	v := im.trials[0].values[name]
	if err := im.followNode(v, 0); err != nil {
		return err
	}
	s, err := im.sizes(name)
	if err != nil {
		return err
	}
	for i, t := range im.trials {
		got := t.values[name].Shape()
		fits := len(got) == len(s)
		for a := 0; fits && a < len(s); a++ {
			fits = int64(got[a]) == s[a].at(t.batch)
		}
		if !fits {
			if i == 1 && im.fixed > 0 {
				return unsupportedf("%q has shape %v at the batch of %d that the file declares, and cannot have another batch",
					name, got, im.fixed)
			}
			return unsupportedf("the shape of %q depends on the batch size in a way that is not followed", name)
		}
	}
	return nil
}

func (im *importer) followNode(v *gorgonia.Node, depth int) error {
	if _, seen := im.lanes[v]; seen {
		return nil
	}
	kids := op.Children(v)
	if depth > 1<<10 {
		return unsupportedf("it takes too many operations")
	}
	any := false
	for _, k := range kids {
		if err := im.followNode(k, depth+1); err != nil {
			return err
		}
		any = any || im.lanes[k] != nil
	}
	if !any {
		im.lanes[v] = nil
		return nil
	}
	if r, ok := op.As[op.Reshaper](v.Op()); ok {
		l, err := im.reshapedLane(r, im.lanes[kids[0]])
		im.lanes[v] = l
		return err
	}
	know, err := op.Of(v.Op())
	c, ok := know.(op.Coupler)
	if err != nil || !ok {
		return unsupportedf("what %v does to the batch is not known", v.Op())
	}
	t := &laneTies{im: im, node: v, kids: kids, kept: make([]bool, len(kids))}
	c.Couple(t)
	for i, k := range kids {
		if l := im.lanes[k]; l != nil && !t.kept[i] {
			t.refuse(op.In(i, l.axis), "what is computed does not keep its examples apart")
		}
	}
	im.lanes[v] = t.out
	return t.err
}

// reshapedLane follows the batch through a reshape. The elements before and behind those of one example must be whole
// axes of the result, or whole parts of the batch's.
func (im *importer) reshapedLane(r op.Reshaper, l *lane) (*lane, error) {
	shape, to := r.Sizes()
	before, behind := shape[:l.axis].TotalSize()*l.outer, shape[l.axis+1:].TotalSize()*l.inner
	all := before * behind // the numbers of one example
	at, open, known, counted := -1, -1, 1, 0
	sizes := make([]int, len(to)) // without the batch
	for j, n := range r.Sources() {
		switch {
		case n == -1:
			open = j
			continue
		case n > 0:
			sizes[j] = n
		default:
			from := -2 - n
			if sizes[j] = shape[from]; from == l.axis {
				sizes[j], at = l.outer*l.inner, j
				counted++
			}
		}
		known *= sizes[j]
	}
	if open >= 0 {
		if all%known != 0 {
			return nil, unsupportedf("it splits the batch")
		}
		if sizes[open] = all / known; counted == 0 {
			at = open
			counted++
		}
	}
	if counted != 1 {
		return nil, unsupportedf("it gives the batch a size of its own")
	}
	ahead, after := 1, 1
	for j, n := range sizes {
		if j < at {
			ahead *= n
		} else if j > at {
			after *= n
		}
	}
	if before%ahead != 0 || behind%after != 0 || ahead*after*sizes[at] != all {
		return nil, unsupportedf("it mixes the batch with other axes")
	}
	return &lane{at, before / ahead, behind / after}, nil
}

// laneTies listens to what an operation says of its axes, for the batch's sake. It implements op.Ties.
type laneTies struct {
	im   *importer
	node *gorgonia.Node
	kids gorgonia.Nodes
	kept []bool // by argument: its lane goes on in the result
	out  *lane
	err  error
}

func (t *laneTies) arg(i int) *gorgonia.Node {
	if i == op.Output {
		return t.node
	}
	if i < len(t.kids) {
		return t.kids[i]
	}
	return nil
}

// lane gives the lane that runs along an axis, nil if none does.
func (t *laneTies) lane(x op.Axis) *lane {
	if x.Arg == op.Output {
		return nil
	}
	if n := t.arg(x.Arg); n != nil {
		if l := t.im.lanes[n]; l != nil && l.axis == x.Axis {
			return l
		}
	}
	return nil
}

func (t *laneTies) refuse(x op.Axis, why string) {
	if t.err == nil {
		t.err = unsupportedf("along axis %d of a value of shape %s, which is the batch: %s", x.Axis, t.text(x.Arg), why)
	}
}

func (t *laneTies) text(arg int) string {
	n := t.arg(arg)
	s := make([]affine, n.Dims())
	for a, d := range n.Shape() {
		s[a] = affine{n: int64(d)}
		if l := t.im.lanes[n]; l != nil && l.axis == a {
			s[a] = affine{per: int64(l.outer * l.inner)}
		}
	}
	return t.im.sizesText(s)
}

// Dims implements op.Ties.
func (t *laneTies) Dims(arg int) tensor.Shape {
	if n := t.arg(arg); n != nil {
		return n.Shape()
	}
	return nil
}

// Tie implements op.Ties.
func (t *laneTies) Tie(x, y op.Axis) {
	if x.Arg == op.Output {
		x, y = y, x
	}
	l, other := t.lane(x), t.lane(y)
	if y.Arg != op.Output {
		if (l == nil) != (other == nil) || l != nil && (l.outer != other.outer || l.inner != other.inner) {
			t.refuseEither(x, y, "it meets an axis that is not the batch")
		}
		return
	}
	if l == nil {
		return
	}
	t.kept[x.Arg] = true
	next := lane{y.Axis, l.outer, l.inner}
	if t.out != nil && *t.out != next {
		t.refuse(x, "every example would meet every other")
		return
	}
	t.out = &next
}

func (t *laneTies) refuseEither(x, y op.Axis, why string) {
	if t.lane(x) == nil {
		x = y
	}
	t.refuse(x, why)
}

// TieRange implements op.Ties.
func (t *laneTies) TieRange(x op.Axis, i int, y op.Axis, j, n int) {
	if x.Arg == op.Output {
		x, i, y, j = y, j, x, i
	}
	if t.lane(x) == nil && t.lane(y) == nil {
		return
	}
	sx, sy := t.Dims(x.Arg), t.Dims(y.Arg)
	if i == 0 && j == 0 && x.Axis < len(sx) && y.Axis < len(sy) && n == sx[x.Axis] && n == sy[y.Axis] {
		t.Tie(x, y)
		return
	}
	t.refuseEither(x, y, "it is cut, joined or reordered")
}

// Own implements op.Ties.
func (t *laneTies) Own(x op.Axis, _ int, y op.Axis, _ []int) {
	if t.lane(x) != nil || t.lane(y) != nil {
		t.refuseEither(x, y, "it is merged with other axes")
	}
}

// Bound implements op.Ties: it says nothing of examples.
func (t *laneTies) Bound(op.Axis, string) {}

// Sum implements op.Ties.
func (t *laneTies) Sum(x, y op.Axis) {
	if t.lane(x) != nil || t.lane(y) != nil {
		t.refuseEither(x, y, "it is summed over")
	}
}

// Contract implements op.Ties.
func (t *laneTies) Contract(x, y op.Axis) { t.Sum(x, y) }

// Freeze implements op.Ties.
func (t *laneTies) Freeze(x op.Axis, why string) {
	if t.lane(x) != nil {
		t.refuse(x, why)
	}
}

// checkOutput refuses an output whose leading axis is not the batch.
func (im *importer) checkOutput(name string) error {
	v := im.trials[0].values[name]
	l := im.lanes[v]
	if l == nil {
		return unsupportedf("output %q has shape %s, which does not follow the batch; an output's leading axis must be the batch",
			name, im.shapeOf(name))
	}
	if *l != (lane{0, 1, 1}) {
		return unsupportedf("output %q has shape %s; its leading axis must be the batch", name, im.shapeOf(name))
	}
	return nil
}

// checkBatches compares the network at other batch sizes, which it is made for by following its reshapes, with what was
// read: every value's shape at batch size 1, and made from that at the first trial's.
func (im *importer) checkBatches(net, one *network.Network) error {
	again, err := one.Rebatch(im.trials[0].batch)
	if err != nil {
		return unsupportedf("the network cannot be made for other batch sizes: %v", err)
	}
	order, err := net.Order()
	if err != nil {
		return err
	}
	for _, other := range []struct {
		net   *network.Network
		batch int
	}{{one, 1}, {again, im.trials[0].batch}} {
		theirs, err := other.net.Order()
		if err != nil {
			return err
		}
		if len(theirs) != len(order) {
			return unsupportedf("the network's structure depends on the batch size")
		}
		for i, v := range order {
			want := slices.Clone(v.Shape())
			if l := im.lanes[v]; l != nil {
				want[l.axis] = l.outer * l.inner * other.batch
			}
			if !sameDims(want, theirs[i].Shape()) {
				return unsupportedf("%s cannot be made for other batch sizes: write −1 for the axis that is the batch",
					describe(v))
			}
		}
	}
	return nil
}

func describe(v *gorgonia.Node) string {
	return fmt.Sprintf("the operation that makes %q", brief(v.Name()))
}
