package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/mmcloughlin/avo/attr"
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

// either picks the instruction for the element type.
func either[F any](v vec, ps, pd F) F { return pick(v.f64, pd, ps) }

// konst is the address of the constant x: of a register full of it for AVX2, and of one element for AVX-512, whose
// instructions repeat it.
func (v vec) konst(x float64) Mem {
	if v.f64 {
		return v.bits(math.Float64bits(x))
	}
	return v.bits(uint64(math.Float32bits(float32(x))))
}

var emitted = map[string]bool{}

// bits is konst for the bits of an element.
func (v vec) bits(bits uint64) Mem {
	name := fmt.Sprintf("k%s_%0*x", v.name, 2*v.size(), bits)
	if !emitted[name] {
		emitted[name] = true
		GLOBL(name, attr.RODATA|attr.NOPTR)
		for i := 0; i < pick(v.wide, v.size(), v.width()); i += v.size() {
			DATA(i, pick[Constant](v.f64, U64(bits), U32(uint32(bits))))
		}
	}
	return NewDataAddr(NewStaticSymbol(name), 0)
}

// isConst reports whether an operand is a constant that AVX-512 has to repeat.
func (v vec) isConst(x Op) bool {
	m, ok := x.(Mem)
	return ok && v.wide && strings.HasPrefix(m.Symbol.Name, "k"+v.name)
}

// loadConst puts a constant into a register.
func (v vec) loadConst(k Mem, dst Op) {
	if v.wide {
		v.broadcast(k, dst)
	} else {
		v.mov(k, dst)
	}
}

// three emits an instruction of three operands, the first of which may be a constant.
func (v vec) three(ps, pd, psBcst, pdBcst func(...Op), a, b, dst Op) {
	if v.isConst(a) {
		ps, pd = psBcst, pdBcst
	}
	either(v, ps, pd)(a, b, dst)
}

func (v vec) add(a, b, dst Op) { v.three(VADDPS, VADDPD, VADDPS_BCST, VADDPD_BCST, a, b, dst) }
func (v vec) mul(a, b, dst Op) { v.three(VMULPS, VMULPD, VMULPS_BCST, VMULPD_BCST, a, b, dst) }

// sub emits dst = b − a, div dst = b/a.
func (v vec) sub(a, b, dst Op) { v.three(VSUBPS, VSUBPD, VSUBPS_BCST, VSUBPD_BCST, a, b, dst) }
func (v vec) div(a, b, dst Op) { v.three(VDIVPS, VDIVPD, VDIVPS_BCST, VDIVPD_BCST, a, b, dst) }

// max emits dst = b > a ? b : a, which is a if either is NaN; min likewise.
func (v vec) max(a, b, dst Op) { v.three(VMAXPS, VMAXPD, VMAXPS_BCST, VMAXPD_BCST, a, b, dst) }
func (v vec) min(a, b, dst Op) { v.three(VMINPS, VMINPD, VMINPS_BCST, VMINPD_BCST, a, b, dst) }

func (v vec) and(a, b, dst Op) { v.three(VANDPS, VANDPD, VANDPS_BCST, VANDPD_BCST, a, b, dst) }
func (v vec) or(a, b, dst Op)  { v.three(VORPS, VORPD, VORPS_BCST, VORPD_BCST, a, b, dst) }
func (v vec) xor(a, b, dst Op) { v.three(VXORPS, VXORPD, VXORPS_BCST, VXORPD_BCST, a, b, dst) }

// fma emits dst += a·b, fnma dst −= a·b, and horner dst = b·dst + a.
func (v vec) fma(a, b, dst Op) {
	v.three(VFMADD231PS, VFMADD231PD, VFMADD231PS_BCST, VFMADD231PD_BCST, a, b, dst)
}

func (v vec) fnma(a, b, dst Op) {
	v.three(VFNMADD231PS, VFNMADD231PD, VFNMADD231PS_BCST, VFNMADD231PD_BCST, a, b, dst)
}

func (v vec) horner(a, b, dst Op) {
	v.three(VFMADD213PS, VFMADD213PD, VFMADD213PS_BCST, VFMADD213PD_BCST, a, b, dst)
}

func (v vec) sqrt(x, dst Op) { either(v, VSQRTPS, VSQRTPD)(x, dst) }

// signBit and allButSign are the bits of an element.
func (v vec) signBit() Mem    { return v.bits(pick[uint64](v.f64, 1<<63, 1<<31)) }
func (v vec) allButSign() Mem { return v.bits(pick[uint64](v.f64, 1<<63-1, 1<<31-1)) }

// Predicates of compare.
const (
	lessThan     = 1
	equal        = 0
	notLess      = 5  // or NaN
	notLessEqual = 6  // or NaN
	greaterThan  = 14 // false for NaN
)

// where emits dst = a <predicate> b ? yes : dst. It uses K2 or the spare register.
func (v vec) where(a Op, predicate uint8, b, yes, dst, spare Op) {
	if !v.wide {
		either(v, VCMPPS, VCMPPD)(U8(predicate), b, a, spare)
		either(v, VBLENDVPS, VBLENDVPD)(spare, yes, dst, dst)
		return
	}
	if v.isConst(b) {
		either(v, VCMPPS_BCST, VCMPPD_BCST)(U8(predicate), b, a, reg.K2)
	} else {
		either(v, VCMPPS, VCMPPD)(U8(predicate), b, a, reg.K2)
	}
	if v.isConst(yes) {
		either(v, VBROADCASTSS, VBROADCASTSD)(yes, reg.K2, dst)
	} else {
		either(v, VMOVUPS, VMOVUPD)(yes, reg.K2, dst)
	}
}

// imm is a positive immediate; an imm8 is signed.
func imm(n int) Op {
	if n < 128 {
		return U8(uint8(n))
	}
	return U32(uint32(n))
}
