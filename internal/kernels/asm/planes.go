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

// planes emits the copying of planes, for AVX2; wider vectors would only wait for memory.
func planes(v vec) {
	copyPlane(v)
	unzipPlane(v)
	zipPlane(v)
}

// rowParts emits a loop over rows, and in each over parts of so many bytes; the last part of a row overlaps the one before.
// body works at AX in rows that next advances. R10 counts the rows, R11 holds the bytes of a row.
func rowParts(part int, body, next func()) {
	SUBQ(imm(part), reg.R11) // where the last part begins
	Label("row")
	XORQ(reg.RAX, reg.RAX)
	Label("part")
	body()
	CMPQ(reg.RAX, reg.R11)
	JGE(LabelRef("next"))
	ADDQ(imm(part), reg.RAX)
	CMPQ(reg.RAX, reg.R11)
	CMOVQGT(reg.R11, reg.RAX)
	JMP(LabelRef("part"))
	Label("next")
	next()
	DECQ(reg.R10)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// copyPlane emits copyPlane<kind>: it copies rows ≥ 1 rows of cols elements, which fill at least a register.
func copyPlane(v vec) {
	TEXT("copyPlane"+v.name, NOSPLIT, "func(dst, dstStep, src, srcStep uintptr, rows, cols int)")
	Pragma("noescape")
	dst, dstStep := Load(Param("dst"), reg.RDI), Load(Param("dstStep"), reg.R8)
	src, srcStep := Load(Param("src"), reg.RSI), Load(Param("srcStep"), reg.R9)
	Load(Param("rows"), reg.R10)
	Load(Param("cols"), reg.R11)
	SHLQ(Imm(pick[uint64](v.f64, 3, 2)), reg.R11)
	rowParts(v.width(), func() {
		v.mov(Mem{Base: src, Index: reg.RAX, Scale: 1}, v.r(0))
		v.mov(v.r(0), Mem{Base: dst, Index: reg.RAX, Scale: 1})
	}, func() {
		ADDQ(srcStep, src)
		ADDQ(dstStep, dst)
	})
}

const zipSignature = "func(even, evenStep, odd, oddStep, both, bothStep uintptr, rows, pairs int)"

// zipRegs loads the parameters of zipSignature: even elements at DI, odd ones at SI, both at DX, steps in R8, R9, R12.
func zipRegs(v vec) (next func()) {
	Load(Param("even"), reg.RDI)
	Load(Param("evenStep"), reg.R8)
	Load(Param("odd"), reg.RSI)
	Load(Param("oddStep"), reg.R9)
	Load(Param("both"), reg.RDX)
	Load(Param("bothStep"), reg.R12)
	Load(Param("rows"), reg.R10)
	Load(Param("pairs"), reg.R11)
	SHLQ(Imm(pick[uint64](v.f64, 3, 2)), reg.R11)
	return func() {
		ADDQ(reg.R8, reg.RDI)
		ADDQ(reg.R9, reg.RSI)
		ADDQ(reg.R12, reg.RDX)
	}
}

// unzipPlane emits unzipPlane<kind>: it copies the even and the odd elements of rows ≥ 1 rows of so many pairs, at least
// 16 bytes of each.
func unzipPlane(v vec) {
	TEXT("unzipPlane"+v.name, NOSPLIT, zipSignature)
	Pragma("noescape")
	next := zipRegs(v)
	rowParts(16, func() {
		v.mov(Mem{Base: reg.RDX, Index: reg.RAX, Scale: 2}, v.r(0))
		v.pairs(v.r(0), v.r(1), v.r(2))
		v.mov(v.r(1).AsX(), Mem{Base: reg.RDI, Index: reg.RAX, Scale: 1})
		v.mov(v.r(2).AsX(), Mem{Base: reg.RSI, Index: reg.RAX, Scale: 1})
	}, next)
}

// zipPlane emits zipPlane<kind>, the inverse of unzipPlane.
func zipPlane(v vec) {
	TEXT("zipPlane"+v.name, NOSPLIT, zipSignature)
	Pragma("noescape")
	next := zipRegs(v)
	low, high := either(v, VUNPCKLPS, VUNPCKLPD), either(v, VUNPCKHPS, VUNPCKHPD)
	rowParts(16, func() {
		even, odd, x := v.r(0).AsX(), v.r(1).AsX(), v.r(2).AsX()
		v.mov(Mem{Base: reg.RDI, Index: reg.RAX, Scale: 1}, even)
		v.mov(Mem{Base: reg.RSI, Index: reg.RAX, Scale: 1}, odd)
		low(odd, even, x)
		high(odd, even, even)
		v.mov(x, Mem{Base: reg.RDX, Index: reg.RAX, Scale: 2})
		v.mov(even, Mem{Base: reg.RDX, Index: reg.RAX, Scale: 2, Disp: 16})
	}, next)
}
