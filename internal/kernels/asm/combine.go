package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in kernels.combineArgs; a test there compares them.
const (
	combineA      = 8 * iota // address of the first coefficient; advanced by the kernel
	combineB                 // address of the first row
	combineStep              // bytes from row to row
	combineC                 // address of the sums
	combineGroups            // groups of rows, at least 1; counted down
	combinePairs             // bytes in whole pairs of vectors
	combineFull              // bytes in whole vectors
	combineMask              // address of the mask of what is left, or 0
)

// combineRows is how many rows one pass over the sums adds.
const combineRows = 8

// combines emits combine<kind>R<rows>: c += Σ a·row for groups of so many rows. Rows are read from their beginning to
// their end, and those of the next group asked for meanwhile. Each sum is one chain of multiply-adds, as in tiles.
func combines(v vec) {
	for rows := 1; rows <= combineRows; rows++ {
		combine(v, rows)
	}
}

func combine(v vec, rows int) {
	TEXT(fmt.Sprintf("combine%sR%d", v.name, rows), NOSPLIT, "func(t *[8]uint64)")
	Pragma("noescape")
	args, c, at, ahead := reg.RSI, reg.RDI, reg.R12, reg.R13
	row := []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.R8, reg.R9, reg.R10, reg.R11}[:rows]
	Load(Param("t"), args)
	arg := func(offset int) Mem { return Mem{Base: args, Disp: offset} }
	MOVQ(arg(combineC), c)
	MOVQ(arg(combineStep), at)
	MOVQ(arg(combineB), row[0])
	for q := 1; q < rows; q++ {
		LEAQ(Mem{Base: row[q-1], Index: at, Scale: 1}, row[q])
	}
	mask, sums, spare := v.r(v.regs()-1), []Op{v.r(rows), v.r(rows + 1)}, v.r(rows+2)

	Label("group")
	MOVQ(arg(combineA), at)
	for q := range rows {
		v.broadcast(Mem{Base: at, Disp: q * v.size()}, v.r(q))
	}
	ADDQ(imm(rows*v.size()), arg(combineA))
	MOVQ(arg(combineStep), ahead)
	IMUL3Q(Imm(uint64(rows)), ahead, ahead)
	XORQ(at, at)
	CMPQ(at, arg(combinePairs))
	JGE(LabelRef("vector"))

	sum := func(vectors int) {
		for i := range vectors {
			v.mov(Mem{Base: c, Index: at, Scale: 1, Disp: i * v.width()}, sums[i])
		}
		for q := range rows {
			PREFETCHT0(Mem{Base: row[q], Index: ahead, Scale: 1})
			for i := range vectors {
				v.fma(Mem{Base: row[q], Index: at, Scale: 1, Disp: i * v.width()}, v.r(q), sums[i])
			}
		}
		for i := range vectors {
			v.mov(sums[i], Mem{Base: c, Index: at, Scale: 1, Disp: i * v.width()})
		}
		ADDQ(imm(vectors*v.width()), at)
		ADDQ(imm(vectors*v.width()), ahead)
	}
	Label("pair")
	sum(2)
	CMPQ(at, arg(combinePairs))
	JLT(LabelRef("pair"))
	Label("vector")
	CMPQ(at, arg(combineFull))
	JGE(LabelRef("tail"))
	sum(1)
	Label("tail")
	MOVQ(arg(combineMask), ahead)
	TESTQ(ahead, ahead)
	JZ(LabelRef("next"))
	v.mov(Mem{Base: ahead}, mask)
	v.loadMasked(Mem{Base: c, Index: at, Scale: 1}, mask, sums[0])
	for q := range rows {
		v.loadMasked(Mem{Base: row[q], Index: at, Scale: 1}, mask, spare)
		v.fma(spare, v.r(q), sums[0])
	}
	v.storeMasked(sums[0], mask, Mem{Base: c, Index: at, Scale: 1})
	Label("next")
	MOVQ(arg(combineStep), ahead)
	IMUL3Q(Imm(uint64(rows)), ahead, ahead)
	for q := range rows {
		ADDQ(ahead, row[q])
	}
	DECQ(arg(combineGroups))
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
