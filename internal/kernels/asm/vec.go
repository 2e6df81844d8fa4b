package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A vec is a kind of vector register and element. Its methods emit the instruction that the kind has; operands stand in
// the assembler's order, the destination last.
type vec struct {
	wide bool // AVX-512, else AVX2 with FMA
	f64  bool
	name string // as function names have it
}

var (
	avx512f32 = vec{true, false, "F32AVX512"}
	avx512f64 = vec{true, true, "F64AVX512"}
	avx2f32   = vec{false, false, "F32AVX2"}
	avx2f64   = vec{false, true, "F64AVX2"}
)

// width is the size of a register in bytes, size that of an element.
func (v vec) width() int { return pick(v.wide, 64, 32) }
func (v vec) size() int  { return pick(v.f64, 8, 4) }
func (v vec) lanes() int { return v.width() / v.size() }
func (v vec) regs() int  { return pick(v.wide, 32, 16) }

func pick[T any](c bool, yes, no T) T {
	if c {
		return yes
	}
	return no
}

// r is the i-th register.
func (v vec) r(i int) reg.VecPhysical {
	if v.wide {
		return zmm[i]
	}
	return ymm[i]
}

var (
	zmm = []reg.VecPhysical{
		reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12,
		reg.Z13, reg.Z14, reg.Z15, reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23, reg.Z24,
		reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
	}
	ymm = []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12,
		reg.Y13, reg.Y14, reg.Y15,
	}
)

func (v vec) zero(dst Op) {
	if v.wide {
		VPXORQ(dst, dst, dst)
	} else {
		VXORPS(dst, dst, dst)
	}
}

func (v vec) mov(src, dst Op) { either(v, VMOVUPS, VMOVUPD)(src, dst) }

func (v vec) broadcast(m, dst Op) { either(v, VBROADCASTSS, VBROADCASTSD)(m, dst) }

// loadMasked reads the lanes that mask selects and zeroes the others.
func (v vec) loadMasked(m, mask, dst Op) {
	if v.wide {
		either(v, VMOVUPS_Z, VMOVUPD_Z)(m, mask, dst)
	} else {
		either(v, VMASKMOVPS, VMASKMOVPD)(m, mask, dst)
	}
}

// storeMasked writes the lanes that mask selects.
func (v vec) storeMasked(src, mask, m Op) {
	if v.wide {
		either(v, VMOVUPS, VMOVUPD)(src, mask, m)
	} else {
		either(v, VMASKMOVPS, VMASKMOVPD)(src, mask, m)
	}
}

// fma emits dst += a·b.
func (v vec) fma(a, b, dst Op) { either(v, VFMADD231PS, VFMADD231PD)(a, b, dst) }

func (v vec) add(a, b, dst Op) { either(v, VADDPS, VADDPD)(a, b, dst) }
func (v vec) mul(a, b, dst Op) { either(v, VMULPS, VMULPD)(a, b, dst) }

// max emits dst = b > a ? b : a, which is a if either is NaN.
func (v vec) max(a, b, dst Op) { either(v, VMAXPS, VMAXPD)(a, b, dst) }

// either picks the instruction for the element type.
func either[F any](v vec, ps, pd F) F { return pick(v.f64, pd, ps) }

// imm is a positive immediate; an imm8 is signed.
func imm(n int) Op {
	if n < 128 {
		return U8(uint8(n))
	}
	return U32(uint32(n))
}

// A pool holds a file's constants, each repeated to fill a register, and the masks of AVX2.
type pool struct {
	name  string
	width int
	at    map[uint64]int
	size  int
}

var constants = map[vec]*pool{}

// konst is the address of a register full of x.
func (v vec) konst(x float64) Mem {
	bits := uint64(math.Float32bits(float32(x)))
	if v.f64 {
		bits = math.Float64bits(x)
	}
	return v.bits(bits)
}

// bits is the address of a register full of the given bits of an element.
func (v vec) bits(bits uint64) Mem {
	p := constants[v]
	if p == nil {
		p = &pool{name: "constants" + v.name, at: map[uint64]int{}}
		constants[v] = p
	}
	at, ok := p.at[bits]
	if !ok {
		at = p.size
		p.at[bits] = at
		p.size += v.width()
		GLOBL(p.name, attr.RODATA|attr.NOPTR)
		for i := 0; i < v.width(); i += v.size() {
			DATA(at+i, pick[Constant](v.f64, U64(bits), U32(uint32(bits))))
		}
		constants[v] = p
	}
	return NewDataAddr(NewStaticSymbol(p.name), at)
}
