package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pools emits pooling with windows of 2×2 that neither overlap nor leave gaps, for planes of inPlane bytes whose rows
// are inRow bytes apart; a plane has rows ≥ 1 rows of cols results, no fewer than half a register's lanes. The last
// results of a row may be computed twice. It is for AVX2; wider vectors would only wait for memory.
func pools(v vec) {
	maxPool2(v)
	maxPool2Grad(v)
}

type poolRegs struct {
	v                         vec
	x, out, dx                reg.GPPhysical
	planes, rows, cols, inRow reg.GPPhysical
	inStep                    reg.GPPhysical // from the end of a plane's last pair of rows to the next plane
}

// poolLoop emits the loops around body, which computes a part at x + AX·2 and result + AX.
func poolLoop(v vec, name, signature string, body func(p poolRegs)) {
	TEXT(name+v.name, NOSPLIT, signature)
	Pragma("noescape")
	p := poolRegs{v: v, x: reg.RSI, out: reg.RDI, dx: reg.R8, planes: reg.RDX, rows: reg.R9, cols: reg.R10, inRow: reg.R11,
		inStep: reg.R12}
	Load(Param("x"), p.x)
	Load(Param("y"), p.out)
	Load(Param("dx"), p.dx)
	Load(Param("planes"), p.planes)
	Load(Param("cols"), p.cols)
	Load(Param("inRow"), p.inRow)
	Load(Param("inPlane"), p.inStep)
	Load(Param("rows"), reg.RAX)
	IMULQ(p.inRow, reg.RAX)
	SHLQ(Imm(1), reg.RAX)
	SUBQ(reg.RAX, p.inStep)
	SHLQ(Imm(pick[uint64](v.f64, 3, 2)), p.cols) // bytes of a row of results
	SUBQ(Imm(16), p.cols)                        // where the last part begins
	Label("plane")
	Load(Param("rows"), p.rows)
	Label("row")
	XORQ(reg.RAX, reg.RAX)
	Label("part")
	body(p)
	CMPQ(reg.RAX, p.cols)
	JGE(LabelRef("rowDone"))
	ADDQ(Imm(16), reg.RAX)
	CMPQ(reg.RAX, p.cols)
	CMOVQGT(p.cols, reg.RAX)
	JMP(LabelRef("part"))
	Label("rowDone")
	LEAQ(Mem{Base: p.x, Index: p.inRow, Scale: 2}, p.x)
	LEAQ(Mem{Base: p.dx, Index: p.inRow, Scale: 2}, p.dx)
	LEAQ(Mem{Base: p.out, Index: p.cols, Scale: 1, Disp: 16}, p.out)
	DECQ(p.rows)
	JNZ(LabelRef("row"))
	ADDQ(p.inStep, p.x)
	ADDQ(p.inStep, p.dx)
	DECQ(p.planes)
	JNZ(LabelRef("plane"))
	VZEROUPPER()
	RET()
}

const poolSignature = "func(x, y, dx uintptr, planes, rows, cols int, inRow, inPlane uintptr)"

// pairs emits the even and the odd elements of the 32 bytes in x, as 16 bytes each.
func (v vec) pairs(x, even, odd reg.VecPhysical) {
	VEXTRACTF128(Imm(1), x, odd.AsX())
	if v.f64 {
		VUNPCKLPD(odd.AsX(), x.AsX(), even.AsX())
		VUNPCKHPD(odd.AsX(), x.AsX(), odd.AsX())
		return
	}
	VSHUFPS(U8(0x88), odd.AsX(), x.AsX(), even.AsX())
	VSHUFPS(U8(0xDD), odd.AsX(), x.AsX(), odd.AsX())
}

func maxPool2(v vec) {
	poolLoop(v, "maxPool2", poolSignature, func(p poolRegs) {
		a, b, nan := v.r(0), v.r(1), v.r(2)
		v.mov(Mem{Base: p.x, Index: reg.RAX, Scale: 2}, a)
		LEAQ(Mem{Base: p.x, Index: p.inRow, Scale: 1}, reg.RBX)
		v.mov(Mem{Base: reg.RBX, Index: reg.RAX, Scale: 2}, b)
		either(v, VCMPPS, VCMPPD)(U8(unordered), b, a, nan)
		v.max(b, a, a)
		v.or(nan, a, a) // all bits set are a NaN too
		v.pairs(a, b, nan)
		x, y, z := b.AsX(), nan.AsX(), a.AsX()
		either(v, VCMPPS, VCMPPD)(U8(unordered), y, x, z)
		v.max(y, x, x)
		v.or(z, x, x)
		v.mov(x, Mem{Base: p.out, Index: reg.RAX, Scale: 1})
	})
}

// maxPool2Grad gives each window's gradient to its first maximum or its last NaN.
func maxPool2Grad(v vec) {
	poolLoop(v, "maxPool2Grad", poolSignature, func(p poolRegs) {
		row := v.r(0)
		var x, d [4]reg.VecPhysical // the window's elements and their gradients, in order
		for i := range x {
			x[i], d[i] = v.r(1+i), v.r(5+i)
		}
		v.mov(Mem{Base: p.x, Index: reg.RAX, Scale: 2}, row)
		v.pairs(row, x[0], x[1])
		LEAQ(Mem{Base: p.x, Index: p.inRow, Scale: 1}, reg.RBX)
		v.mov(Mem{Base: reg.RBX, Index: reg.RAX, Scale: 2}, row)
		v.pairs(row, x[2], x[3])
		v.mov(Mem{Base: p.out, Index: reg.RAX, Scale: 1}, d[0].AsX())
		g, mask, nan, best := v.r(9).AsX(), v.r(10).AsX(), v.r(11).AsX(), x[0].AsX()
		v.mov(d[0].AsX(), g)
		for i := 1; i < 4; i++ {
			c := x[i].AsX()
			either(v, VCMPPS, VCMPPD)(U8(greaterThan), best, c, mask)
			either(v, VCMPPS, VCMPPD)(U8(unordered), c, c, nan)
			v.or(nan, mask, mask)
			if i < 3 {
				either(v, VBLENDVPS, VBLENDVPD)(mask, c, best, best)
			}
			for l := range i {
				either(v, VANDNPS, VANDNPD)(d[l].AsX(), mask, d[l].AsX())
			}
			v.and(g, mask, d[i].AsX())
		}
		low, high := either(v, VUNPCKLPS, VUNPCKLPD), either(v, VUNPCKHPS, VUNPCKHPD)
		LEAQ(Mem{Base: p.dx, Index: p.inRow, Scale: 1}, reg.RBX)
		for i, to := range []reg.GPPhysical{p.dx, reg.RBX} {
			even, odd := d[2*i].AsX(), d[2*i+1].AsX()
			low(odd, even, g)
			high(odd, even, mask)
			v.mov(g, Mem{Base: to, Index: reg.RAX, Scale: 2})
			v.mov(mask, Mem{Base: to, Index: reg.RAX, Scale: 2, Disp: 16})
		}
	})
}
