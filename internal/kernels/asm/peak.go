package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakChains is enough independent chains of additions to hide the latency of two multipliers.
const peakChains = 12

func peak() {
	for _, v := range []vec{avx512f32, avx512f64, avx2f32, avx2f64} {
		TEXT("peak"+v.name, NOSPLIT, "func(n int)")
		Doc("peak" + v.name + " does 12 multiply-adds of whole registers, n times.")
		n := Load(Param("n"), reg.RCX)
		for i := range peakChains + 2 {
			v.zero(v.r(i))
		}
		Label("loop")
		for i := range peakChains {
			v.fma(v.r(peakChains), v.r(peakChains+1), v.r(i))
		}
		DECQ(n)
		JNZ(LabelRef("loop"))
		VZEROUPPER()
		RET()
	}
}

func pause() {
	TEXT("pause", NOSPLIT, "func(n int)")
	Doc("pause waits for n turns of the processor's spin hint.")
	n := Load(Param("n"), reg.RCX)
	Label("loop")
	PAUSE()
	DECQ(n)
	JNZ(LabelRef("loop"))
	RET()
}
