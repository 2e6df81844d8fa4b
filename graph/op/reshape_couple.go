package op

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Couple implements Coupler. An axis that is kept is tied. Where axes are merged, each of their indices owns its
// positions in the merged one, which may also go one by one, unless the batch is among the axes; where one is split, each
// index of the results owns its positions in it, which never go by themselves.
func (r Reshaping) Couple(t Ties) {
	for _, b := range r.blocks() {
		switch {
		case b.gone():
			t.Freeze(In(0, b.from), "a reshape drops this axis of size 1")
		case b.new():
			t.Freeze(Out(b.to), "a reshape adds this axis of size 1")
		case b.kept():
			t.Tie(In(0, b.from), Out(b.to))
		case b.merges():
			own(t, 0, b.from, r.From[b.from:b.fromEnd], Out(b.to))
			if b.from == 0 { // or the positions that stay would be counted for one batch size
				t.Bound(Out(b.to), "a reshape merges it with the batch")
			}
		case b.splits():
			own(t, Output, b.to, r.To[b.to:b.toEnd], In(0, b.from))
			t.Bound(In(0, b.from), "a reshape splits it")
		default:
			const why = "a reshape splits and merges it with its neighbours at once"
			for k := b.from; k < b.fromEnd; k++ {
				t.Freeze(In(0, k), why)
			}
			for k := b.to; k < b.toEnd; k++ {
				t.Freeze(Out(k), why)
			}
		}
	}
}

// own says which positions of a merged axis belong to each index of the axes that it is made of, first being the number
// of the first of these.
func own(t Ties, arg, first int, sizes tensor.Shape, merged Axis) {
	steps := stridesOf(sizes)
	total := sizes.TotalSize()
	for k, n := range sizes {
		if n == 1 {
			continue
		}
		for i := range n {
			positions := make([]int, 0, total/n)
			for lo := i * steps[k]; lo < total; lo += n * steps[k] {
				for p := lo; p < lo+steps[k]; p++ {
					positions = append(positions, p)
				}
			}
			t.Own(Axis{arg, first + k}, i, merged, positions)
		}
	}
}

// Cut implements Cutter. Where positions of a merged axis go that no axis of the input gives up, they are left out by a
// Select.
func (r Reshaping) Cut(in gorgonia.Nodes, k Kept) (*gorgonia.Node, error) {
	x := in[0]
	var before, behind []pick
	middle := make([]int, len(r.spec)) // the target of the reshape itself
	for _, b := range r.blocks() {
		have := keptPositions(r.From[b.from:b.fromEnd], 0, b.from, k)
		want := keptPositions(r.To[b.to:b.toEnd], Output, b.to, k)
		for j := b.to; j < b.toEnd; j++ {
			middle[j] = len(k.Keep(Out(j)))
		}
		if slices.Equal(have, want) {
			continue
		}
		p, err := pickOf(want, have)
		switch {
		case err != nil:
			return nil, errors.Wrapf(err, "reshape %v to %v", r.From, r.To)
		case b.toEnd-b.to == 1:
			p.axis = b.to
			behind = append(behind, p)
			middle[b.to] = len(have)
		case b.fromEnd-b.from == 1:
			p.axis = b.from
			before = append(before, p)
		default:
			return nil, errors.Errorf("reshape %v to %v: what is left of its axes %d to %d is no block", r.From, r.To, b.from,
				b.fromEnd-1)
		}
	}
	x, err := selectAll(x, before)
	if err != nil {
		return nil, err
	}
	spec := append([]int(nil), r.spec...)
	for j, n := range spec {
		if n > 0 || n < -1 && x.Shape()[sizeOf(n)] != middle[j] {
			spec[j] = middle[j]
		}
	}
	if x, err = reshapeBy(x, spec, r.open); err != nil {
		return nil, err
	}
	return selectAll(x, behind)
}

// keptPositions lists what is left of the elements that some axes hold together, by their position in the whole.
func keptPositions(sizes tensor.Shape, arg, first int, k Kept) []int {
	positions := []int{0}
	for a, n := range sizes {
		var next []int
		for _, p := range positions {
			for _, i := range k.Keep(Axis{arg, first + a}) {
				next = append(next, p*n+i)
			}
		}
		positions = next
	}
	return positions
}

// pick is a choice of indices of an axis.
type pick struct {
	axis    int
	indices []int
}

// pickOf finds each of want in have; both ascend.
func pickOf(want, have []int) (p pick, err error) {
	for _, v := range want {
		i, ok := slices.BinarySearch(have, v)
		if !ok {
			return p, errors.Errorf("position %d is to stay, but an axis that holds it is cut", v)
		}
		p.indices = append(p.indices, i)
	}
	return p, nil
}

func selectAll(x *gorgonia.Node, picks []pick) (*gorgonia.Node, error) {
	for _, p := range picks {
		var err error
		if x, err = Select(x, p.axis, p.indices...); err != nil {
			return nil, err
		}
	}
	return x, nil
}
