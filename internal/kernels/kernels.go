package kernels

import (
	"fmt"
	"unsafe"
)

// Float is the set of element types.
type Float interface{ float32 | float64 }

// IsF32 reports whether T is float32; the compiler folds it to a constant.
func IsF32[T Float]() bool {
	var z T
	return unsafe.Sizeof(z) == 4
}

// Need panics unless a slice called what, of have elements, holds the want elements that function fn reads or writes.
func Need(fn, what string, have, want int) {
	if have < want {
		panic(fmt.Sprintf("kernels: %s: %s has %d elements, needs %d", fn, what, have, want))
	}
}

// NeedDims panics if a dimension is negative.
func NeedDims(fn string, dims ...int) {
	for _, d := range dims {
		if d < 0 {
			panic(fmt.Sprintf("kernels: %s: negative dimension in %v", fn, append([]int(nil), dims...)))
		}
	}
}

// NeedMatrix panics unless a slice of have elements holds a rows×cols matrix with leading dimension ld.
func NeedMatrix(fn, what string, have, rows, cols, ld int) {
	if rows == 0 || cols == 0 {
		return
	}
	if ld < cols {
		panic(fmt.Sprintf("kernels: %s: %s has leading dimension %d, needs at least %d", fn, what, ld, cols))
	}
	Need(fn, what, have, (rows-1)*ld+cols)
}
