package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// elementwise emits arithmetic of one or two slices, and the activations and gradients that need no more.
func elementwise(v vec) {
	emit := func(name string, in []string, scalar string, body func(s *scope, in []Op) Op) {
		e := elements{name: name, dst: true, in: in, scalar: scalar, unroll: 4}
		e.body = func(s *scope, in []Op, _ int, _ bool) Op { return body(s, in) }
		e.emit(v, newScope(v, 2))
	}
	two := []string{"a", "b"}
	emit("add", two, "", func(_ *scope, in []Op) Op { v.add(in[1], in[0], in[0]); return in[0] })
	emit("sub", two, "", func(_ *scope, in []Op) Op { v.sub(in[1], in[0], in[0]); return in[0] })
	emit("mul", two, "", func(_ *scope, in []Op) Op { v.mul(in[1], in[0], in[0]); return in[0] })
	emit("div", two, "", func(_ *scope, in []Op) Op { v.div(in[1], in[0], in[0]); return in[0] })

	one := []string{"x"}
	k := v.scalarReg()
	emit("addScalar", one, "s", func(_ *scope, in []Op) Op { v.add(k, in[0], in[0]); return in[0] })
	emit("scale", one, "s", func(_ *scope, in []Op) Op { v.mul(k, in[0], in[0]); return in[0] })
	emit("maxScalar", one, "s", func(_ *scope, in []Op) Op { v.max(in[0], k, in[0]); return in[0] })
	emit("sqrt", one, "", func(_ *scope, in []Op) Op { v.sqrt(in[0], in[0]); return in[0] })
	emit("square", one, "", func(_ *scope, in []Op) Op { v.mul(in[0], in[0], in[0]); return in[0] })
	emit("neg", one, "", func(_ *scope, in []Op) Op { v.xor(v.signBit(), in[0], in[0]); return in[0] })
	emit("abs", one, "", func(_ *scope, in []Op) Op { v.and(v.allButSign(), in[0], in[0]); return in[0] })
	emit("axpyTo", two, "s", func(_ *scope, in []Op) Op { v.fma(in[0], k, in[1]); return in[1] })

	emit("leakyReLU", one, "slope", func(s *scope, in []Op) Op {
		zero, spare := s.new(), s.new()
		v.zero(zero)
		v.leaky(k, zero, spare, in[0])
		return in[0]
	})
	emit("rectify", one, "slope", func(s *scope, in []Op) Op {
		zero, spare := s.new(), s.new()
		v.zero(zero)
		v.rectify(zero, zero, spare, in[0])
		return in[0]
	})
	grad := []string{"dy", "y"}
	emit("reluGrad", grad, "slope", func(s *scope, in []Op) Op {
		zero, x, spare := s.new(), s.new(), s.new()
		v.zero(zero)
		v.zero(x)
		v.where(in[1], greaterThan, zero, in[0], x, spare)
		return x
	})
	emit("leakyReLUGrad", grad, "slope", func(s *scope, in []Op) Op {
		zero, x, spare := s.new(), s.new(), s.new()
		v.zero(zero)
		v.mul(k, in[0], x)
		v.where(in[1], greaterThan, zero, in[0], x, spare)
		return x
	})
	emit("rectifyGrad", grad, "slope", func(s *scope, in []Op) Op {
		zero, sign, x, spare := s.new(), s.constant(1), s.new(), s.new()
		v.zero(zero)
		v.mul(zero, in[0], zero)
		v.mov(zero, x)
		v.and(v.signBit(), in[1], spare)
		v.or(spare, sign, sign) // ±1
		v.where(sign, greaterThan, v.konst(0), in[0], x, spare)
		v.where(in[1], unordered, in[1], zero, x, spare)
		return x
	})
	emit("sigmoidGrad", grad, "slope", func(s *scope, in []Op) Op {
		x := s.constant(1)
		v.sub(in[1], x, x)
		v.mul(in[1], x, x)
		v.mul(in[0], x, x)
		return x
	})
	emit("tanhGrad", grad, "slope", func(s *scope, in []Op) Op {
		x, y := s.constant(1), s.new()
		v.add(in[1], x, y)
		v.sub(in[1], x, x)
		v.mul(y, x, x)
		v.mul(in[0], x, x)
		return x
	})
}

