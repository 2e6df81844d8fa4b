package conv

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// convOps is what an implementation provides for one element type.
type convOps[T kernels.Float] struct {
	conv *convSet // nil: by the definition

	// of pooling's 2×2 windows side by side, with at least 16 bytes of results in a row; nil: one by one
	maxPool2, maxPool2Grad func(x, y, dx uintptr, planes, rows, cols int, inRow, inPlane uintptr)
}

// convs are the implementations in use.
var convs struct {
	f32 convOps[float32]
	f64 convOps[float64]
}

func init() { kernels.OnISA(chooseConvs) }

func convOpsOf[T kernels.Float]() *convOps[T] {
	if kernels.IsF32[T]() {
		return (*convOps[T])(unsafe.Pointer(&convs.f32))
	}
	return (*convOps[T])(unsafe.Pointer(&convs.f64))
}
