package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An updateRule emits one step of an optimizer for a register of each of the slices: w, g and the slots. k holds the
// constants in the order of the portable function, whose operations are repeated one by one: a fused multiply-add would
// round differently.
type updateRule struct {
	name   string
	slices int
	consts int
	body   func(v vec, k, x []Op, t Op, store func(slice int, r Op))
}

var updateRules = []updateRule{
	{"sgd", 2, 2, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		lr, wd := k[0], k[1]
		w, d := x[0], x[1]
		v.decayed(wd, w, d, t)
		v.mul(lr, d, d)
		v.sub(d, w, w)
		store(0, w)
	}},
	{"momentum", 3, 4, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		lr, wd, mu, gain := k[0], k[1], k[2], k[3]
		w, d, b := x[0], x[1], x[2]
		v.decayed(wd, w, d, t)
		v.mixed(mu, b, gain, d, t)
		store(2, b)
		v.mul(lr, b, t)
		v.sub(t, w, w)
		store(0, w)
	}},
	{"nesterov", 3, 4, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		lr, wd, mu, gain := k[0], k[1], k[2], k[3]
		w, d, b := x[0], x[1], x[2]
		v.decayed(wd, w, d, t)
		v.mixed(mu, b, gain, d, t)
		store(2, b)
		v.mul(mu, b, t)
		v.add(d, t, t)
		v.mul(lr, t, t)
		v.sub(t, w, w)
		store(0, w)
	}},
	{"adam", 4, 9, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		s, r, e, sh := k[4], k[5], k[6], k[8]
		w, m, second := x[0], x[2], x[3]
		v.moments(k, x, k[7], t, store)
		v.denominator(second, r, e, t)
		v.div(t, m, t)
		v.mul(s, t, t)
		v.mul(sh, w, w)
		v.sub(t, w, w)
		store(0, w)
	}},
	{"amsgrad", 5, 9, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		s, r, e, sh := k[4], k[5], k[6], k[8]
		w, d, m, second, peak := x[0], x[1], x[2], x[3], x[4]
		v.moments(k, x, k[7], t, store)
		v.largest(peak, second, peak, t, d)
		store(4, peak)
		v.denominator(peak, r, e, t)
		v.div(t, m, t)
		v.mul(s, t, t)
		v.mul(sh, w, w)
		v.sub(t, w, w)
		store(0, w)
	}},
	{"nadam", 4, 9, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		sg, sm, r, e := k[4], k[5], k[6], k[7]
		w, d, m, second := x[0], x[1], x[2], x[3]
		v.moments(k, x, k[8], t, store)
		v.mul(sg, d, d)
		v.mul(sm, m, m)
		v.add(m, d, d)
		v.denominator(second, r, e, t)
		v.div(t, d, t)
		v.sub(t, w, w)
		store(0, w)
	}},
	{"adagrad", 3, 3, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		lr, e, wd := k[0], k[1], k[2]
		w, d, sum := x[0], x[1], x[2]
		v.decayed(wd, w, d, t)
		v.mul(d, d, t)
		v.add(t, sum, sum)
		store(2, sum)
		v.sqrt(sum, t)
		v.add(e, t, t)
		v.div(t, d, t)
		v.mul(lr, t, t)
		v.sub(t, w, w)
		store(0, w)
	}},
	{"rmsprop", 3, 5, func(v vec, k, x []Op, t Op, store func(int, Op)) {
		lr, a, c, e, wd := k[0], k[1], k[2], k[3], k[4]
		w, d, second := x[0], x[1], x[2]
		v.decayed(wd, w, d, t)
		v.mixedSquare(a, second, c, d, t)
		store(2, second)
		v.sqrt(second, t)
		v.add(e, t, t)
		v.div(t, d, t)
		v.mul(lr, t, t)
		v.sub(t, w, w)
		store(0, w)
	}},
}

// decayed emits d += wd·w.
func (v vec) decayed(wd, w, d, t Op) {
	v.mul(wd, w, t)
	v.add(t, d, d)
}

// mixed emits m = b·m + c·d.
func (v vec) mixed(b, m, c, d, t Op) {
	v.mul(b, m, m)
	v.mul(c, d, t)
	v.add(t, m, m)
}

