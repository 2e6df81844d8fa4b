package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in kernels.convStackArgs; a test there compares them.
const (
	stackA       = 8 * iota // address of the filter's first weight
	stackX                  // address of the first place's element of the image
	stackXStep              // bytes from row to row
	stackOffsets            // address of the offset in bytes, 32 bits, of each weight's element
	stackK                  // weights, at least 1
	stackC                  // address of the first result
	stackCStep              // bytes from row to row
	stackBytes              // bytes of a row of results, at least a register
	stackBias               // address of the bias, or 0
	stackSlope
	stackFlags
)

// stackRows is the number of rows that keeps both multipliers busy with one filter.
const stackRows = 9

// convolutionStacks emits the kernels convStack<kind>R<rows>, for AVX2: one filter at the places of rows rows, a vector of
// each at a time, where a group has too few filters to share what is read. The last vector of a row overlaps the one
// before.
func convolutionStacks(v vec) {
	for r := 1; r <= stackRows; r++ {
		convolutionStack(v, r)
	}
	for r := 1; r <= maxStackRows; r++ {
		maxStack(v, r)
	}
}

func convolutionStack(v vec, rows int) {
	TEXT(fmt.Sprintf("convStack%sR%d", v.name, rows), NOSPLIT, "func(t *[11]uint64)")
	Pragma("noescape")
	arg := func(offset int) Mem { return Mem{Base: reg.RDI, Disp: offset} }
	Load(Param("t"), reg.RDI)
	weight, zero, spare := v.r(rows), v.r(rows+1), v.r(rows+2)
	s := stack{third: []reg.GPPhysical{reg.RBX, reg.RCX, reg.RDX}[:(rows+2)/3]}
	MOVQ(arg(stackXStep), reg.R10)
	MOVQ(arg(stackCStep), reg.R9)
	MOVQ(arg(stackBytes), reg.R12)
	SUBQ(imm(v.width()), reg.R12) // where the last vector begins
	XORQ(reg.RAX, reg.RAX)
	Label("part")
	for i := range rows {
		v.zero(v.r(i))
	}
	MOVQ(arg(stackX), reg.R13)
	ADDQ(reg.RAX, reg.R13)
	MOVQ(arg(stackA), reg.R14)
	MOVQ(arg(stackOffsets), reg.RSI)
	MOVQ(arg(stackK), reg.R11)
	Label("weight")
	MOVL(Mem{Base: reg.RSI}, reg.R8L)
	LEAQ(Mem{Base: reg.R13, Index: reg.R8, Scale: 1}, s.third[0])
	s.pointers(reg.R10)
	v.broadcast(Mem{Base: reg.R14}, weight)
	for i := range rows {
		v.fma(s.row(i, reg.R10), weight, v.r(i))
	}
	ADDQ(Imm(4), reg.RSI)
	ADDQ(imm(v.size()), reg.R14)
	DECQ(reg.R11)
	JNZ(LabelRef("weight"))

	MOVQ(arg(stackBias), reg.RSI)
	TESTQ(reg.RSI, reg.RSI)
	JZ(LabelRef("activation"))
	v.broadcast(Mem{Base: reg.RSI}, weight)
	for i := range rows {
		v.add(weight, v.r(i), v.r(i))
	}
	Label("activation")
	TESTQ(U32(flagReLU|flagLeaky), arg(stackFlags))
	JZ(LabelRef("store"))
	v.zero(zero)
	TESTQ(U32(flagReLU), arg(stackFlags))
	JZ(LabelRef("leaky"))
	for i := range rows {
		v.max(v.r(i), zero, v.r(i))
	}
	JMP(LabelRef("store"))
	Label("leaky")
	v.broadcast(arg(stackSlope), weight)
	for i := range rows {
		v.leaky(weight, zero, spare, v.r(i))
	}
	Label("store")
	s.finish(v, rows, arg)
}

// A stack addresses rows: every third one has a pointer.
type stack struct{ third []reg.GPPhysical }

// row is row i where rows are step bytes apart.
func (s stack) row(i int, step reg.Register) Mem {
	m := Mem{Base: s.third[i/3]}
	if i%3 > 0 {
		m.Index, m.Scale = step, uint8(i%3)
	}
	return m
}

// pointers sets the pointers from the first one.
func (s stack) pointers(step reg.Register) {
	for i := 1; i < len(s.third); i++ {
		LEAQ(Mem{Base: s.third[i-1], Index: step, Scale: 2}, s.third[i])
		ADDQ(step, s.third[i])
	}
}

// finish stores the rows' results, goes to the next part and returns after the last.
func (s stack) finish(v vec, rows int, arg func(int) Mem) {
	MOVQ(arg(stackC), s.third[0])
	ADDQ(reg.RAX, s.third[0])
	s.pointers(reg.R9)
	for i := range rows {
		v.mov(v.r(i), s.row(i, reg.R9))
	}
	CMPQ(reg.RAX, reg.R12)
	JGE(LabelRef("done"))
	ADDQ(imm(v.width()), reg.RAX)
	CMPQ(reg.RAX, reg.R12)
	CMOVQGT(reg.R12, reg.RAX)
	JMP(LabelRef("part"))
	Label("done")
	VZEROUPPER()
	RET()
}

// maxStackRows is the number of rows that registers suffice for.
const maxStackRows = 6

// maxStack emits the kernel maxStack<kind>R<rows>: likewise the maximum of all elements of a window, or NaN if there is
// one among them.
func maxStack(v vec, rows int) {
	TEXT(fmt.Sprintf("maxStack%sR%d", v.name, rows), NOSPLIT, "func(t *[11]uint64)")
	Pragma("noescape")
	arg := func(offset int) Mem { return Mem{Base: reg.RDI, Disp: offset} }
	Load(Param("t"), reg.RDI)
	nan := func(i int) reg.VecPhysical { return v.r(rows + i) } // all bits set where row i had one
	x, mask := v.r(2*rows), v.r(2*rows+1)
	s := stack{third: []reg.GPPhysical{reg.RBX, reg.RCX, reg.RDX}[:(rows+2)/3]}
	MOVQ(arg(stackXStep), reg.R10)
	MOVQ(arg(stackCStep), reg.R9)
	MOVQ(arg(stackBytes), reg.R12)
	SUBQ(imm(v.width()), reg.R12) // where the last vector begins
	XORQ(reg.RAX, reg.RAX)
	Label("part")
	for i := range rows {
		v.loadConst(v.konst(negativeInfinity), v.r(i))
		v.zero(nan(i))
	}
	MOVQ(arg(stackX), reg.R13)
	ADDQ(reg.RAX, reg.R13)
	MOVQ(arg(stackOffsets), reg.RSI)
	MOVQ(arg(stackK), reg.R11)
	Label("tap")
	MOVL(Mem{Base: reg.RSI}, reg.R8L)
	LEAQ(Mem{Base: reg.R13, Index: reg.R8, Scale: 1}, s.third[0])
	s.pointers(reg.R10)
	for i := range rows {
		v.mov(s.row(i, reg.R10), x)
		either(v, VCMPPS, VCMPPD)(U8(unordered), x, x, mask)
		v.max(x, v.r(i), v.r(i))
		v.or(mask, nan(i), nan(i))
	}
	ADDQ(Imm(4), reg.RSI)
	DECQ(reg.R11)
	JNZ(LabelRef("tap"))
	for i := range rows {
		v.or(nan(i), v.r(i), v.r(i))
	}
	s.finish(v, rows, arg)
}
