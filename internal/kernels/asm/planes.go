package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// addPlane emits addPlane<kind>: it adds rows ≥ 1 rows of cols ≥ 1 elements, srcStep bytes apart, to rows that are
// dstStep bytes apart.
func addPlane(v vec) {
	TEXT("addPlane"+v.name, NOSPLIT, "func(dst, dstStep, src, srcStep uintptr, rows, cols int)")
	Pragma("noescape")
	dst, dstStep := Load(Param("dst"), reg.RDI), Load(Param("dstStep"), reg.R8)
	src, srcStep := Load(Param("src"), reg.RSI), Load(Param("srcStep"), reg.R9)
	rows, cols := Load(Param("rows"), reg.R10), Load(Param("cols"), reg.R11)
	full, rest := reg.R12, reg.R13
	MOVQ(cols, reg.RCX)
	ANDQ(imm(v.lanes()-1), reg.RCX)
	MOVQ(reg.RCX, rest)
	SUBQ(reg.RCX, cols)
	SHLQ(Imm(pick[uint64](v.f64, 3, 2)), cols)
	MOVQ(cols, full) // bytes of whole vectors
	v.tailMask()
	at := func(base reg.Register) Mem { return Mem{Base: base, Index: reg.RAX, Scale: 1} }
	Label("row")
	XORQ(reg.RAX, reg.RAX)
	CMPQ(reg.RAX, full)
	JGE(LabelRef("tail"))
	Label("vector")
	v.mov(at(src), v.r(0))
	v.add(at(dst), v.r(0), v.r(0))
	v.mov(v.r(0), at(dst))
	ADDQ(imm(v.width()), reg.RAX)
	CMPQ(reg.RAX, full)
	JLT(LabelRef("vector"))
	Label("tail")
	TESTQ(rest, rest)
	JZ(LabelRef("next"))
	v.loadMasked(at(src), v.maskReg(), v.r(0))
	v.loadMasked(at(dst), v.maskReg(), v.r(1))
	v.add(v.r(1), v.r(0), v.r(0))
	v.storeMasked(v.r(0), v.maskReg(), at(dst))
	Label("next")
	ADDQ(srcStep, src)
	ADDQ(dstStep, dst)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
