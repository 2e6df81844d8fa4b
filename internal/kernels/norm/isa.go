package norm

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// normOps is what an implementation provides for one element type.
type normOps[T kernels.Float] struct {
	affine, affineReLU func(dst, x []T, scale, shift T)      // x·scale + shift
	normGrad           func(dst, dy, x []T, mean, a, b, c T) // a·dy + b·(x−mean) + c
	sumDeviations      func(x []T, mean T) T                 // Σ (x−mean)², of at most kernels.ReduceBlock elements
	normSums           func(dy, x []T, mean T) (sum, dot T)  // Σ dy and Σ dy·(x−mean), likewise
}

// norms are the implementations in use.
var norms struct {
	f32 normOps[float32]
	f64 normOps[float64]
}

func init() { kernels.OnISA(chooseNorms) }

func normOpsOf[T kernels.Float]() *normOps[T] {
	if kernels.IsF32[T]() {
		return (*normOps[T])(unsafe.Pointer(&norms.f32))
	}
	return (*normOps[T])(unsafe.Pointer(&norms.f64))
}

func portableNorms[T kernels.Float]() normOps[T] {
	return normOps[T]{affineGo[T], affineReLUGo[T], normGradGo[T], sumDeviationsGo[T], normSumsGo[T]}
}
