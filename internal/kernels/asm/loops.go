package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A scope hands out the vector registers of a function body.
type scope struct {
	vec
	free []Op
}

func newScope(v vec, reserved int) *scope {
	s := &scope{vec: v}
	for i := range v.regs() - reserved {
		s.free = append(s.free, v.r(i))
	}
	return s
}

func (s *scope) new() Op {
	r := s.free[0]
	s.free = s.free[1:]
	return r
}

func (s *scope) drop(rs ...Op) { s.free = append(rs, s.free...) }

// constant loads x into a new register.
func (s *scope) constant(x float64) Op {
	r := s.new()
	s.loadConst(s.konst(x), r)
	return r
}

func elementType(v vec) string { return pick(v.f64, "float64", "float32") }

// Reserved registers: the last holds the mask of AVX2's tail, the one before the scalar argument.
func (v vec) maskReg() Op   { return pick[Op](v.wide, reg.K1, v.r(v.regs()-1)) }
func (v vec) scalarReg() Op { return v.r(v.regs() - 2) }

// tailMask emits the mask of the first CX lanes into maskReg. It uses BX, and CX.
func (v vec) tailMask() {
	if v.wide {
		MOVQ(I32(-1), reg.RBX)
		SHLQ(reg.CL, reg.RBX)
		NOTQ(reg.RBX)
		KMOVW(reg.EBX, reg.K1)
		return
	}
	name := "masks" + v.name
	if !emitted[name] {
		emitted[name] = true
		GLOBL(name, attr.RODATA|attr.NOPTR)
		for i := range 2 * v.width() / 8 {
			DATA(8*i, U64(pick[uint64](i < v.width()/8, 1<<64-1, 0)))
		}
	}
	LEAQ(NewDataAddr(NewStaticSymbol(name), v.width()), reg.RBX)
	SHLQ(Imm(pick[uint64](v.f64, 3, 2)), reg.RCX)
	SUBQ(reg.RCX, reg.RBX)
	v.mov(Mem{Base: reg.RBX}, v.maskReg())
}

// elements emits a function that goes through dst and the slices named in; body computes a result from a register of
// each. If scalar names a parameter, scalarReg holds it. A body without dst keeps its results itself.
type elements struct {
	name   string
	dst    bool
	in     []string
	scalar string
	result bool // returns an element
	// extra is further parameters and results what is returned, as the signature has them
	extra, results string
	unroll         int
	// before and after emit what surrounds the loops
	before, after func(s *scope)
	body          func(s *scope, in []Op, u int, masked bool) Op
}

func (e elements) signature(v vec) string {
	args := ""
	names := e.in
	if e.dst {
		names = append([]string{"dst"}, names...)
	}
	for i, n := range names {
		if i > 0 {
			args += ", "
		}
		args += n
	}
	sig := "func(" + args + " []" + elementType(v)
	if e.scalar != "" {
		sig += ", " + e.scalar + " " + elementType(v)
	}
	sig += e.extra + ")" + e.results
	if e.result {
		sig += " " + elementType(v)
	}
	return sig
}

var inputRegs = []reg.GPPhysical{reg.RSI, reg.RDX, reg.R8}

func (e elements) emit(v vec, first *scope) {
	TEXT(e.name+v.name, NOSPLIT, e.signature(v))
	Pragma("noescape")
	length := "dst"
	if e.dst {
		Load(Param("dst").Base(), reg.RDI)
	} else {
		length = e.in[0]
	}
	Load(Param(length).Len(), reg.RCX)
	for i, n := range e.in {
		Load(Param(n).Base(), inputRegs[i])
	}
	if e.scalar != "" {
		b, err := Param(e.scalar).Resolve()
		if err != nil {
			panic(err)
		}
		v.broadcast(b.Addr, v.scalarReg())
	}
	if e.before != nil {
		e.before(first)
	}
	XORQ(reg.RAX, reg.RAX) // bytes from the start
	step := func(unroll int, masked bool) {
		for u := range unroll {
			s := &scope{vec: v, free: append([]Op(nil), first.free...)}
			at := func(base reg.GPPhysical) Mem {
				return Mem{Base: base, Index: reg.RAX, Scale: 1, Disp: u * v.width()}
			}
			var in []Op
			for i := range e.in {
				x := s.new()
				if masked {
					v.loadMasked(at(inputRegs[i]), v.maskReg(), x)
				} else {
					v.mov(at(inputRegs[i]), x)
				}
				in = append(in, x)
			}
			out := e.body(s, in, u, masked)
			switch {
			case !e.dst:
			case masked:
				v.storeMasked(out, v.maskReg(), at(reg.RDI))
			default:
				v.mov(out, at(reg.RDI))
			}
		}
	}
	if e.unroll > 1 {
		SUBQ(imm(e.unroll*v.lanes()), reg.RCX)
		JLT(LabelRef("rest"))
		Label("unrolled")
		step(e.unroll, false)
		ADDQ(imm(e.unroll*v.width()), reg.RAX)
		SUBQ(imm(e.unroll*v.lanes()), reg.RCX)
		JGE(LabelRef("unrolled"))
		Label("rest")
		ADDQ(imm(e.unroll*v.lanes()), reg.RCX)
	}
	SUBQ(imm(v.lanes()), reg.RCX)
	JLT(LabelRef("tail"))
	Label("single")
	step(1, false)
	ADDQ(imm(v.width()), reg.RAX)
	SUBQ(imm(v.lanes()), reg.RCX)
	JGE(LabelRef("single"))
	Label("tail")
	ADDQ(imm(v.lanes()), reg.RCX)
	JZ(LabelRef("done"))
	v.tailMask()
	step(1, true)
	Label("done")
	if e.after != nil {
		e.after(first)
	}
	VZEROUPPER()
	RET()
}