// mixedSquare emits m = b·m + (c·d)·d.
func (v vec) mixedSquare(b, m, c, d, t Op) {
	v.mul(b, m, m)
	v.mul(c, d, t)
	v.mul(d, t, t)
	v.add(t, m, m)
}

// moments emits what Adam and its kin begin with: the decayed gradient in x[1], and both moments.
func (v vec) moments(k, x []Op, wd, t Op, store func(int, Op)) {
	v.decayed(wd, x[0], x[1], t)
	v.mixed(k[0], x[2], k[1], x[1], t)
	store(2, x[2])
	v.mixedSquare(k[2], x[3], k[3], x[1], t)
	store(3, x[3])
}

// denominator emits t = r·√x + e.
func (v vec) denominator(x, r, e, t Op) {
	v.sqrt(x, t)
	v.mul(r, t, t)
	v.add(e, t, t)
}

// largest emits dst = max(a, b) as Go has it: NaN if either is, and +0 above −0. The instruction gives its second
// operand for two zeros and for a NaN, so both orders are asked: their common bits are the right zero, and anything
// added to a NaN is one. dst may be a; t and spare are changed.
func (v vec) largest(a, b, dst, t, spare Op) {
	v.max(a, b, t)
	v.max(b, a, spare)
	v.and(spare, t, t)
	v.add(b, a, spare) // the NaN, where there is one
	if v.wide {
		either(v, VCMPPS, VCMPPD)(U8(unordered), b, a, reg.K2)
		either(v, VMOVUPS, VMOVUPD)(spare, reg.K2, t)
		either(v, VMOVAPS, VMOVAPD)(t, dst)
		return
	}
	either(v, VCMPPS, VCMPPD)(U8(unordered), b, a, dst)
	either(v, VBLENDVPS, VBLENDVPD)(dst, spare, t, dst)
}

const unordered = 3 // predicate of compare: either is NaN

// updates emits NAME<kind> for each rule, and the scans of gradients.
func updates(vs ...vec) {
	for _, v := range vs {
		for _, r := range updateRules {
			r.emit(v)
		}
		squares(v)
		residue(v)
	}
}

var sliceRegs = []reg.GPPhysical{reg.RDI, reg.RSI, reg.RDX, reg.R8, reg.R9}

func (r updateRule) emit(v vec) {
	TEXT(r.name+v.name, NOSPLIT, fmt.Sprintf("func(x [5][]%s, k [10]%[1]s)", elementType(v)))
	Pragma("noescape")
	for i := range r.slices {
		Load(Param("x").Index(i).Base(), sliceRegs[i])
	}
	Load(Param("x").Index(0).Len(), reg.RCX)
	s := newScope(v, 1)
	k := make([]Op, r.consts)
	for i := range k {
		k[i] = s.new()
		c, err := Param("k").Index(i).Resolve()
		if err != nil {
			panic(err)
		}
		v.broadcast(c.Addr, k[i])
	}
	x := make([]Op, r.slices)
	for i := range x {
		x[i] = s.new()
	}
	t := s.new()
	XORQ(reg.RAX, reg.RAX) // bytes from the start
	step := func(masked bool) {
		at := func(i int) Mem { return Mem{Base: sliceRegs[i], Index: reg.RAX, Scale: 1} }
		for i := range x {
			if masked {
				v.loadMasked(at(i), v.maskReg(), x[i])
			} else {
				v.mov(at(i), x[i])
			}
		}
		r.body(v, k, x, t, func(i int, from Op) {
			if masked {
				v.storeMasked(from, v.maskReg(), at(i))
			} else {
				v.mov(from, at(i))
			}
		})
	}
	SUBQ(imm(v.lanes()), reg.RCX)
	JLT(LabelRef("tail"))
	Label("single")
	step(false)
	ADDQ(imm(v.width()), reg.RAX)
	SUBQ(imm(v.lanes()), reg.RCX)
	JGE(LabelRef("single"))
	Label("tail")
	ADDQ(imm(v.lanes()), reg.RCX)
	JZ(LabelRef("done"))
	v.tailMask()
	step(true)
	Label("done")
	VZEROUPPER()
	RET()
}
