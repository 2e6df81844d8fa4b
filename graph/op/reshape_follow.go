package op

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// block is a group of neighbouring axes of a reshape's two sides that hold the same elements, and no smaller group does:
// one axis that is kept, several merged into one, one split into several, or both. An axis of size 1 that has no partner
// is a block of its own, with nothing on the other side.
type block struct{ from, fromEnd, to, toEnd int }

func (b block) kept() bool   { return b.fromEnd-b.from == 1 && b.toEnd-b.to == 1 }
func (b block) gone() bool   { return b.to == b.toEnd }
func (b block) new() bool    { return b.from == b.fromEnd }
func (b block) merges() bool { return b.fromEnd-b.from > 1 && b.toEnd-b.to == 1 }
func (b block) splits() bool { return b.fromEnd-b.from == 1 && b.toEnd-b.to > 1 }

// blocks aligns the two sides.
func (r Reshaping) blocks() (bs []block) {
	from, to := r.From, r.To
	for i, j := 0, 0; i < len(from) || j < len(to); {
		b := block{i, i, j, j}
		switch {
		case i < len(from) && j < len(to) && from[i] == to[j]:
			b.fromEnd, b.toEnd = i+1, j+1
		case i < len(from) && from[i] == 1:
			b.fromEnd = i + 1
		case j < len(to) && to[j] == 1:
			b.toEnd = j + 1
		default:
			p, q := from[i], to[j]
			b.fromEnd, b.toEnd = i+1, j+1
			for p != q {
				if p < q {
					p *= from[b.fromEnd]
					b.fromEnd++
				} else {
					q *= to[b.toEnd]
					b.toEnd++
				}
			}
		}
		bs = append(bs, b)
		i, j = b.fromEnd, b.toEnd
	}
	return bs
}

// follow derives the shape for an input of another shape now, and the spec that remembers what was found out: at batch
// size 1 sizes alone tell less. Open tells whether it was the axis of −1 in the spec that changed.
func (r Reshaping) follow(now tensor.Shape) (_ tensor.Shape, _ []int, open bool, _ error) {
	if len(now) != len(r.From) {
		return nil, nil, false, errors.Errorf("reshape %v to %v: the input is %v", r.From, r.To, now)
	}
	to, spec := r.To.Clone(), append([]int(nil), r.spec...)
	for j, n := range spec {
		if n < -1 {
			to[j] = now[sizeOf(n)]
		}
	}
	if to.TotalSize() == now.TotalSize() {
		return to, spec, false, nil
	}
	bs := r.blocks()
	for k, b := range bs {
		if sameDims(r.From[b.from:b.fromEnd], now[b.from:b.fromEnd]) {
			continue
		}
		j, err := r.grows(bs, k, now)
		if err != nil {
			return nil, nil, false, err
		}
		open = open || r.spec[j] == -1
		p, q := now[b.from:b.fromEnd].TotalSize(), 1
		if b.gone() { // 1 became p: what it is merged into grows by that
			p *= r.To[j]
		} else {
			for i := b.to; i < b.toEnd; i++ {
				if i != j {
					q *= to[i]
				}
			}
		}
		if p%q != 0 {
			return nil, nil, false, errors.Errorf("reshape %v to %v: %v does not divide into it", r.From, r.To, now)
		}
		to[j] = p / q
		if spec[j] > 0 && indexOf(spec, -1) < 0 {
			spec[j] = -1
		}
	}
	if to.TotalSize() != now.TotalSize() {
		return nil, nil, false, errors.Errorf("reshape %v to %v cannot be followed to %v", r.From, r.To, now)
	}
	return to, spec, open, nil
}

// grows tells which axis of the result takes the change of a block's input.
func (r Reshaping) grows(bs []block, k int, now tensor.Shape) (int, error) {
	b := bs[k]
	unclear := func(how string) error {
		return errors.Errorf("reshape %v to %v of an input that is now %v: %s; write −1 for the axis that grows", r.From, r.To,
			now, how)
	}
	if b.gone() {
		lead := true
		for _, before := range bs[:k] {
			lead = lead && (before.gone() || before.new())
		}
		var next, last = -1, -1
		for _, after := range bs[k+1:] {
			if !after.gone() && !after.new() {
				next = after.to
				break
			}
		}
		for _, before := range bs[:k] {
			if !before.gone() && !before.new() {
				last = before.toEnd - 1
			}
		}
		switch {
		case next >= 0 && (lead || last < 0 || r.spec[next] == -1):
			return next, nil
		case last >= 0 && (next < 0 || r.spec[last] == -1):
			return last, nil
		case last < 0:
			return 0, unclear("there is nothing that its axis of size 1 is merged into")
		}
		return 0, unclear("its axis of size 1 may be merged with either neighbour")
	}
	for j := b.to; j < b.toEnd; j++ {
		if r.spec[j] == -1 {
			return j, nil
		}
	}
	for i := k - 1; i >= 0 && bs[i].new(); i-- {
		j := bs[i].to
		if r.spec[j] == -1 {
			return j, nil
		}
		if r.spec[b.to] > 0 && j == 0 && now[b.from]%r.From[b.from] == 0 {
			if b.splits() { // (h·w, …) → (1, h, w, …): the batch is split off, too
				return j, nil
			}
			// (T, …) → (1, T, …), T having become n·T: is that n sequences, or one that is longer?
			return 0, unclear("an axis of size 1 before it may have to grow")
		}
	}
	for i := k + 1; i < len(bs) && bs[i].new() && r.spec[b.to] == 1; i++ {
		if j := bs[i].to; r.spec[j] == -1 { // (1, …) → (1, −1, …)
			return j, nil
		}
	}
	if b.fromEnd-b.from > 1 && b.toEnd-b.to > 1 {
		for i := b.from + 1; i < b.fromEnd; i++ {
			if now[i] != r.From[i] {
				return 0, unclear("it merges and splits the axes that changed")
			}
		}
	}
	return b.to, nil
}

func indexOf(s []int, v int) int {
	for i, x := range s {
		if x == v {
			return i
		}
	}
	return -1
}

func sameDims(a, b tensor.Shape) bool { return sameShape(a, b) == nil }

// dynamic is the target of an ONNX Reshape. One size can be left open: it goes to the axis that holds the leading one of
// the input, where that is not kept in its place.
func (r Reshaping) dynamic() []int {
	to := append([]int(nil), r.To...)
	open, lead := -1, true
	for _, b := range r.blocks() {
		if b.gone() || b.new() {
			continue
		}
		switch {
		case b.kept() && b.from == b.to:
			to[b.to] = 0
		case open < 0 || lead:
			open = b.to
			if j := indexOf(r.spec[b.to:b.toEnd], -1); j >= 0 {
				open += j
			}
		}
		lead = false
	}
	if j := indexOf(r.spec, -1); j >= 0 && to[j] != 0 && (r.open || len(to) == 0 || to[0] == 0) {
		open = j
	}
	if open >= 0 {
		to[open] = -1
	}
	return to
}
