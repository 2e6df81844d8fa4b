package graph

import (
	"math"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// patterns is the list of fusions: each looks at one instruction and may rewrite it in place to read earlier values
// directly. What nobody reads any more goes with the dead code. The identity that each uses stands beside it.
//
// Those of relu, which is x ⊙ (x > 0), hold for finite numbers: where Gorgonia multiplies by a 0, so that −∞, or a
// gradient that is NaN, gives NaN, the result here is 0. A NaN in x stays one. Those of rectify, which is x ⊙ (x ≥ 0) as
// gorgonia.Rectify has it, hold for all numbers; the result for −0 is +0.
var patterns = []struct {
	name string
	try  func(*fuser, *instruction) bool
}{
	{"x ± repeat(row) = RowShift", (*fuser).rowShift},
	{"x ⊙ repeat(row), x ÷ repeat(row) = RowScale", (*fuser).rowScale},
	{"x ⊙ (x > 0) = relu(x), x ⊙ (x ≥ 0) = rectify(x)", (*fuser).relu},
	{"dy ⊙ (x > 0) = dy·relu'(x), dy ⊙ (x ≥ 0) = dy·rectify'(x) = Gate", (*fuser).reluGrad},
	{"(σ(x) ⊙ (1 − σ(x))) ⊙ dy = dy·σ'(x)", (*fuser).sigmoidGrad},
	{"(1 − y ⊙ y) ⊙ dy = dy·tanh'", (*fuser).tanhGrad},
	{"matmul(x, w) + row = Dense", (*fuser).dense},
	{"batch-norm(layer) = layer with other weights", (*fuser).batchNorm},
	{"act(layer) = layer(act)", (*fuser).activate},
	{"act'(x) ⊙ maxpool'(x)·dy = maxpool'(x)·(act'(maxpool(x)) ⊙ dy)", (*fuser).poolGrad},
	{"Σ maxpool'(x)·dy = Σ dy", (*fuser).poolSums},
	{"slice'(x)·dy + slice'(x)·dz = dy and dz side by side", (*fuser).placed},
	{"Σ (t ⊙ log-softmax(x)) = LogLikelihood", (*fuser).logLikelihood},
	{"c·LogLikelihood, −LogLikelihood = LogLikelihood(c)", (*fuser).scaleLoss},
	{"log-softmax'(x)·(t ⊙ c) = LogLikelihoodGrad(c)", (*fuser).logLikelihoodGrad},
}

// fuse applies the patterns, in order of the program, until none fits.
func fuse(c *compilation) error {
	f := &fuser{c: c}
	for again := true; again; {
		again = false
		f.index()
		for _, i := range c.instrs {
			if !isFloat(i.out.dtype) { // our operations have no kernels for the rest
				continue
			}
			for _, p := range patterns {
				if p.try(f, i) {
					again = true
					f.index()
				}
			}
		}
		if err := removeDead(c); err != nil {
			return err
		}
	}
	return nil
}

type fuser struct {
	c    *compilation
	def  map[*value]*instruction
	uses map[*value]int
	at   map[*value]int // position of the instruction that computes it

	reluOf    map[*value]*value // relu(x) or rectify(x) by x: whichever tells where x is positive
	rectifyOf map[*value]*value
}

func (f *fuser) index() {
	f.def, f.uses = map[*value]*instruction{}, map[*value]int{}
	f.at, f.reluOf, f.rectifyOf = map[*value]int{}, map[*value]*value{}, map[*value]*value{}
	for t, i := range f.c.instrs {
		f.def[i.out], f.at[i.out] = i, t
		for _, v := range i.in {
			f.uses[v]++
		}
		a, ok := definition[op.Activating](i)
		if !ok {
			continue
		}
		switch act, _ := a.Activates(); act {
		case op.ReLU:
			f.reluOf[i.in[0]] = i.out
		case op.Rectify:
			f.reluOf[i.in[0]], f.rectifyOf[i.in[0]] = i.out, i.out
		}
	}
}

// definition is what an instruction's operation, one of ours, knows of itself; ok is false where it does not know that.
func definition[R any](i *instruction) (r R, ok bool) {
	if i == nil {
		return r, false
	}
	o, ours := i.op.(*op.Operation)
	if !ours {
		return r, false
	}
	r, ok = o.Definition.(R)
	return r, ok
}

func (f *fuser) kind(v *value) op.Kind {
	if i := f.def[v]; i != nil {
		return op.KindOf(i.op)
	}
	return op.KindOther
}

// inner tells whether a value has one reader and need not be visible, so that it may vanish into that reader.
func (f *fuser) inner(v *value) bool { return f.def[v] != nil && !v.pinned && f.uses[v] == 1 }

func (i *instruction) become(r op.Definition, in ...*value) bool {
	i.op, i.in = op.New(r), in
	return true
}

func isFloat(dt tensor.Dtype) bool { return dt == tensor.Float32 || dt == tensor.Float64 }

// isNumber tells whether v is a constant scalar of that value.
func isNumber(v *value, want float64) bool {
	if v.node.Op() == nil || !op.IsConstant(v.node.Op()) {
		return false
	}
	switch x := v.data.(type) {
	case *gorgonia.F32:
		return float64(*x) == want && !math.Signbit(float64(*x))
	case *gorgonia.F64:
		return float64(*x) == want && !math.Signbit(float64(*x))
	}
	return false
}
