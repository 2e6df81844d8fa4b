package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in kernels.convArgs; a test there compares them.
const (
	convA       = 8 * iota // address of the first weight of the tile's first filter
	convAStep              // bytes from filter to filter
	convX                  // address of the image
	convOffsets            // address of the offset in bytes, 32 bits, of each weight's element in the image
	convK                  // weights of a filter, at least 1
	convPlaces             // address of pairs of 32-bit offsets in bytes, into the image and the result, of each part; advanced
	convTiles              // tiles to compute, at least 1; counted down
	convC                  // address of the first filter's result
	convCStep              // bytes from filter to filter
	convBias               // address of the first filter's bias, or 0
	convSlope
	convFlags
)

// convolutions emits the kernels conv<kind>R<rows>: rows filters × two vectors of places, as in a matrix product whose
// second operand is found through a table of offsets. A vector consists of parts of eight float32 or four float64 with an
// address each, so that it need not lie in one row of the image. Kernels that end in N have parts of half that size.
func convolutions(v vec) {
	for r := 1; r <= maxRows(v); r++ {
		convolution(v, r, false)
		if !v.wide {
			convolution(v, r, true)
		}
	}
	for r := 1; r <= gradRows(v); r++ {
		weightGradient(v, r)
	}
	addPlane(v)
	if !v.wide {
		planes(v)
		convolutionStacks(v)
	}
}

// A convTile says what the registers hold. While the sum runs, SI points into the offsets, R8 is one of them, R11 counts,
// the bases are the addresses of the parts' places, the last of four in the register of the arguments, and AX, BX, CX, DX
// and R9 point to every third filter, R10 bytes from one to the next.
type convTile struct {
	tileRegs
	part  int // bytes of a part
	bases []reg.GPPhysical
}

