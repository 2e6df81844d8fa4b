package graph

import (
	"math"

	"github.com/gtrain/gtrain/graph/op"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// patterns is the list of fusions: each looks at one instruction and may rewrite it in place to read earlier values
// directly. What nobody reads any more goes with the dead code. The identity that each uses stands beside it. Those of
// relu hold for finite numbers: where Gorgonia multiplies by a 0, so that −∞, or a gradient that is NaN, gives NaN, the
// result here is 0. A NaN in x stays one.
var patterns = []struct {
	name string
	try  func(*fuser, *instruction) bool
}{
	{"x ± repeat(row) = RowShift", (*fuser).rowShift},
	{"x ⊙ repeat(row), x ÷ repeat(row) = RowScale", (*fuser).rowScale},
	{"x ⊙ (x ≥ 0) = relu(x)", (*fuser).relu},
	{"dy ⊙ (x > 0) = dy·relu'(x), dy ⊙ (x ≥ 0) = Gate", (*fuser).reluGrad},
	{"(σ(x) ⊙ (1 − σ(x))) ⊙ dy = dy·σ'(x)", (*fuser).sigmoidGrad},
	{"(1 − y ⊙ y) ⊙ dy = dy·tanh'", (*fuser).tanhGrad},
	{"matmul(x, w) + row = Dense", (*fuser).dense},
	{"act(Dense) = Dense(act)", (*fuser).activate},
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
	c      *compilation
	def    map[*value]*instruction
	uses   map[*value]int
	reluOf map[*value]*value // relu(x) by x
	at     map[*value]int    // position of the instruction that computes it
}

func (f *fuser) index() {
	f.def, f.uses = map[*value]*instruction{}, map[*value]int{}
	f.reluOf, f.at = map[*value]*value{}, map[*value]int{}
	for t, i := range f.c.instrs {
		f.def[i.out], f.at[i.out] = i, t
		for _, v := range i.in {
			f.uses[v]++
		}
		if r, ok := room[op.Elementwise](i); ok && r.Act == op.ReLU {
			f.reluOf[i.in[0]] = i.out
		}
	}
}

func room[R op.Room](i *instruction) (r R, ok bool) {
	if i == nil {
		return r, false
	}
	o, ours := i.op.(*op.Operation)
	if !ours {
		return r, false
	}
	r, ok = o.Room.(R)
	return r, ok
}

func (f *fuser) name(v *value) string {
	if i := f.def[v]; i != nil {
		return op.Describe(i.op).Name
	}
	return ""
}

// inner tells whether a value has one reader and need not be visible, so that it may vanish into that reader.
func (f *fuser) inner(v *value) bool { return f.def[v] != nil && !v.pinned && f.uses[v] == 1 }

func (i *instruction) become(r op.Room, in ...*value) bool {
	i.op, i.in = op.New(r), in
	return true
}

func isFloat(dt tensor.Dtype) bool { return dt == tensor.Float32 || dt == tensor.Float64 }

// row undoes a broadcast over the batch: v = repeat(reshape(b → (1, n)), along 0). The row is a vector or (1, n).
func (f *fuser) row(v *value, like *value) *value {
	rep := f.def[v]
	if rep == nil || len(like.shape) != 2 || !sameDims(v.shape, like.shape) {
		return nil
	}
	if d := op.Describe(rep.op); d.Name != "repeat" || d.Axis != 0 || rep.in[0].shape.TotalSize() != like.shape[1] {
		return nil
	}
	b := rep.in[0]
	if r := f.def[b]; r != nil && op.Describe(r.op).Name == "reshape" && len(r.in[0].shape) == 1 {
		b = r.in[0]
	}
	return b
}

func (f *fuser) rowShift(i *instruction) bool {
	d := op.Describe(i.op).Name
	if d != "+" && d != "-" || !sameDims(i.in[0].shape, i.out.shape) {
		return false
	}
	if b := f.row(i.in[1], i.out); b != nil {
		return i.become(op.RowShift{Subtract: d == "-"}, i.in[0], b)
	}
	if d == "+" && sameDims(i.in[1].shape, i.out.shape) {
		if b := f.row(i.in[0], i.out); b != nil {
			return i.become(op.RowShift{}, i.in[1], b)
		}
	}
	return false
}

func (f *fuser) rowScale(i *instruction) bool {
	d := op.Describe(i.op).Name
	if d != "⊙" && d != "÷" || !sameDims(i.in[0].shape, i.out.shape) {
		return false
	}
	if b := f.row(i.in[1], i.out); b != nil {
		return i.become(op.RowScale{Divide: d == "÷"}, i.in[0], b)
	}
	return false
}

// positive returns x where v = (x > 0), or v = (x ≥ 0): orEqual says which.
func (f *fuser) positive(v *value) (x *value, orEqual bool) {
	cmp := f.def[v]
	if cmp == nil {
		return nil, false
	}
	name := op.Describe(cmp.op).Name
	if name != ">" && name != ">=" || !isNumber(cmp.in[1], 0) || !sameDims(cmp.in[0].shape, v.shape) {
		return nil, false
	}
	return cmp.in[0], name == ">="
}

// isNumber tells whether v is a constant scalar of that value.
func isNumber(v *value, want float64) bool {
	if v.node.Op() == nil || !isConstant(v.node.Op()) {
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

func (f *fuser) relu(i *instruction) bool {
	if op.Describe(i.op).Name != "⊙" {
		return false
	}
	for k := range 2 {
		if x, _ := f.positive(i.in[1-k]); x != nil && x == i.in[k] {
			return i.become(op.Elementwise{Act: op.ReLU}, x)
		}
	}
	return false
}

func (f *fuser) reluGrad(i *instruction) bool {
	if op.Describe(i.op).Name != "⊙" {
		return false
	}
	for k := range 2 {
		x, orEqual := f.positive(i.in[1-k])
		if x == nil || x == i.in[k] || !sameDims(i.in[k].shape, x.shape) {
			continue
		}
		if orEqual {
			return i.become(op.Gate{}, x, i.in[k])
		}
		ref := x // relu(x) > 0 where x > 0, and lets x vanish into the layer before
		if y := f.reluOf[x]; y != nil && f.at[y] < f.at[i.out] {
			ref = y
		}
		return i.become(op.ActivationGrad{Act: op.ReLU}, ref, i.in[k])
	}
	return false
}

// sigmoidGrad also knows the form σ(x) ⊙ σ(−x), which Gorgonia makes of σ(x) ⊙ (1 − σ(x)).
func (f *fuser) sigmoidGrad(i *instruction) bool {
	if op.Describe(i.op).Name != "⊙" || f.name(i.in[0]) != "⊙" {
		return false
	}
	prod := f.def[i.in[0]]
	y, rest := prod.in[0], f.def[prod.in[1]]
	if rest == nil || !sameDims(i.in[1].shape, y.shape) {
		return false
	}
	switch op.Describe(rest.op).Name {
	case "-":
		if !isNumber(rest.in[0], 1) || rest.in[1] != y || f.name(y) != "sigmoid" && !f.isLayer(y, op.Sigmoid) {
			return false
		}
	case "sigmoid":
		minus := f.def[rest.in[0]]
		if minus == nil || op.Describe(minus.op).Name != "neg" || f.name(y) != "sigmoid" || f.def[y].in[0] != minus.in[0] {
			return false
		}
	default:
		return false
	}
	return i.become(op.ActivationGrad{Act: op.Sigmoid}, y, i.in[1])
}

func (f *fuser) tanhGrad(i *instruction) bool {
	if op.Describe(i.op).Name != "⊙" || f.name(i.in[0]) != "-" {
		return false
	}
	diff := f.def[i.in[0]]
	sq := f.def[diff.in[1]]
	if !isNumber(diff.in[0], 1) || sq == nil || op.Describe(sq.op).Name != "⊙" || sq.in[0] != sq.in[1] {
		return false
	}
	y := sq.in[0]
	if f.name(y) != "tanh" && !f.isLayer(y, op.Tanh) || !sameDims(i.in[1].shape, y.shape) {
		return false
	}
	return i.become(op.ActivationGrad{Act: op.Tanh}, y, i.in[1])
}

func (f *fuser) isLayer(v *value, act op.Activation) bool {
	d, ok := room[op.DenseLayer](f.def[v])
	return ok && d.Act == act
}

func (f *fuser) dense(i *instruction) bool {
	shift, ok := room[op.RowShift](i)
	if !ok || shift.Subtract || !f.inner(i.in[0]) {
		return false
	}
	mm := f.def[i.in[0]]
	plain := op.Describe(mm.op) == op.Desc{Name: "matmul"}
	if r, ours := room[op.MatMul](mm); ours {
		plain = r == op.MatMul{}
	}
	if !plain {
		return false
	}
	return i.become(op.DenseLayer{}, mm.in[0], mm.in[1], i.in[1])
}

func (f *fuser) activate(i *instruction) bool {
	act, slope, ok := f.activation(i)
	if !ok || !f.inner(i.in[0]) {
		return false
	}
	d, layer := room[op.DenseLayer](f.def[i.in[0]])
	if !layer || d.Act != op.Identity {
		return false
	}
	return i.become(op.DenseLayer{Act: act, Slope: slope}, f.def[i.in[0]].in...)
}

func (f *fuser) activation(i *instruction) (op.Activation, float64, bool) {
	if r, ok := room[op.Elementwise](i); ok {
		return r.Act, r.Slope, true
	}
	name := op.Describe(i.op).Name
	for _, a := range []op.Activation{op.Sigmoid, op.Tanh, op.Softplus} {
		if a.String() == name {
			return a, 0, true
		}
	}
	return 0, 0, false
}
