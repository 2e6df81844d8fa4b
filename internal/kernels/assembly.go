package kernels

import (
	"math"
	"unsafe"
)

// Addr is the address of element i of s. Assembly takes addresses as integers, for it advances them, possibly behind the end
// of a slice; whoever passes one keeps the slice alive.
func Addr[T Float](s []T, i int) uintptr { return uintptr(unsafe.Pointer(&s[i])) }

// Bits is v as assembly takes numbers.
func Bits[T Float](v T) uint64 {
	if IsF32[T]() {
		return uint64(math.Float32bits(float32(v)))
	}
	return math.Float64bits(float64(v))
}

// SizeOf is the size of an element in bytes.
func SizeOf[T Float]() int { return int(unsafe.Sizeof(*new(T))) }

// CeilDiv is a/b, rounded up.
func CeilDiv(a, b int) int { return (a + b - 1) / b }

// RoundUp is a, rounded up to a multiple of b.
func RoundUp(a, b int) int { return CeilDiv(a, b) * b }

// TileRows is the height of the next tile when left rows are left: the highest, but the last ones of equal height.
func TileRows(left, most int) int {
	if left >= 3*most {
		return most
	}
	return CeilDiv(left, CeilDiv(left, most))
}

// The flags of tiles, of matrix products and of convolutions; known to the assembly (asm/gemm.go).
const (
	TileAlpha = 1 << iota
	TileBeta
	TileReLU
	TileLeaky
)