func convolution(v vec, rows int, narrow bool) {
	TEXT(fmt.Sprintf("conv%sR%d%s", v.name, rows, pick(narrow, "N", "")), NOSPLIT, "func(t *[12]uint64)")
	Pragma("noescape")
	t := convTile{tileRegs: tileRegs{v: v, rows: rows, vectors: 2, rowForm: true, args: reg.RDI}, part: pick(narrow, 16, 32)}
	t.bases = []reg.GPPhysical{reg.R12, reg.R13, reg.R14, reg.RDI}[:t.parts()]
	Load(Param("t"), t.args)
	Label("tile")
	for i := range rows {
		for j := range t.vectors {
			v.zero(t.acc(i, j))
		}
	}
	MOVQ(t.arg(convA), reg.RAX)
	MOVQ(t.arg(convAStep), reg.R10)
	if n := t.pointers(); n > 1 {
		LEAQ(Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.RSI)
		for i := 1; i < n; i++ {
			LEAQ(Mem{Base: rowPointers[i-1], Index: reg.RSI, Scale: 1}, rowPointers[i])
		}
	}
	MOVQ(t.arg(convPlaces), reg.RSI)
	MOVQ(t.arg(convX), reg.R8)
	MOVQ(t.arg(convK), reg.R11)
	MOVQ(t.arg(convOffsets), reg.R15)
	for j, b := range t.bases { // the last may be the pointer to the arguments
		MOVL(Mem{Base: reg.RSI, Disp: 8 * j}, b.As32())
		ADDQ(reg.R8, b)
	}
	MOVQ(reg.R15, reg.RSI)
	t.sum()
	Load(Param("t"), t.args)
	t.finish()
	ADDQ(imm(8*t.parts()), t.arg(convPlaces))
	DECQ(t.arg(convTiles))
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

func (t convTile) parts() int { return t.vectors * t.v.width() / t.part }

// sum adds up the products. Each sum is one chain of multiply-adds in the order of the weights, whatever the kernel.
func (t convTile) sum() {
	const unroll = 4
	SUBQ(Imm(unroll), reg.R11)
	JLT(LabelRef("rest"))
	Label("unrolled")
	for p := range unroll {
		t.step(p)
	}
	t.next(unroll)
	SUBQ(Imm(unroll), reg.R11)
	JGE(LabelRef("unrolled"))
	Label("rest")
	ADDQ(Imm(unroll), reg.R11)
	JZ(LabelRef("summed"))
	Label("single")
	t.step(0)
	t.next(1)
	DECQ(reg.R11)
	JNZ(LabelRef("single"))
	Label("summed")
}

func (t convTile) next(p int) {
	t.advance(p)
	ADDQ(imm(4*p), reg.RSI)
}

func (t convTile) step(p int) {
	MOVL(Mem{Base: reg.RSI, Disp: 4 * p}, reg.R8L)
	each := t.v.width() / t.part
	for j := range t.vectors {
		t.v.gather(t.part, t.bases[j*each:(j+1)*each], []reg.Register{reg.R8, reg.R8}, t.temp(j))
	}
	for i := range t.rows {
		x := t.temp(t.vectors + i%2)
		t.v.broadcast(t.a(i, p), x)
		for j := range t.vectors {
			t.v.fma(x, t.temp(j), t.acc(i, j))
		}
	}
}

// gather emits the load of a vector from its one or two parts.
func (v vec) gather(part int, bases []reg.GPPhysical, index []reg.Register, dst Op) {
	at := func(i int) Mem { return Mem{Base: bases[i], Index: index[i], Scale: 1} }
	x := dst.(reg.VecPhysical)
	switch {
	case part == v.width():
		v.mov(at(0), x)
	case v.wide:
		v.mov(at(0), x.AsY())
		VINSERTF64X4(Imm(1), at(1), x, x)
	default:
		v.mov(at(0), x.AsX())
		VINSERTF128(Imm(1), at(1), x, x)
	}
}

// finish adds the bias, applies ReLU or LeakyReLU and stores.
func (t convTile) finish() {
	MOVQ(t.arg(convBias), reg.RAX)
	TESTQ(reg.RAX, reg.RAX)
	JZ(LabelRef("activation"))
	for i := range t.rows {
		x := t.temp(i % 2)
		t.v.broadcast(Mem{Base: reg.RAX, Disp: i * t.v.size()}, x)
		for j := range t.vectors {
			t.v.add(x, t.acc(i, j), t.acc(i, j))
		}
	}
	Label("activation")
	t.unless(flagReLU|flagLeaky, "store")
	t.v.zero(t.temp(0))
	t.unless(flagReLU, "leaky")
	t.each(func(i, j int) { t.v.max(t.acc(i, j), t.temp(0), t.acc(i, j)) })
	JMP(LabelRef("store"))
	Label("leaky")
	t.v.broadcast(t.arg(convSlope), t.temp(1))
	t.each(func(i, j int) { t.v.leaky(t.temp(1), t.temp(0), t.temp(2), t.acc(i, j)) })
	Label("store")
	MOVQ(t.arg(convPlaces), reg.RSI)
	MOVQ(t.arg(convC), reg.R8)
	MOVQ(t.arg(convCStep), reg.RBX)
	to := []reg.GPPhysical{reg.R12, reg.R13, reg.R14, reg.RDX}[:t.parts()]
	for j, b := range to {
		MOVL(Mem{Base: reg.RSI, Disp: 8*j + 4}, b.As32())
		ADDQ(reg.R8, b)
	}
	XORQ(reg.RAX, reg.RAX)
	each := t.v.width() / t.part
	for i := range t.rows {
		for j := range t.vectors {
			x := t.acc(i, j).(reg.VecPhysical)
			at := func(h int) Mem { return Mem{Base: to[j*each+h], Index: reg.RAX, Scale: 1} }
			switch {
			case each == 1:
				t.v.mov(x, at(0))
			case t.v.wide:
				t.v.mov(x.AsY(), at(0))
				VEXTRACTF64X4(Imm(1), x, at(1))
			default:
				t.v.mov(x.AsX(), at(0))
				VEXTRACTF128(Imm(1), x, at(1))
			}
		}
		if i < t.rows-1 {
			ADDQ(reg.RBX, reg.RAX)
		}
	}
}

func (t convTile) unless(flags int, label string) {
	TESTQ(U32(uint32(flags)), t.arg(convFlags))
	JZ(LabelRef(label))
}
