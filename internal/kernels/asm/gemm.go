package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Offsets in kernels.tileArgs; a test there compares them.
const (
	argA     = 8 * iota // address of the tile's first element of A
	argAStep            // row form: bytes from row to row; column form: bytes from one p to the next
	argB                // address of the first element of B; advanced by the kernel
	argBStep            // bytes from one p to the next
	argBNext            // bytes from one column tile to the next
	argC                // address of the first element of C
	argCStep            // bytes from row to row
	argK                // products to add up, at least 1
	argTiles            // column tiles to compute, at least 1
	argBias             // address of the first column's bias, or 0; advanced by the kernel
	argAlpha
	argBeta
	argSlope
	argFlags
	argMask // AVX-512: the lanes of a masked kernel; AVX2: the address of a vector of all-ones and zeroes
)

// Bits of argFlags.
const (
	flagAlpha = 1 << iota // multiply by alpha
	flagBeta              // add beta·c
	flagReLU
	flagLeaky
)

// tiles emits the kernels tile<kind>R<rows>V<vectors><form>: rows × vectors·lanes elements of C, kept in registers
// while p runs. In form R, A lies row by row (NN, NT), in form C column by column (TN). A single vector is masked, and
// so is the last one of the kernels whose names end in M, which compute the last columns of C.
func tiles(v vec) {
	for r := 1; r <= maxRows(v); r++ {
		for _, form := range []string{"R", "C"} {
			tile(v, r, 1, form, true)
			tile(v, r, 2, form, false)
			tile(v, r, 2, form, true)
			for _, n := range []int{4, 8} {
				if hasWide(v, r, n) {
					tile(v, r, n, form, false)
				}
			}
		}
	}
}

// maxRows leaves registers for two vectors of B and two elements of A beside two vectors of sums a row.
func maxRows(v vec) int { return pick(v.wide, 14, 6) }

// hasWide reports whether there is a kernel of 4 or 8 vectors, for so few rows that two would leave the multipliers
// waiting for their own results.
func hasWide(v vec, rows, vectors int) bool {
	switch {
	case vectors == 8:
		return v.wide && rows <= 3
	case v.wide:
		return rows <= 6
	}
	return rows <= 2
}

