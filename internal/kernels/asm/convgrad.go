package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in kernels.convGradArgs; a test there compares them.
const (
	gradA       = 8 * iota // address of the first filter's gradients, of the first image
	gradAStep              // bytes from filter to filter
	gradAImage             // bytes from image to image
	gradX                  // address of the first image
	gradXImage             // bytes from image to image
	gradImages             // images to add up, at least 1
	gradPlaces             // address of the offset in bytes, 32 bits, of each part of the places in the image
	gradSteps              // vectors of places, at least 1
	gradOffsets            // address of the offsets of four weights' elements; advanced
	gradTiles              // groups of four weights to compute, at least 1; counted down
	gradC                  // address of the first filter's result; advanced
	gradCStep              // bytes from filter to filter
	gradFlags              // flagBeta: add to the result
)

const gradTaps = 4

// gradRows leaves registers for the gradients of each filter and a vector of the image.
func gradRows(v vec) int { return pick(v.wide, 6, 3) }

// weightGradient emits the kernel convGrad<kind>R<rows>: for rows filters and, four at a time, their weights, the sum
// over images and places of the filter's gradient times the image's element that the weight meets there. A vector is a
// vector of places, and is summed up at the end.
func weightGradient(v vec, rows int) {
	TEXT(fmt.Sprintf("convGrad%sR%d", v.name, rows), NOSPLIT, "func(t *[13]uint64)")
	Pragma("noescape")
	arg := func(offset int) Mem { return Mem{Base: reg.RDI, Disp: offset} }
	Load(Param("t"), reg.RDI)
	acc := func(i, k int) reg.VecPhysical { return v.r(i*gradTaps + k) }
	grad := func(i int) reg.VecPhysical { return v.r(rows*gradTaps + i) }
	x := v.r(rows*gradTaps + rows)
	// AX and BX point to every third filter, R10 is the step; R8, R9, R12, R13 point to the weights' elements
	a := func(i int) Mem {
		m := Mem{Base: []reg.GPPhysical{reg.RAX, reg.RBX}[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = reg.R10, uint8(i%3)
		}
		return m
	}
	taps := []reg.GPPhysical{reg.R8, reg.R9, reg.R12, reg.R13}
	parts := pick(v.wide, 2, 1)

	MOVQ(arg(gradAStep), reg.R10)
	Label("tile")
	for i := range rows {
		for k := range gradTaps {
			v.zero(acc(i, k))
		}
	}
	MOVQ(arg(gradOffsets), reg.RSI)
	for k, r := range taps {
		MOVL(Mem{Base: reg.RSI, Disp: 4 * k}, r.As32())
		ADDQ(arg(gradX), r)
	}
	MOVQ(arg(gradA), reg.R14)
	MOVQ(arg(gradImages), reg.R15)
	Label("image")
	MOVQ(reg.R14, reg.RAX)
	if rows > 3 {
		LEAQ(Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.RBX)
		ADDQ(reg.RAX, reg.RBX)
	}
	MOVQ(arg(gradPlaces), reg.RSI)
	MOVQ(arg(gradSteps), reg.R11)
	Label("step")
	index := []reg.Register{reg.RCX, reg.RDX}[:parts]
	MOVL(Mem{Base: reg.RSI}, reg.ECX)
	if parts > 1 {
		MOVL(Mem{Base: reg.RSI, Disp: 4}, reg.EDX)
	}
	for i := range rows {
		v.mov(a(i), grad(i))
	}
	for k := range gradTaps {
		v.gather(32, []reg.GPPhysical{taps[k], taps[k]}[:parts], index, x)
		for i := range rows {
			v.fma(x, grad(i), acc(i, k))
		}
	}
	ADDQ(imm(4*parts), reg.RSI)
	ADDQ(imm(v.width()), reg.RAX)
	if rows > 3 {
		ADDQ(imm(v.width()), reg.RBX)
	}
	DECQ(reg.R11)
	JNZ(LabelRef("step"))
	ADDQ(arg(gradAImage), reg.R14)
	for _, r := range taps {
		ADDQ(arg(gradXImage), r)
	}
	DECQ(reg.R15)
	JNZ(LabelRef("image"))

	MOVQ(arg(gradC), reg.RAX)
	MOVQ(arg(gradCStep), reg.RBX)
	MOVQ(arg(gradFlags), reg.RCX)
	ANDQ(Imm(flagBeta), reg.RCX)
	var sums []Op
	for i := range rows {
		sums = append(sums, v.foldFour([4]reg.VecPhysical{acc(i, 0), acc(i, 1), acc(i, 2), acc(i, 3)}, x))
	}
	JZ(LabelRef("store")) // vector instructions leave the flags alone
	MOVQ(reg.RAX, reg.RDX)
	for _, s := range sums {
		v.add(Mem{Base: reg.RDX}, s, s)
		ADDQ(reg.RBX, reg.RDX)
	}
	Label("store")
	for _, s := range sums {
		v.mov(s, Mem{Base: reg.RAX})
		ADDQ(reg.RBX, reg.RAX)
	}
	ADDQ(imm(4*gradTaps), arg(gradOffsets))
	ADDQ(imm(gradTaps*v.size()), arg(gradC))
	DECQ(arg(gradTiles))
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// foldFour emits the sums of the lanes of four registers, into the lowest four lanes of the first, which it returns as
// a register of that size. All registers of AVX-512 may be used.
func (v vec) foldFour(x [4]reg.VecPhysical, spare reg.VecPhysical) Op {
	low, high := either(v, VUNPCKLPS, VUNPCKLPD), either(v, VUNPCKHPS, VUNPCKHPD)
	for _, p := range [][2]reg.VecPhysical{{x[0], x[1]}, {x[2], x[3]}} {
		high(p[1], p[0], spare)
		low(p[1], p[0], p[0])
		v.add(spare, p[0], p[0])
	}
	a, b := x[0], x[2]
	if !v.f64 { // each 16 bytes hold sums of all four, two lanes each, else of two
		VUNPCKHPD(b, a, spare)
		VUNPCKLPD(b, a, a)
		v.add(spare, a, a)
	}
	if v.wide {
		VEXTRACTF64X4(Imm(1), a, spare.AsY())
		v.add(spare.AsY(), a.AsY(), a.AsY())
	}
	switch {
	case !v.f64 && v.wide:
		VEXTRACTF32X4(Imm(1), a.AsY(), spare.AsX())
		v.add(spare.AsX(), a.AsX(), a.AsX())
	case !v.f64:
		VEXTRACTF128(Imm(1), a.AsY(), spare.AsX())
		v.add(spare.AsX(), a.AsX(), a.AsX())
	case v.wide:
		VEXTRACTF64X4(Imm(1), b, spare.AsY())
		v.add(spare.AsY(), b.AsY(), b.AsY())
		VSHUFF64X2(Imm(3), b.AsY(), a.AsY(), spare.AsY())
		VSHUFF64X2(Imm(0), b.AsY(), a.AsY(), a.AsY())
		v.add(spare.AsY(), a.AsY(), a.AsY())
		return a.AsY()
	default:
		VPERM2F128(Imm(0x31), b.AsY(), a.AsY(), spare.AsY())
		VPERM2F128(Imm(0x20), b.AsY(), a.AsY(), a.AsY())
		v.add(spare.AsY(), a.AsY(), a.AsY())
		return a.AsY()
	}
	return a.AsX()
}
