package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// squares emits the sums of squares of every sixteenth element, in float64, as far as sixteens go.
func squares(v vec) {
	const sums = 16
	TEXT("squares"+v.name, NOSPLIT, fmt.Sprintf("func(x []%s) [16]float64", elementType(v)))
	Pragma("noescape")
	Load(Param("x").Base(), reg.RSI)
	Load(Param("x").Len(), reg.RCX)
	lanes := v.width() / 8
	n := sums / lanes
	wide := pick(v.wide, zmm, ymm)
	for i := range n {
		v.zero(wide[i])
	}
	SUBQ(imm(sums), reg.RCX)
	JLT(LabelRef("done"))
	Label("loop")
	for i := range n {
		x, m := wide[n+i], Mem{Base: reg.RSI, Disp: i * lanes * v.size()}
		if v.f64 {
			VMOVUPD(m, x)
		} else {
			VCVTPS2PD(m, x)
		}
		VMULPD(x, x, x)
		VADDPD(x, wide[i], wide[i])
	}
	ADDQ(imm(sums*v.size()), reg.RSI)
	SUBQ(imm(sums), reg.RCX)
	JGE(LabelRef("loop"))
	Label("done")
	for i := range n {
		c, err := ReturnIndex(0).Index(i * lanes).Resolve()
		if err != nil {
			panic(err)
		}
		VMOVUPD(wide[i], c.Addr)
	}
	VZEROUPPER()
	RET()
}

// residue emits Σ x·0, which is 0 if all elements are finite and NaN if not.
func residue(v vec) {
	const unroll = 4
	var acc [unroll]Op
	var zero Op
	e := elements{name: "residue", in: []string{"x"}, result: true, unroll: unroll}
	e.before = func(s *scope) {
		zero = s.new()
		v.zero(zero)
		for i := range acc {
			acc[i] = s.new()
			v.zero(acc[i])
		}
	}
	e.body = func(_ *scope, in []Op, u int, _ bool) Op {
		v.fma(in[0], zero, acc[u])
		return nil
	}
	e.after = func(*scope) {
		v.add(acc[1], acc[0], acc[0])
		v.add(acc[3], acc[2], acc[2])
		v.add(acc[2], acc[0], acc[0])
		v.across(acc[0].(reg.VecPhysical), acc[1].(reg.VecPhysical), v.add)
		Store(acc[0].(reg.VecPhysical).AsX(), ReturnIndex(0))
	}
	e.emit(v, newScope(v, 2))
}
