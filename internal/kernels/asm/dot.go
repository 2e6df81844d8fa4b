package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dots emits dot<kind>R<rows>: rows × argTiles elements of C, where A lies row by row and B column by column (NT), so
// that both are read along p. It goes four columns at a time. argAStep is from row to row of A, argBStep from column
// to column of B; argB, argTiles and argBias are changed.
func dots(v vec) {
	for rows := 1; rows <= dotRows(v); rows++ {
		dot(v, rows)
	}
}

func dotRows(v vec) int { return pick(v.wide, 4, 2) }

const dotColumns = 4

func dot(v vec, rows int) {
	TEXT(fmt.Sprintf("dot%sR%d", v.name, rows), NOSPLIT, "func(t *[15]uint64)")
	Pragma("noescape")
	args := reg.RDI
	arg := func(offset int) Mem { return Mem{Base: args, Disp: offset} }
	Load(Param("t"), args)
	// few rows have few sums: several of each keep the multipliers busy
	unroll := pick(v.wide, 4, 2) / min(rows, pick(v.wide, 4, 2))
	acc := func(u, i, j int) reg.VecPhysical { return v.r((u*rows+i)*dotColumns + j) }
	sums := unroll * rows * dotColumns
	temp := func(i int) reg.VecPhysical { return v.r(sums + i) }
	aRow := []reg.GPPhysical{reg.RAX, reg.R9, reg.R10, reg.R13}
	bCol := []reg.GPPhysical{reg.RSI, reg.RBX, reg.RCX, reg.RDX}

	MOVQ(arg(argK), reg.RCX)
	ANDQ(imm(v.lanes()-1), reg.RCX)
	v.tailMask()
	MOVQ(arg(argC), reg.R12)

	Label("columns")
	MOVQ(arg(argA), aRow[0])
	MOVQ(arg(argAStep), reg.R8)
	for i := 1; i < rows; i++ {
		LEAQ(Mem{Base: aRow[i-1], Index: reg.R8, Scale: 1}, aRow[i])
	}
	// where there are less than four columns, the last one is read again
	MOVQ(arg(argB), bCol[0])
	MOVQ(arg(argBStep), reg.R8)
	XORQ(reg.R11, reg.R11)
	for j := 1; j < dotColumns; j++ {
		CMPQ(arg(argTiles), imm(j))
		CMOVQLE(reg.R11, reg.R8)
		LEAQ(Mem{Base: bCol[j-1], Index: reg.R8, Scale: 1}, bCol[j])
	}
	for i := range sums {
		v.zero(v.r(i))
	}
	step := func(u, set int, masked bool) {
		load := func(base reg.GPPhysical, dst Op) {
			m := Mem{Base: base, Index: reg.R11, Scale: 1, Disp: u * v.width()}
			if masked {
				v.loadMasked(m, v.maskReg(), dst)
			} else {
				v.mov(m, dst)
			}
		}
		for i := range rows {
			load(aRow[i], temp(i))
		}
		for j := range dotColumns {
			load(bCol[j], temp(rows))
			for i := range rows {
				v.fma(temp(rows), temp(i), acc(set, i, j))
			}
		}
	}
	MOVQ(arg(argK), reg.R8)
	if unroll > 1 {
		SUBQ(imm(unroll*v.lanes()), reg.R8)
		JLT(LabelRef("rest"))
		Label("unrolled")
		for u := range unroll {
			step(u, u, false)
		}
		ADDQ(imm(unroll*v.width()), reg.R11)
		SUBQ(imm(unroll*v.lanes()), reg.R8)
		JGE(LabelRef("unrolled"))
		Label("rest")
		ADDQ(imm(unroll*v.lanes()), reg.R8)
	}
	SUBQ(imm(v.lanes()), reg.R8)
	JLT(LabelRef("tail"))
	Label("single")
	step(0, 0, false)
	ADDQ(imm(v.width()), reg.R11)
	SUBQ(imm(v.lanes()), reg.R8)
	JGE(LabelRef("single"))
	Label("tail")
	ADDQ(imm(v.lanes()), reg.R8)
	JZ(LabelRef("summed"))
	step(0, 0, true)
	Label("summed")
	for u := 1; u < unroll; u++ {
		for i := range rows {
			for j := range dotColumns {
				v.add(acc(u, i, j), acc(0, i, j), acc(0, i, j))
			}
		}
	}
	out := make([]Op, rows)
	for i := range rows {
		out[i] = v.acrossFour([4]reg.VecPhysical{acc(0, i, 0), acc(0, i, 1), acc(0, i, 2), acc(0, i, 3)}, temp(0))
	}
	dotFinish(v, arg, out, temp)
	MOVQ(arg(argBStep), reg.R8)
	SHLQ(Imm(2), reg.R8)
	ADDQ(reg.R8, arg(argB))
	ADDQ(Imm(16), reg.R12)
	SUBQ(Imm(dotColumns), arg(argTiles))
	JG(LabelRef("columns"))
	VZEROUPPER()
	RET()
}

