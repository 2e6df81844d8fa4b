package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// softmaxRows emits the softmax of each row, with the row's maximum and the sum of exponentials into stats.
func softmaxRows(v vec) {
	TEXT("softmaxRows"+v.name, NOSPLIT, "func(rows, cols int, dst, x, stats []float32)")
	Pragma("noescape")
	rows, cols := Load(Param("rows"), reg.R8), Load(Param("cols"), reg.R9)
	dst, x := Load(Param("dst").Base(), reg.RDI), Load(Param("x").Base(), reg.RSI)
	stats := Load(Param("stats").Base(), reg.R10)
	full, rest := reg.R12, reg.R11 // whole vectors of a row, and elements beyond them
	MOVQ(cols, full)
	SHRQ(Imm(pick[uint64](v.wide, 4, 3)), full)
	MOVQ(cols, reg.RCX)
	ANDQ(imm(v.lanes()-1), reg.RCX)
	MOVQ(reg.RCX, rest)
	v.tailMask()

	s := newScope(v, 2)
	acc, shift := s.new().(reg.VecPhysical), v.scalarReg().(reg.VecPhysical)
	at := func(base reg.Register) Mem { return Mem{Base: base, Index: reg.RAX, Scale: 1} }
	// pass emits a loop through a row
	pass := func(name string, body func(s *scope, masked bool)) {
		fresh := func() *scope { return &scope{vec: v, free: append([]Op(nil), s.free...)} }
		XORQ(reg.RAX, reg.RAX)
		MOVQ(full, reg.RCX)
		TESTQ(reg.RCX, reg.RCX)
		JZ(LabelRef(name + "Tail"))
		Label(name)
		body(fresh(), false)
		ADDQ(imm(v.width()), reg.RAX)
		DECQ(reg.RCX)
		JNZ(LabelRef(name))
		Label(name + "Tail")
		TESTQ(rest, rest)
		JZ(LabelRef(name + "Done"))
		body(fresh(), true)
		Label(name + "Done")
	}
	load := func(s *scope, base reg.Register, masked bool) Op {
		r := s.new()
		if masked {
			v.loadMasked(at(base), v.maskReg(), r)
		} else {
			v.mov(at(base), r)
		}
		return r
	}
	store := func(r Op, masked bool) {
		if masked {
			v.storeMasked(r, v.maskReg(), at(dst))
		} else {
			v.mov(r, at(dst))
		}
	}

	Label("row")
	v.loadConst(v.konst(negativeInfinity), acc)
	pass("max", func(s *scope, masked bool) {
		r := load(s, x, masked)
		switch {
		case !masked:
			v.max(r, acc, acc)
		case v.wide:
			VMAXPS(r, acc, reg.K1, acc)
		default:
			low := s.constant(negativeInfinity)
			VBLENDVPS(v.maskReg(), r, low, low)
			v.max(low, acc, acc)
		}
	})
	spare := s.free[0].(reg.VecPhysical)
	v.across(acc, spare, v.max)
	VMOVSS(acc.AsX(), Mem{Base: stats})
	VBROADCASTSS(Mem{Base: stats}, shift)
	v.zero(acc)
	pass("exp", func(s *scope, masked bool) {
		r := load(s, x, masked)
		v.sub(shift, r, r)
		y := s.exp(r)
		store(y, masked)
		switch {
		case !masked:
			v.add(y, acc, acc)
		case v.wide:
			VADDPS(y, acc, reg.K1, acc)
		default:
			v.and(v.maskReg(), y, y)
			v.add(y, acc, acc)
		}
	})
	v.across(acc, spare, v.add)
	VMOVSS(acc.AsX(), Mem{Base: stats, Disp: 4})
	VBROADCASTSS(Mem{Base: stats, Disp: 4}, acc)
	v.loadConst(v.konst(1), shift)
	v.div(acc, shift, shift)
	pass("scale", func(s *scope, masked bool) {
		r := load(s, dst, masked)
		v.mul(shift, r, r)
		store(r, masked)
	})
	LEAQ(Mem{Base: x, Index: cols, Scale: 4}, x)
	LEAQ(Mem{Base: dst, Index: cols, Scale: 4}, dst)
	ADDQ(Imm(8), stats)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
