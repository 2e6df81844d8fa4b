package op_test

import (
	"slices"
	"testing"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/random"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// atom is one index of one axis of an operation's input or output.
type atom struct{ arg, axis, index int }

// recorder is an op.Ties that remembers all that an operation says.
type recorder struct {
	shapes map[int]tensor.Shape
	tied   map[atom][]atom
	owned  map[atom][]atom
	owners map[atom][]atom
	bound  map[[2]int]bool
	frozen map[[2]int]bool
}

func record(t *testing.T, n *gorgonia.Node) *recorder {
	t.Helper()
	know, err := op.Of(n.Op())
	if err != nil {
		t.Fatal(err)
	}
	c, ok := know.(op.Coupler)
	if !ok {
		return nil
	}
	r := &recorder{map[int]tensor.Shape{op.Output: n.Shape()}, map[atom][]atom{}, map[atom][]atom{}, map[atom][]atom{},
		map[[2]int]bool{}, map[[2]int]bool{}}
	for i, k := range op.Children(n) {
		r.shapes[i] = k.Shape()
	}
	c.Couple(r)
	return r
}

func (r *recorder) Dims(arg int) tensor.Shape { return r.shapes[arg] }
func (r *recorder) Tie(a, b op.Axis)          { r.TieRange(a, 0, b, 0, r.shapes[a.Arg][a.Axis]) }
func (r *recorder) TieRange(a op.Axis, i int, b op.Axis, j, n int) {
	for k := range n {
		x, y := atom{a.Arg, a.Axis, i + k}, atom{b.Arg, b.Axis, j + k}
		r.tied[x], r.tied[y] = append(r.tied[x], y), append(r.tied[y], x)
	}
}
func (r *recorder) Own(a op.Axis, i int, b op.Axis, owned []int) {
	for _, j := range owned {
		x, y := atom{a.Arg, a.Axis, i}, atom{b.Arg, b.Axis, j}
		r.owned[x], r.owners[y] = append(r.owned[x], y), append(r.owners[y], x)
	}
}
func (r *recorder) Bound(a op.Axis, _ string)  { r.bound[[2]int{a.Arg, a.Axis}] = true }
func (r *recorder) Sum(_, _ op.Axis)           {}
func (r *recorder) Contract(a, b op.Axis)      { r.Tie(a, b) }
func (r *recorder) Freeze(a op.Axis, _ string) { r.frozen[[2]int{a.Arg, a.Axis}] = true }

// remove gives all that goes with an atom, or nothing where that cannot go.
func (r *recorder) remove(first atom) map[atom]bool {
	gone, todo := map[atom]bool{}, []atom{first}
	for len(todo) > 0 {
		a := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if gone[a] {
			continue
		}
		gone[a] = true
		todo = append(append(todo, r.tied[a]...), r.owned[a]...)
		for _, o := range r.owners[a] {
			if !slices.ContainsFunc(r.owned[o], func(b atom) bool { return !gone[b] }) {
				todo = append(todo, o)
			}
		}
	}
	for a := range gone {
		if r.frozen[[2]int{a.arg, a.axis}] {
			return nil
		}
		if r.bound[[2]int{a.arg, a.axis}] && !slices.ContainsFunc(r.owners[a], func(o atom) bool { return gone[o] }) {
			return nil
		}
	}
	return gone
}

// leftover is the op.Kept of a removal.
type leftover struct {
	*recorder
	gone map[atom]bool
}

func (k leftover) Keep(a op.Axis) (stay []int) {
	for i := range k.shapes[a.Arg][a.Axis] {
		if !k.gone[atom{a.Arg, a.Axis, i}] {
			stay = append(stay, i)
		}
	}
	return stay
}

// empties tells whether a removal leaves nothing of an axis.
func (k leftover) empties() bool {
	for arg, s := range k.shapes {
		for axis := range s {
			if len(k.Keep(op.Axis{Arg: arg, Axis: axis})) == 0 {
				return true
			}
		}
	}
	return false
}

// What an operation says of its axes is right: whatever it lets go, the operation on the smaller inputs computes what it
// computed on inputs that are zero there.
func TestCouplingsAreRight(t *testing.T) {
	cut := map[string]bool{}
	for _, e := range examples() {
		b := &builder{g: gorgonia.NewGraph(), dt: tensor.Float64, rng: random.New(1, e.op, e.name)}
		out := e.build(b)
		kids := op.Children(out)
		if !alone(kids) {
			continue
		}
		r := record(t, out)
		if r == nil || !op.Pure(out.Op()) {
			continue
		}
		t.Run(e.op+"/"+e.name, func(t *testing.T) {
			for _, first := range r.atoms() {
				k := leftover{r, r.remove(first)}
				if len(k.gone) == 0 || k.empties() {
					continue
				}
				cut[e.op] = true
				compareCut(t, b, out, kids, k)
			}
		})
	}
	for _, name := range []string{"Add", "Concat", "Dense", "MatMul", "Reshape", "Select", "Slice", "Transpose"} {
		if !cut[name] {
			t.Errorf("nothing of %s was cut", name)
		}
	}
}

// alone tells whether nodes are different inputs of numbers.
func alone(kids gorgonia.Nodes) bool {
	for i, k := range kids {
		if k.Op() != nil || k.Dtype() != tensor.Float64 || slices.Contains(kids[:i], k) {
			return false
		}
	}
	return len(kids) > 0
}

func (r *recorder) atoms() (as []atom) {
	for arg := op.Output; arg < len(r.shapes)-1; arg++ {
		for axis, n := range r.shapes[arg] {
			for _, i := range []int{0, n / 2, n - 1} {
				if a := (atom{arg, axis, i}); n > 0 && !slices.Contains(as, a) {
					as = append(as, a)
				}
			}
		}
	}
	return as
}

func compareCut(t *testing.T, b *builder, out *gorgonia.Node, kids gorgonia.Nodes, k leftover) {
	t.Helper()
	small, masked := gorgonia.NewGraph(), map[*gorgonia.Node][]float64{}
	in := make(gorgonia.Nodes, len(kids))
	for i, kid := range kids {
		s := kid.Shape()
		if s.IsScalar() {
			in[i] = gorgonia.NewScalar(small, tensor.Float64, gorgonia.WithName(kid.Name()), gorgonia.WithValue(kid.Value()))
			continue
		}
		all := kid.Value().Data().([]float64)
		shape := s.Clone()
		for axis := range s {
			shape[axis] = len(k.Keep(op.In(i, axis)))
		}
		var values []float64
		masked[kid] = slices.Clone(all)
		for at, v := range all {
			if k.lost(i, s, at) {
				masked[kid][at] = 0
			} else {
				values = append(values, v)
			}
		}
		in[i] = gorgonia.NewTensor(small, tensor.Float64, len(shape), gorgonia.WithName(kid.Name()), gorgonia.WithShape(shape...),
			gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))))
	}
	know, _ := op.Of(out.Op())
	var got *gorgonia.Node
	var err error
	if c, ok := know.(op.Cutter); ok {
		got, err = c.Cut(in, k)
	} else {
		got, err = op.Reapply(out, in)
	}
	if err != nil {
		t.Fatalf("without %v: %v", k.gone, err)
	}
	runAll(t, small)
	for kid, v := range masked {
		all := kid.Value().Data().([]float64)
		was := slices.Clone(all)
		copy(all, v)
		defer copy(all, was)
	}
	runAll(t, b.g)
	var want []float64
	for at, v := range data(t, out) {
		if !k.lost(op.Output, out.Shape(), at) {
			want = append(want, v)
		}
	}
	have := data(t, got)
	if len(have) != len(want) {
		t.Fatalf("without %v: %v, want %d elements", k.gone, got.Shape(), len(want))
	}
	for axis := range out.Shape() {
		if n := len(k.Keep(op.Out(axis))); got.Shape()[axis] != n {
			t.Fatalf("without %v: shape %v, want %d along axis %d", k.gone, got.Shape(), n, axis)
		}
	}
	for i, w := range want {
		if !near(have[i], w, 1e-12) {
			t.Fatalf("without %v: element %d is %v, want %v", k.gone, i, have[i], w)
		}
	}
}

// lost tells whether an element lies at an index that is gone.
func (k leftover) lost(arg int, s tensor.Shape, at int) bool {
	for axis := len(s) - 1; axis >= 0; axis-- {
		if k.gone[atom{arg, axis, at % s[axis]}] {
			return true
		}
		at /= s[axis]
	}
	return false
}
