package surgery

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ties is what an operation speaks to.
type ties struct {
	a      *analysis
	node   *gorgonia.Node
	kids   gorgonia.Nodes
	err    error
	owners map[int][]int // by owned atom, as this operation says
	lazy   []int         // atoms that are owned by an index of an input: positions
	bounds []boundAxis
}

type boundAxis struct {
	node *gorgonia.Node
	axis int
	why  string
}

func (t *ties) arg(i int) *gorgonia.Node {
	if i == op.Output {
		return t.node
	}
	if i < len(t.kids) {
		return t.kids[i]
	}
	return nil
}

// Dims implements op.Ties.
func (t *ties) Dims(arg int) tensor.Shape {
	if n := t.arg(arg); n != nil {
		return t.a.shape[n]
	}
	return nil
}

// Tie implements op.Ties.
func (t *ties) Tie(x, y op.Axis) {
	nx, ny := t.arg(x.Arg), t.arg(y.Arg)
	sx, sy := t.a.shape[nx], t.a.shape[ny]
	if x.Axis >= len(sx) || y.Axis >= len(sy) || sx[x.Axis] != sy[y.Axis] {
		t.fail("axis %d of %q %v and axis %d of %q %v do not match", x.Axis, nx.Name(), sx, y.Axis, ny.Name(), sy)
		return
	}
	t.TieRange(x, 0, y, 0, sx[x.Axis])
}

// TieRange implements op.Ties.
func (t *ties) TieRange(x op.Axis, i int, y op.Axis, j, n int) {
	nx, ny := t.arg(x.Arg), t.arg(y.Arg)
	if !t.has(nx, x.Axis, i, n) || !t.has(ny, y.Axis, j, n) {
		return
	}
	for k := range n {
		t.a.union(t.a.base[nx][x.Axis]+i+k, t.a.base[ny][y.Axis]+j+k)
	}
}

func (t *ties) has(n *gorgonia.Node, axis, i, count int) bool {
	s := t.a.shape[n]
	if axis < len(s) && i >= 0 && i+count <= s[axis] {
		return true
	}
	t.fail("indices %d to %d of axis %d of %q %v are not there", i, i+count-1, axis, n.Name(), s)
	return false
}

func (t *ties) fail(format string, args ...any) {
	if t.err == nil {
		t.err = errors.Errorf(format, args...)
	}
}

// Own implements op.Ties.
func (t *ties) Own(x op.Axis, i int, y op.Axis, owned []int) {
	nx, ny := t.arg(x.Arg), t.arg(y.Arg)
	if !t.has(nx, x.Axis, i, 1) {
		return
	}
	o := ownership{owner: t.a.base[nx][x.Axis] + i, forward: x.Arg != op.Output}
	for _, j := range owned {
		if !t.has(ny, y.Axis, j, 1) {
			return
		}
		atom := t.a.base[ny][y.Axis] + j
		o.owned = append(o.owned, atom)
		t.owners[atom] = append(t.owners[atom], o.owner)
		if o.forward {
			t.lazy = append(t.lazy, atom)
		}
	}
	t.a.owns = append(t.a.owns, o)
}

// Bound implements op.Ties. It takes effect when the operation has named all owners.
func (t *ties) Bound(x op.Axis, why string) {
	if n := t.arg(x.Arg); t.has(n, x.Axis, 0, 1) {
		t.bounds = append(t.bounds, boundAxis{n, x.Axis, why})
	}
}

// bind turns bounds into bindings. A position behind a flatten is bound to its owners too, unless positions may go alone.
func (t *ties) bind() {
	done := map[int]bool{}
	add := func(atom int, why string) {
		if !done[atom] {
			done[atom] = true
			t.a.bindings = append(t.a.bindings, binding{atom, t.owners[atom], t.because(why)})
		}
	}
	for _, b := range t.bounds {
		for i := range t.a.shape[b.node][b.axis] {
			add(t.a.base[b.node][b.axis]+i, b.why)
		}
	}
	if !t.a.positions {
		slices.Sort(t.lazy)
		for _, atom := range t.lazy {
			add(atom, "positions go with the channel that they are of")
		}
	}
}

// Contract implements op.Ties.
func (t *ties) Contract(x, w op.Axis) {
	t.Tie(x, w)
	t.Sum(x, w)
}

// Sum implements op.Ties.
func (t *ties) Sum(x, w op.Axis) {
	if t.has(t.arg(x.Arg), x.Axis, 0, 1) && t.has(t.arg(w.Arg), w.Axis, 0, 1) {
		t.a.sinks = append(t.a.sinks, sink{t.node, x.Arg, t.arg(x.Arg), x.Axis, t.arg(w.Arg), w.Axis})
	}
}

// Freeze implements op.Ties.
func (t *ties) Freeze(x op.Axis, why string) {
	if n := t.arg(x.Arg); n != nil && x.Axis < len(t.a.shape[n]) {
		t.a.freeze(n, x.Axis, t.because(why))
	}
}

func (t *ties) because(why string) string { return fmt.Sprintf("node %q: %s", t.node.Name(), why) }

func (t *ties) freezeAll(why string) {
	for arg := op.Output; arg < len(t.kids); arg++ {
		for axis := range t.Dims(arg) {
			t.Freeze(op.Axis{Arg: arg, Axis: axis}, why)
		}
	}
}
