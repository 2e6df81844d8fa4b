package gemm

import (
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
)

func TestPeakFMA(t *testing.T) {
	forEachISA(t, func(t *testing.T) {
		single, double := PeakFMA[float32](), PeakFMA[float64]()
		if kernels.ISA() == "portable" {
			if single != 0 || double != 0 {
				t.Errorf("peaks %v and %v, want 0: there is no loop to measure", single, double)
			}
			return
		}
		// a register has twice as many float32; others may be using the processor
		if ratio := single / double; !(single > 1e9 && ratio > 1 && ratio < 4) {
			t.Errorf("%.3g float32 and %.3g float64 operations a second", single, double)
		}
	})
}