// acrossFour emits the sums of the lanes of four float32 registers, into the lower 16 bytes of the first.
func (v vec) acrossFour(x [4]reg.VecPhysical, spare reg.VecPhysical) Op {
	for _, p := range [][2]reg.VecPhysical{{x[0], x[1]}, {x[2], x[3]}} {
		VUNPCKHPS(p[1], p[0], spare)
		VUNPCKLPS(p[1], p[0], p[0])
		v.add(spare, p[0], p[0])
	}
	VUNPCKHPD(x[2], x[0], spare)
	VUNPCKLPD(x[2], x[0], x[0])
	v.add(spare, x[0], x[0])
	spare = x[1] // no longer needed, and within reach of VEXTRACTF128
	if v.wide {
		VEXTRACTF64X4(Imm(1), x[0], spare.AsY())
		v.add(spare.AsY(), x[0].AsY(), x[0].AsY())
	}
	VEXTRACTF128(Imm(1), x[0].AsY(), spare.AsX())
	v.add(spare.AsX(), x[0].AsX(), x[0].AsX())
	return x[0].AsX()
}

// dotFinish emits act(alpha·sum + beta·c + bias) for four columns, or as many as argTiles says.
func dotFinish(v vec, arg func(int) Mem, out []Op, temp func(int) reg.VecPhysical) {
	x, k, zero := temp(0).AsX(), temp(1).AsX(), temp(2).AsX()
	var mask Op
	MOVQ(arg(argTiles), reg.RCX)
	MOVQ(U32(dotColumns), reg.RBX)
	CMPQ(reg.RCX, reg.RBX)
	CMOVQGT(reg.RBX, reg.RCX)
	if v.wide {
		MOVQ(I32(-1), reg.RBX)
		SHLQ(reg.CL, reg.RBX)
		NOTQ(reg.RBX)
		KMOVW(reg.EBX, reg.K3)
		mask = reg.K3
	} else {
		mask = temp(3).AsX()
		LEAQ(NewDataAddr(NewStaticSymbol("masks"+v.name), v.width()), reg.RBX)
		SHLQ(Imm(2), reg.RCX)
		SUBQ(reg.RCX, reg.RBX)
		v.mov(Mem{Base: reg.RBX}, mask)
	}
	MOVQ(arg(argCStep), reg.RBX)
	rows := func(f func(i int, c Mem)) {
		MOVQ(reg.R12, reg.RAX)
		for i := range out {
			f(i, Mem{Base: reg.RAX})
			if i < len(out)-1 {
				ADDQ(reg.RBX, reg.RAX)
			}
		}
	}
	unless := func(flags int, label string) {
		TESTQ(U32(uint32(flags)), arg(argFlags))
		JZ(LabelRef(label))
	}
	v.broadcast(arg(argAlpha), k)
	for _, o := range out {
		v.mul(k, o, o)
	}
	unless(flagBeta, "bias")
	v.broadcast(arg(argBeta), k)
	rows(func(i int, c Mem) {
		v.loadMasked(c, mask, x)
		v.fma(x, k, out[i])
	})
	Label("bias")
	MOVQ(arg(argBias), reg.RAX)
	TESTQ(reg.RAX, reg.RAX)
	JZ(LabelRef("activation"))
	v.loadMasked(Mem{Base: reg.RAX}, mask, x)
	for _, o := range out {
		v.add(x, o, o)
	}
	ADDQ(Imm(16), arg(argBias))
	Label("activation")
	unless(flagReLU|flagLeaky, "store")
	VXORPS(zero, zero, zero)
	unless(flagReLU, "leaky")
	for _, o := range out {
		v.max(o, zero, o)
	}
	JMP(LabelRef("store"))
	Label("leaky")
	v.broadcast(arg(argSlope), k)
	for _, o := range out {
		v.rectify(k, zero, x, o)
	}
	Label("store")
	rows(func(i int, c Mem) { v.storeMasked(out[i], mask, c) })
}