// reductions emits sums and the maximum of a slice, and the sum of a matrix' rows.
func reductions(v vec) {
	const unroll = 4
	emit := func(name string, in []string, start float64, body func(s *scope, in []Op, acc Op, masked bool),
		merge func(a, b, dst Op)) {
		e := elements{name: name, in: in, result: true, unroll: unroll}
		s := newScope(v, 2)
		var acc [unroll]Op
		e.before = func(s *scope) {
			for i := range acc {
				acc[i] = s.new()
				if start == 0 {
					v.zero(acc[i])
				} else {
					v.loadConst(v.konst(start), acc[i])
				}
			}
		}
		e.body = func(s *scope, in []Op, u int, masked bool) Op {
			body(s, in, acc[u], masked)
			return nil
		}
		e.after = func(s *scope) {
			merge(acc[1], acc[0], acc[0])
			merge(acc[3], acc[2], acc[2])
			merge(acc[2], acc[0], acc[0])
			v.across(acc[0].(reg.VecPhysical), acc[1].(reg.VecPhysical), merge)
			Store(acc[0].(reg.VecPhysical).AsX(), ReturnIndex(0))
		}
		e.emit(v, s)
	}
	emit("sum", []string{"x"}, 0, func(_ *scope, in []Op, acc Op, _ bool) { v.add(in[0], acc, acc) }, v.add)
	emit("sumSquares", []string{"x"}, 0, func(_ *scope, in []Op, acc Op, _ bool) { v.fma(in[0], in[0], acc) }, v.add)
	emit("dot", []string{"x", "y"}, 0, func(_ *scope, in []Op, acc Op, _ bool) { v.fma(in[1], in[0], acc) }, v.add)
	emit("max", []string{"x"}, negativeInfinity, func(s *scope, in []Op, acc Op, masked bool) {
		switch {
		case !masked:
			v.max(in[0], acc, acc)
		case v.wide:
			either(v, VMAXPS, VMAXPD)(in[0], acc, v.maskReg(), acc)
		default: // the lanes left out are 0, not −∞
			low := s.constant(negativeInfinity)
			either(v, VBLENDVPS, VBLENDVPD)(v.maskReg(), in[0], low, low)
			v.max(low, acc, acc)
		}
	}, v.max)
	addRows(v)
}

// across emits the reduction of a register's lanes into its lowest one.
func (v vec) across(x, spare reg.VecPhysical, merge func(a, b, dst Op)) {
	if v.wide {
		VEXTRACTF64X4(Imm(1), x, spare.AsY())
		merge(spare.AsY(), x.AsY(), x.AsY())
	}
	VEXTRACTF128(Imm(1), x.AsY(), spare.AsX())
	merge(spare.AsX(), x.AsX(), x.AsX())
	if v.f64 {
		VPERMILPD(Imm(1), x.AsX(), spare.AsX())
		merge(spare.AsX(), x.AsX(), x.AsX())
		return
	}
	VPERMILPS(U8(0x4E), x.AsX(), spare.AsX())
	merge(spare.AsX(), x.AsX(), x.AsX())
	VPERMILPS(U8(0xB1), x.AsX(), spare.AsX())
	merge(spare.AsX(), x.AsX(), x.AsX())
}

// addRows emits dst += the sum of rows ≥ 1 rows of x, ld elements apart.
func addRows(v vec) {
	TEXT("addRows"+v.name, NOSPLIT, "func(rows, cols, ld int, dst, x []"+elementType(v)+")")
	Pragma("noescape")
	rows, cols, ld := Load(Param("rows"), reg.R8), Load(Param("cols"), reg.RCX), Load(Param("ld"), reg.R9)
	dst, x := Load(Param("dst").Base(), reg.RDI), Load(Param("x").Base(), reg.RSI)
	SHLQ(Imm(pick[uint64](v.f64, 3, 2)), ld)
	strip := func(name string, vectors int, masked bool) {
		for i := range vectors {
			v.zero(v.r(i))
		}
		MOVQ(x, reg.RAX)
		MOVQ(rows, reg.RDX)
		Label(name)
		for i := range vectors {
			m := Mem{Base: reg.RAX, Disp: i * v.width()}
			if masked {
				v.loadMasked(m, v.maskReg(), v.r(1))
				v.add(v.r(1), v.r(0), v.r(0))
			} else {
				v.add(m, v.r(i), v.r(i))
			}
		}
		ADDQ(ld, reg.RAX)
		DECQ(reg.RDX)
		JNZ(LabelRef(name))
		for i := range vectors {
			m := Mem{Base: dst, Disp: i * v.width()}
			if masked {
				v.loadMasked(m, v.maskReg(), v.r(1))
				v.add(v.r(1), v.r(0), v.r(0))
				v.storeMasked(v.r(0), v.maskReg(), m)
			} else {
				v.add(m, v.r(i), v.r(i))
				v.mov(v.r(i), m)
			}
		}
	}
	for _, vectors := range []int{8, 1} {
		over, done, loop := pick(vectors == 1, "one", "eight"), pick(vectors == 1, "oneDone", "eightDone"), ""
		loop = over + "Rows"
		SUBQ(imm(vectors*v.lanes()), cols)
		JLT(LabelRef(done))
		Label(over)
		strip(loop, vectors, false)
		ADDQ(imm(vectors*v.width()), x)
		ADDQ(imm(vectors*v.width()), dst)
		SUBQ(imm(vectors*v.lanes()), cols)
		JGE(LabelRef(over))
		Label(done)
		ADDQ(imm(vectors*v.lanes()), cols)
	}
	JZ(LabelRef("done"))
	v.tailMask()
	strip("tailRows", 1, true)
	Label("done")
	VZEROUPPER()
	RET()
}