func tile(v vec, rows, vectors int, form string, masked bool) {
	name := fmt.Sprintf("tile%sR%dV%d%s", v.name, rows, vectors, form)
	if masked && vectors > 1 {
		name += "M"
	}
	TEXT(name, NOSPLIT, "func(t *[15]uint64)")
	Pragma("noescape")
	t := tileRegs{v: v, rows: rows, vectors: vectors, rowForm: form == "R", masked: masked}
	t.args = reg.RDI
	Load(Param("t"), t.args)
	if masked {
		if v.wide {
			t.mask = reg.K1
			MOVQ(t.arg(argMask), reg.RAX)
			KMOVW(reg.EAX, reg.K1)
		} else {
			t.mask = v.r(15)
			MOVQ(t.arg(argMask), reg.RAX)
			v.mov(Mem{Base: reg.RAX}, t.mask)
		}
	}
	MOVQ(t.arg(argBStep), reg.R8)
	MOVQ(t.arg(argAStep), reg.R10)
	MOVQ(t.arg(argC), reg.R12)
	MOVQ(t.arg(argTiles), reg.R13)
	Label("tile")
	t.start()
	t.loop()
	t.scale()
	t.finish()
	MOVQ(t.arg(argBNext), reg.RAX)
	ADDQ(reg.RAX, t.arg(argB))
	ADDQ(imm(vectors*v.width()), reg.R12)
	DECQ(reg.R13)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// tileRegs says what the registers hold: R8 B's step, R10 A's step, R11 the count of p, R12 the tile of C, R13 the
// count of tiles; while p runs, SI points into B and AX, BX, CX, DX, R9 to every third row of A.
type tileRegs struct {
	v             vec
	rows, vectors int
	rowForm       bool
	masked        bool // the last vector
	args          reg.GPPhysical
	mask          Op
}

var rowPointers = []reg.GPPhysical{reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.R9}

func (t tileRegs) arg(offset int) Mem { return Mem{Base: t.args, Disp: offset} }

func (t tileRegs) acc(row, vector int) Op { return t.v.r(row*t.vectors + vector) }

// temp is a register that holds no sum. The mask of AVX2 is the last one.
func (t tileRegs) temp(i int) Op { return t.v.r(t.rows*t.vectors + i) }

// isMasked reports whether a vector of a row is masked.
func (t tileRegs) isMasked(vector int) bool { return t.masked && vector == t.vectors-1 }

func (t tileRegs) load(vector int, m, dst Op) {
	if t.isMasked(vector) {
		t.v.loadMasked(m, t.mask, dst)
	} else {
		t.v.mov(m, dst)
	}
}

func (t tileRegs) store(vector int, src, m Op) {
	if t.isMasked(vector) {
		t.v.storeMasked(src, t.mask, m)
	} else {
		t.v.mov(src, m)
	}
}

// pointers is the number of pointers into A.
func (t tileRegs) pointers() int {
	if !t.rowForm {
		return 1
	}
	return (t.rows + 2) / 3
}

// a is the address of row i, and in row form of the p-th element from here.
func (t tileRegs) a(i, p int) Mem {
	if !t.rowForm {
		return Mem{Base: reg.RAX, Disp: i * t.v.size()}
	}
	m := Mem{Base: rowPointers[i/3], Disp: p * t.v.size()}
	if i%3 > 0 {
		m.Index, m.Scale = reg.R10, uint8(i%3)
	}
	return m
}

func (t tileRegs) start() {
	// C is wanted when the sums are done: ask for it now
	MOVQ(reg.R12, reg.RAX)
	MOVQ(t.arg(argCStep), reg.RBX)
	for i := range t.rows {
		for b := 0; b < t.vectors*t.v.width(); b += 64 {
			PREFETCHT0(Mem{Base: reg.RAX, Disp: b})
		}
		if i < t.rows-1 {
			ADDQ(reg.RBX, reg.RAX)
		}
	}
	for i := range t.rows {
		for j := range t.vectors {
			t.v.zero(t.acc(i, j))
		}
	}
	MOVQ(t.arg(argA), reg.RAX)
	if n := t.pointers(); n > 1 {
		LEAQ(Mem{Base: reg.R10, Index: reg.R10, Scale: 2}, reg.RSI)
		for i := 1; i < n; i++ {
			LEAQ(Mem{Base: rowPointers[i-1], Index: reg.RSI, Scale: 1}, rowPointers[i])
		}
	}
	MOVQ(t.arg(argB), reg.RSI)
	MOVQ(t.arg(argK), reg.R11)
}

// loop adds up the products. Each sum is one chain of multiply-adds in the order of p, whatever the kernel.
func (t tileRegs) loop() {
	const unroll = 4
	SUBQ(Imm(unroll), reg.R11)
	JLT(LabelRef("rest"))
	Label("unrolled")
	for p := range unroll {
		t.step(p)
	}
	t.advance(unroll)
	SUBQ(Imm(unroll), reg.R11)
	JGE(LabelRef("unrolled"))
	Label("rest")
	ADDQ(Imm(unroll), reg.R11)
	JZ(LabelRef("summed"))
	Label("single")
	t.step(0)
	t.advance(1)
	DECQ(reg.R11)
	JNZ(LabelRef("single"))
	Label("summed")
}

func (t tileRegs) advance(p int) {
	if !t.rowForm {
		return
	}
	for i := range t.pointers() {
		ADDQ(imm(p*t.v.size()), rowPointers[i])
	}
}

func (t tileRegs) step(p int) {
	if !t.v.wide && t.vectors == 2 { // B's lines lie far apart where it is not packed
		PREFETCHT0(Mem{Base: reg.RSI, Index: reg.R8, Scale: 8})
	}
	b := func(j int) Mem { return Mem{Base: reg.RSI, Disp: j * t.v.width()} }
	if t.rows <= 3 && t.vectors >= 4 { // few rows: keep A's elements, and go through B
		for i := range t.rows {
			t.v.broadcast(t.a(i, p), t.temp(i))
		}
		for j := range t.vectors {
			if t.rows == 1 {
				t.v.fma(b(j), t.temp(0), t.acc(0, j))
				continue
			}
			x := t.temp(t.rows + j%2)
			t.v.mov(b(j), x)
			for i := range t.rows {
				t.v.fma(x, t.temp(i), t.acc(i, j))
			}
		}
	} else {
		for j := range t.vectors {
			t.load(j, b(j), t.temp(j))
		}
		for i := range t.rows {
			x := t.temp(t.vectors + i%2)
			if !t.v.wide && t.isMasked(1) { // the mask has the other register
				x = t.temp(t.vectors)
			}
			t.v.broadcast(t.a(i, p), x)
			for j := range t.vectors {
				t.v.fma(x, t.temp(j), t.acc(i, j))
			}
		}
	}
	ADDQ(reg.R8, reg.RSI)
	if !t.rowForm {
		ADDQ(reg.R10, reg.RAX)
	}
}
