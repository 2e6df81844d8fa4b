package op

import (
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// span computes the elements lo to hi of an elementwise operation that is bound to its slices.
type span func(lo, hi int)

// whole is the kernel that computes all n elements, or nil without a span.
func whole(n int, s span) Kernel {
	if s == nil {
		return nil
	}
	return func() error { s(0, n); return nil }
}

// Chain is elementwise operations one after the other, each reading the result of the one before it. They run block by
// block, so that what passes between them stays in the first-level cache instead of going through memory. Every step
// runs the kernel that it would run alone: results have the same bits. Make one with NewChain.
type Chain struct{ *chain }

var _ interface {
	Definition
	InPlacer
} = Chain{}

type chain struct {
	steps  []Step
	shape  tensor.Shape
	inputs int
}

// Step is one operation of a Chain. In says what it reads: input In[k] of the chain, or Previous.
type Step struct {
	Op gorgonia.Op
	In []int
}

func (s Step) reads(input int) bool {
	for _, k := range s.In {
		if k == input {
			return true
		}
	}
	return false
}

// Previous, in Step.In, is the result of the step before.
const Previous = -1

// NewChain makes a Chain of operations that are Chainable, of that many inputs, and of this shape.
func NewChain(steps []Step, inputs int, shape tensor.Shape) Chain {
	return Chain{&chain{steps, shape, inputs}}
}

// Steps are the operations. They must not be changed.
func (c Chain) Steps() []Step { return c.steps }

func (c Chain) String() string {
	names := make([]string, len(c.steps))
	for i, s := range c.steps {
		names[i] = strings.TrimSuffix(fmt.Sprint(s.Op), " false")
	}
	return "Chain(" + strings.Join(names, ", ") + ")"
}

// Signature implements Definition.
func (c Chain) Signature() Signature {
	in := make([]Rank, c.inputs)
	for i := range in {
		in[i] = Same
	}
	return Signature{In: in, Out: Same}
}

// Shape implements Definition. An input has the shape of the result, or is one number.
func (c Chain) Shape(in []tensor.Shape) (tensor.Shape, error) {
	for i, s := range in {
		if s.TotalSize() != 1 && s.TotalSize() != c.shape.TotalSize() {
			return nil, errors.Errorf("%v: input %d is %v; want %v or a number", c, i, s, c.shape)
		}
	}
	return c.shape.Clone(), nil
}

// InPlace implements InPlacer: the inputs that the first step alone reads, where it may overwrite them.
func (c Chain) InPlace() (ok []int) {
	first := c.steps[0]
next:
	for _, k := range InPlace(first.Op) {
		for _, s := range c.steps[1:] {
			if s.reads(first.In[k]) {
				continue next
			}
		}
		ok = append(ok, first.In[k])
	}
	return ok
}

// Chainer is an elementwise operation that may be a step of a Chain: each element of the result is computed from the same
// element of the inputs, or from an input that is one number.
type Chainer interface {
	// Span32 gives the function that computes elements lo to hi of out, or nil where there is none. It is also asked with
	// slices of length 0, to see whether there is one. An input that the operation may overwrite (InPlacer) may be out.
	Span32(out []float32, in [][]float32) func(lo, hi int)
	// Span64 is the same in float64.
	Span64(out []float64, in [][]float64) func(lo, hi int)
}

// Chainable tells whether an operation may be a step of a Chain that gives out: it is a Chainer, and each input is of that
// size or a number.
func Chainable(o gorgonia.Op, out tensor.Shape, in ...tensor.Shape) bool {
	for _, s := range in {
		if n := s.TotalSize(); n != out.TotalSize() && n != 1 {
			return false
		}
	}
	c, ok := known(o).(Chainer)
	return ok && c.Span64(nil, make([][]float64, len(in))) != nil
}

func spanOf[T kernels.Float](know any, a args[T]) span {
	c, ok := know.(Chainer)
	if !ok {
		return nil
	}
	switch a := any(a).(type) {
	case args[float32]:
		return c.Span32(a.out, a.in)
	case args[float64]:
		return c.Span64(a.out, a.in)
	}
	return nil
}

// Blocks of a chain, in elements: of what one step hands to the next, and of what one worker takes. Both are whole
// numbers of vectors, so that no element falls into another kernel's tail than without the chain.
const (
	chainBlock = 1 << 12
	chainGrain = 1 << 14
)

// Bind implements Definition. What one step hands to the next lies in the block of the result itself.
func (c Chain) Bind(out gorgonia.Value, in []gorgonia.Value) (Kernel, error) {
	var unknown error
	k, err := bind(c, out, in, bindChain[float32](c, &unknown), bindChain[float64](c, &unknown))
	if err == nil {
		err = unknown
	}
	return k, err
}

func bindChain[T kernels.Float](c Chain, unknown *error) func(args[T]) Kernel {
	return func(a args[T]) Kernel {
		spans := make([]span, len(c.steps))
		for i, s := range c.steps {
			step := args[T]{out: a.out}
			for _, k := range s.In {
				if k == Previous {
					step.in = append(step.in, a.out)
				} else {
					step.in = append(step.in, a.in[k])
				}
			}
			if spans[i] = spanOf(known(s.Op), step); spans[i] == nil {
				*unknown = errors.Errorf("%v: step %v has no elementwise kernel", c, s.Op)
				return nil
			}
		}
		blocks := func(lo, hi int) {
			for ; lo < hi; lo += chainBlock {
				for _, s := range spans {
					s(lo, min(lo+chainBlock, hi))
				}
			}
		}
		n := len(a.out)
		if n < 2*chainGrain {
			return whole(n, blocks)
		}
		return func() error { workers.Parallel(n, chainGrain, blocks); return nil }
	}
}
