package update

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// inUse are the implementations in use.
var inUse struct {
	f32 updateOps[float32]
	f64 updateOps[float64]
}

func init() { kernels.OnISA(chooseUpdates) }

func updateOpsOf[T kernels.Float]() *updateOps[T] {
	if kernels.IsF32[T]() {
		return (*updateOps[T])(unsafe.Pointer(&inUse.f32))
	}
	return (*updateOps[T])(unsafe.Pointer(&inUse.f64))
}
