package graph

import (
	"sort"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// planMemory gives every computed value its buffer. Values that survive the run have one of their own; the others are
// laid out in one arena for each dtype, where two of them share memory if one is dead before the other is born.
func planMemory(c *compilation) error {
	born, dies := map[*value]int{}, map[*value]int{}
	for t, i := range c.instrs {
		i.out.computed = true
		born[i.out] = t
		dies[i.out] = t
		for _, v := range i.in {
			dies[v] = t
		}
	}
	arenas := map[tensor.Dtype][]*value{}
	home := homes{} // values that lie in another's memory, and whose
	for t, i := range c.instrs {
		v := i.out
		if !inArena(v) {
			var err error
			if v.data, err = op.NewBuffer(v.dtype, v.shape); err != nil {
				return errors.Wrapf(err, "node %q", v.node.Name())
			}
			c.peak += bytes(v)
			continue
		}
		if from := home.of(i, t, dies); from != nil {
			home[v] = from
			dies[from] = max(dies[from], dies[v])
			continue
		}
		arenas[v.dtype] = append(arenas[v.dtype], v)
	}
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		size, at := layOut(arenas[dt], born, dies)
		if size == 0 {
			continue
		}
		c.peak += int64(size) * int64(dt.Size())
		if dt == tensor.Float32 {
			carve(op.Aligned[float32](size), arenas[dt], at)
		} else {
			carve(op.Aligned[float64](size), arenas[dt], at)
		}
	}
	for _, i := range c.instrs {
		if first := home[i.out]; first != nil {
			i.out.data = sharing(first, i.out.shape)
		}
	}
	return nil
}

// inArena tells whether a value's memory may be another's at another time.
func inArena(v *value) bool {
	return !v.pinned && !v.shape.IsScalar() && isFloat(v.dtype)
}

// homes says in whose memory a value lies that has none of its own: the first of a chain.
type homes map[*value]*value

func (h homes) first(v *value) *value {
	if first := h[v]; first != nil {
		return first
	}
	return v
}

// of finds the value in whose memory an operation's output may lie: its input's where it is the same numbers in another
// shape, or that of an input which nobody reads afterwards where it is elementwise.
func (h homes) of(i *instruction, t int, dies map[*value]int) *value {
	same := func(v *value) bool {
		return v.computed && v.dtype == i.out.dtype && v.shape.TotalSize() == i.out.shape.TotalSize() && !v.shape.IsScalar()
	}
	if op.IsView(i.op) && same(i.in[0]) {
		return h.first(i.in[0])
	}
next:
	for _, k := range op.InPlace(i.op) {
		v := i.in[k]
		first := h.first(v)
		if !same(v) || !inArena(first) || dies[v] != t || dies[first] != t {
			continue
		}
		for _, w := range i.in {
			if w != v && h.first(w) == first {
				continue next
			}
		}
		return first
	}
	return nil
}

// sharing is a tensor of another shape over a value's memory.
func sharing(v *value, s tensor.Shape) gorgonia.Value {
	d := v.data.(*tensor.Dense)
	if v.dtype == tensor.Float32 {
		return tensor.New(tensor.WithShape(s.Clone()...), tensor.WithBacking(d.Float32s()))
	}
	return tensor.New(tensor.WithShape(s.Clone()...), tensor.WithBacking(d.Float64s()))
}

func bytes(v *value) int64 { return int64(max(v.shape.TotalSize(), 1)) * int64(v.dtype.Size()) }

// layOut places values in an arena by first fit in order of birth and returns the arena's size and each value's
// offset, in elements.
func layOut(vs []*value, born, dies map[*value]int) (size int, at map[*value]int) {
	at = map[*value]int{}
	type span struct{ lo, hi int }
	for k, v := range vs {
		n := padded(v)
		var busy []span
		for _, w := range vs[:k] {
			// An operation's output never shares memory with its own inputs: kernels may read and write in any order.
			if dies[w] >= born[v] {
				busy = append(busy, span{at[w], at[w] + padded(w)})
			}
		}
		sort.Slice(busy, func(i, j int) bool { return busy[i].lo < busy[j].lo })
		lo := 0
		for _, b := range busy {
			if lo+n <= b.lo {
				break
			}
			lo = max(lo, b.hi)
		}
		at[v] = lo
		size = max(size, lo+n)
	}
	return size, at
}

// padded is a value's size in elements, rounded up to whole cache lines.
func padded(v *value) int {
	line := op.CacheLine / int(v.dtype.Size())
	return (v.shape.TotalSize() + line - 1) / line * line
}

func carve[T float32 | float64](arena []T, vs []*value, at map[*value]int) {
	for _, v := range vs {
		lo, n := at[v], v.shape.TotalSize()
		v.data = tensor.New(tensor.WithShape(v.shape.Clone()...), tensor.WithBacking(arena[lo:lo+n:lo+n]))
	}
}
