package gemm

import "github.com/gtrain/gtrain/internal/kernels"

// sets are the kernels in use by element type; nil: the portable product.
var sets struct{ f32, f64 *tileSet }

// peaks are loops of 12 multiply-adds of whole vectors, n times; nil: unknown.
var peaks struct{ f32, f64 func(n int) }

func init() { kernels.OnISA(chooseSets) }

// setOf is the set in use for T, or nil.
func setOf[T kernels.Float]() *tileSet {
	if kernels.IsF32[T]() {
		return sets.f32
	}
	return sets.f64
}

func peakOf[T kernels.Float]() func(n int) {
	if kernels.IsF32[T]() {
		return peaks.f32
	}
	return peaks.f64
}
