package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// unless skips what follows, up to the label, if none of the flags is set.
func (t tileRegs) unless(flags int, label string) {
	TESTQ(U32(uint32(flags)), t.arg(argFlags))
	JZ(LabelRef(label))
}

func (t tileRegs) each(f func(row, vector int)) {
	for i := range t.rows {
		for j := range t.vectors {
			f(i, j)
		}
	}
}

// scale multiplies by alpha and adds beta·c.
func (t tileRegs) scale() {
	MOVQ(t.arg(argCStep), reg.RBX)
	t.unless(flagAlpha, "beta")
	t.v.broadcast(t.arg(argAlpha), t.temp(0))
	t.each(func(i, j int) { t.v.mul(t.temp(0), t.acc(i, j), t.acc(i, j)) })
	Label("beta")
	t.unless(flagBeta, "bias")
	t.v.broadcast(t.arg(argBeta), t.temp(0))
	MOVQ(reg.R12, reg.RAX)
	t.each(func(i, j int) {
		c := Mem{Base: reg.RAX, Disp: j * t.v.width()}
		if t.isMasked(j) {
			t.load(j, c, t.temp(1))
			t.v.fma(t.temp(1), t.temp(0), t.acc(i, j))
		} else {
			t.v.fma(c, t.temp(0), t.acc(i, j))
		}
		if j == t.vectors-1 && i < t.rows-1 {
			ADDQ(reg.RBX, reg.RAX)
		}
	})
	Label("bias")
}

// finish adds the bias, applies ReLU or LeakyReLU, and stores.
func (t tileRegs) finish() {
	MOVQ(t.arg(argBias), reg.RAX)
	TESTQ(reg.RAX, reg.RAX)
	JZ(LabelRef("activation"))
	for j := range t.vectors {
		x := t.temp(j % 2)
		t.load(j, Mem{Base: reg.RAX, Disp: j * t.v.width()}, x)
		for i := range t.rows {
			t.v.add(x, t.acc(i, j), t.acc(i, j))
		}
	}
	ADDQ(imm(t.vectors*t.v.width()), t.arg(argBias))
	Label("activation")
	t.unless(flagReLU|flagLeaky, "store")
	t.v.zero(t.temp(0))
	t.unless(flagReLU, "leaky")
	t.each(func(i, j int) { t.v.max(t.acc(i, j), t.temp(0), t.acc(i, j)) })
	JMP(LabelRef("store"))
	Label("leaky")
	t.v.broadcast(t.arg(argSlope), t.temp(1))
	t.each(func(i, j int) { t.v.rectify(t.temp(1), t.temp(0), t.temp(2), t.acc(i, j)) })
	Label("store")
	MOVQ(reg.R12, reg.RAX)
	t.each(func(i, j int) {
		t.store(j, t.acc(i, j), Mem{Base: reg.RAX, Disp: j * t.v.width()})
		if j == t.vectors-1 && i < t.rows-1 {
			ADDQ(reg.RBX, reg.RAX)
		}
	})
}

// rectify emits x = x > 0 ? x : slope·(x + 0), whose result of −0 is +0: with slope 0 it is Rectify.
func (v vec) rectify(slope, zero, spare, x Op) {
	v.add(zero, x, x) // −0 becomes +0
	v.leaky(slope, zero, spare, x)
}

// leaky emits x = x > 0 ? x : slope·x, with a register that holds zero and a spare one. It uses K2.
func (v vec) leaky(slope, zero, spare, x Op) {
	if v.wide {
		either(v, VCMPPS, VCMPPD)(Imm(2), zero, x, reg.K2) // x ≤ 0
		either(v, VMULPS, VMULPD)(slope, x, reg.K2, x)
		return
	}
	v.mul(slope, x, spare)
	either(v, VBLENDVPS, VBLENDVPD)(x, spare, x, x) // by the sign of x
}
