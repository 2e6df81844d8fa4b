package op

import (
	"unsafe"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// CacheLine is the alignment of every buffer, in bytes: no vector load crosses two lines.
const CacheLine = 64

// NewBuffer allocates as [NewValue] does, with floats beginning on a cache line.
func NewBuffer(dt tensor.Dtype, s tensor.Shape) (gorgonia.Value, error) {
	if s.IsScalar() {
		return NewValue(dt, s)
	}
	switch dt {
	case tensor.Float32:
		return tensor.New(tensor.WithShape(s.Clone()...), tensor.WithBacking(Aligned[float32](s.TotalSize()))), nil
	case tensor.Float64:
		return tensor.New(tensor.WithShape(s.Clone()...), tensor.WithBacking(Aligned[float64](s.TotalSize()))), nil
	}
	return NewValue(dt, s)
}

// Aligned allocates n numbers that begin on a cache line.
func Aligned[T float32 | float64](n int) []T {
	size := int(unsafe.Sizeof(*new(T)))
	raw := make([]T, n+CacheLine/size)
	skip := 0
	if len(raw) > 0 {
		if off := int(uintptr(unsafe.Pointer(unsafe.SliceData(raw))) % CacheLine); off != 0 {
			skip = (CacheLine - off) / size
		}
	}
	return raw[skip : skip+n : skip+n]
}
