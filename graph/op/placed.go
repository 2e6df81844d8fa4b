package op

import (
	"fmt"
	"slices"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// placedOp lays pieces side by side along an axis of that size, each at its start, with zeros between: what the gradients of
// several slices of one tensor add up to. The compiler puts it in; see Together.
type placedOp struct {
	Axis, Rank, Size int
	Starts, Lengths  []int // ascending, apart from each other
}

var _ interface {
	Definition
	placing
} = placedOp{}

func (p placedOp) String() string {
	return fmt.Sprintf("Placed(axis %d of %d, %v and %v of %d)", p.Axis, p.Rank, p.Starts, p.Lengths, p.Size)
}

// Signature implements Definition.
func (p placedOp) Signature() Signature {
	return concatenation{Axis: p.Axis, Rank: p.Rank, N: len(p.Starts)}.Signature()
}

// Shape implements Definition.
func (p placedOp) Shape(in []tensor.Shape) (tensor.Shape, error) {
	out, err := concatenation{Axis: p.Axis, Rank: p.Rank, N: len(p.Starts)}.Shape(in)
	if err != nil {
		return nil, err
	}
	for i, s := range in {
		if s[p.Axis] != p.Lengths[i] {
			return nil, errors.Errorf("%v: input %d is %v", p, i, s)
		}
	}
	out[p.Axis] = p.Size
	return out, nil
}

// Bind implements Definition.
func (p placedOp) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	if err := fits(p, out, in); err != nil {
		return nil, err
	}
	s := out.Shape()
	return bind(p, out, in, bindPlaced[float32](p, s), bindPlaced[float64](p, s))
}

func bindPlaced[T kernels.Float](p placedOp, s tensor.Shape) func(args[T]) Kernel {
	rows, inner := s[:p.Axis].TotalSize(), s[p.Axis+1:].TotalSize()
	starts := make([]int, len(p.Starts))
	for i, v := range p.Starts {
		starts[i] = v * inner
	}
	return func(a args[T]) Kernel {
		return shared(rows, max(1, (1<<14)/(p.Size*inner)), func(lo, hi int) {
			kernels.PlaceRows(rows, starts, a.out, a.in, lo, hi)
		})
	}
}

// Together is the sum of two operations as one, where both are gradients of slices of one axis, or placedOp, and do not
// overlap. Order lists the inputs of the result by their number among those of a followed by those of b.
func Together(a, b gorgonia.Op) (p placedOp, order []int, ok bool) {
	x, okX := placed(a)
	y, okY := placed(b)
	if !okX || !okY || x.Axis != y.Axis || x.Rank != y.Rank || x.Size != y.Size {
		return p, nil, false
	}
	starts, lengths := slices.Concat(x.Starts, y.Starts), slices.Concat(x.Lengths, y.Lengths)
	order = make([]int, len(starts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return starts[i] - starts[j] })
	p = placedOp{Axis: x.Axis, Rank: x.Rank, Size: x.Size}
	end := 0
	for _, i := range order {
		if starts[i] < end {
			return p, nil, false
		}
		end = starts[i] + lengths[i]
		p.Starts, p.Lengths = append(p.Starts, starts[i]), append(p.Lengths, lengths[i])
	}
	return p, order, true
}

func placed(o gorgonia.Op) (placedOp, bool) {
	if p, ok := known(o).(placing); ok {
		return p.place()
	}
	return placedOp{}, false
}

// placing is an operation that puts its input into zeros; ok is false where it leaves gaps.
type placing interface {
	place() (p placedOp, ok bool)
}

func (p placedOp) place() (placedOp, bool) { return p, true }

func (g sliceGrad) place() (placedOp, bool) {
	s := g.of
	return placedOp{s.Axis, s.Rank, s.Size, []int{s.Start}, []int{s.count()}}, s.Step == 1
}
