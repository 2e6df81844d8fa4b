package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packs emits the copying of operands into panels.
func packs(v vec) {
	copyRows(v, 1)
	copyRows(v, 2)
	transpose(v)
}

// copyRows emits pack<kind>V<vectors>: it copies n pieces of up to so many registers, step bytes apart, next to each
// other. The lanes that the masks leave out become zero.
func copyRows(v vec, vectors int) {
	name := "pack" + v.name + pick(vectors == 1, "V1", "V2")
	TEXT(name, NOSPLIT, "func(dst, src uintptr, step uintptr, n int, mask1, mask2 uint64)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), reg.RDI), Load(Param("src"), reg.RSI)
	step, n := Load(Param("step"), reg.RDX), Load(Param("n"), reg.RCX)
	var masks [2]Op
	for i := range vectors {
		m := Load(Param([]string{"mask1", "mask2"}[i]), reg.RAX)
		if v.wide {
			masks[i] = []reg.Physical{reg.K1, reg.K2}[i]
			KMOVW(reg.EAX, masks[i])
		} else {
			masks[i] = v.r(14 + i)
			v.mov(Mem{Base: m}, masks[i])
		}
	}
	Label("row")
	if !v.wide { // the panel after the next, a line wide
		PREFETCHT0(Mem{Base: src, Disp: 128})
	}
	for i := range vectors {
		v.loadMasked(Mem{Base: src, Disp: i * v.width()}, masks[i], v.r(i))
	}
	for i := range vectors {
		v.mov(v.r(i), Mem{Base: dst, Disp: i * v.width()})
	}
	ADDQ(step, src)
	ADDQ(imm(vectors*v.width()), dst)
	DECQ(n)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// transpose emits transpose<kind>: n square blocks of a register's lanes, that lie side by side in src, are transposed
// and written one below the other. If rows is less than a block has, the last row is repeated in the missing ones. If
// cols is less, n is 1, and so many columns are read and written.
func transpose(v vec) {
	TEXT("transpose"+v.name, NOSPLIT, "func(dst, dstStep, src, srcStep uintptr, rows, cols, n int)")
	Pragma("noescape")
	dst, dstStep := Load(Param("dst"), reg.RDI), Load(Param("dstStep"), reg.R8)
	src, srcStep := Load(Param("src"), reg.RSI), Load(Param("srcStep"), reg.R9)
	rows, cols, n := Load(Param("rows"), reg.RDX), Load(Param("cols"), reg.R11), Load(Param("n"), reg.R12)
	at, step, none := reg.RAX, reg.RBX, reg.R10
	XORQ(none, none)
	Label("block")
	MOVQ(cols, reg.RCX)
	v.tailMask() // anew each time, for all registers are needed
	MOVQ(src, at)
	MOVQ(srcStep, step)
	block := make([]Op, v.lanes())
	for i := range block {
		block[i] = v.r(i)
		v.loadMasked(Mem{Base: at}, v.maskReg(), block[i])
		if i < v.lanes()-1 {
			CMPQ(rows, imm(i+1))
			CMOVQLE(none, step)
			ADDQ(step, at)
		}
	}
	for i, x := range v.transposed(block) {
		v.mov(x, Mem{Base: dst})
		if i < v.lanes()-1 {
			CMPQ(cols, imm(i+1))
			JE(LabelRef("done"))
		}
		ADDQ(dstStep, dst)
	}
	ADDQ(imm(v.width()), src)
	DECQ(n)
	JNZ(LabelRef("block"))
	Label("done")
	VZEROUPPER()
	RET()
}

// transposed emits the transposition of the rows in x, of which there is one for each lane, and returns the columns. It
// uses as many registers again.
func (v vec) transposed(x []Op) []Op {
	free := make([]Op, len(x))
	for i := range free {
		free[i] = v.r(len(x) + i)
	}
	// next returns the results of one stage in registers that the previous one no longer needs
	var spare []Op
	use := func() Op {
		r := free[0]
		free = free[1:]
		return r
	}
	done := func(rs ...Op) { spare = append(spare, rs...) }
	stage := func() { free, spare = append(free, spare...), nil }

	// within 16 bytes: in[g][q] has, in its lane l, the column l·each+q of the rows g·each …
	each := 16 / v.size()
	groups := len(x) / each
	in := make([][]Op, groups)
	for g := range groups {
		r := x[g*each : (g+1)*each]
		if v.f64 {
			a, b := use(), use()
			VUNPCKLPD(r[1], r[0], a)
			VUNPCKHPD(r[1], r[0], b)
			in[g] = []Op{a, b}
			done(r...)
			continue
		}
		a, b, c, d := use(), use(), use(), use()
		VUNPCKLPS(r[1], r[0], a)
		VUNPCKHPS(r[1], r[0], b)
		VUNPCKLPS(r[3], r[2], c)
		VUNPCKHPS(r[3], r[2], d)
		VUNPCKLPD(c, a, r[0])
		VUNPCKHPD(c, a, r[1])
		VUNPCKLPD(d, b, r[2])
		VUNPCKHPD(d, b, r[3])
		in[g] = r
		done(a, b, c, d)
	}
	stage()

	// between the 16-byte lanes
	out := make([]Op, len(x))
	for q := range each {
		if !v.wide {
			a, b := use(), use()
			VPERM2F128(Imm(0x20), in[1][q], in[0][q], a)
			VPERM2F128(Imm(0x31), in[1][q], in[0][q], b)
			out[q], out[each+q] = a, b
			continue
		}
		s := []Op{use(), use(), use(), use()}
		VSHUFF32X4(U8(0x88), in[1][q], in[0][q], s[0])
		VSHUFF32X4(U8(0xDD), in[1][q], in[0][q], s[1])
		VSHUFF32X4(U8(0x88), in[3][q], in[2][q], s[2])
		VSHUFF32X4(U8(0xDD), in[3][q], in[2][q], s[3])
		for l := range 4 {
			out[l*each+q] = in[l][q]
			VSHUFF32X4(U8(pick(l < 2, uint8(0x88), 0xDD)), s[2+l%2], s[l%2], in[l][q])
		}
		free = append(free, s...)
	}
	return out
}
