package kernels

import (
	"strings"
	"unsafe"

	"github.com/pkg/errors"
)

// An isa is one implementation of all kernels.
type isa struct {
	name string
	f32  ops[float32]
	f64  ops[float64]
}

// ops is what an implementation provides for one element type. Lengths have been checked and are equal.
type ops[T Float] struct {
	tiles *tileSet    // of matrix products; nil: gemmGo
	conv  *convSet    // of convolutions; nil: by the definition
	peak  func(n int) // 12 multiply-adds of whole vectors, n times; nil: unknown

	add, sub, mul, div          func(dst, a, b []T)
	addScalar, scale, maxScalar func(dst, a []T, s T)
	axpy                        func(alpha T, x, y []T)
	exp, log, sqrt              func(dst, x []T)
	square, neg, abs            func(dst, x []T)
	act                         [numActivations]func(dst, x []T, slope T)
	actGrad                     [numActivations]func(dst, dy, v []T, slope T) // v is x for GELU, else y
	dot                         func(x, y []T) T                              // at most reduceBlock elements
	sum, sumSquares             func(x []T) T                                 // at most reduceBlock elements
	max                         func(x []T) T                                 // at least one element
	expSum                      func(dst, x []T, shift T) T                   // dst = e^(x-shift), returns the sum
	// softmax of rows ≥ 1 rows of cols ≥ 1 elements; stats gets each row's maximum and sum of e^(x-maximum); nil:
	// softmax puts it together
	softmaxRows func(rows, cols int, dst, x, stats []T)
	sumExp      func(x []T, shift T) T               // Σ e^(x-shift)
	addRows     func(rows, cols, ld int, dst, x []T) // dst += Σ rows of x

	// of normalisation
	affine, affineReLU func(dst, x []T, scale, shift T)      // x·scale + shift
	normGrad           func(dst, dy, x []T, mean, a, b, c T) // a·dy + b·(x−mean) + c
	sumDeviations      func(x []T, mean T) T                 // Σ (x−mean)², of at most reduceBlock elements
	normSums           func(dy, x []T, mean T) (sum, dot T)  // Σ dy and Σ dy·(x−mean), likewise

	// of 2×2 windows side by side, with at least 16 bytes of results in a row; nil: one by one
	maxPool2, maxPool2Grad func(x, y, dx uintptr, planes, rows, cols int, inRow, inPlane uintptr)

	update updateOps[T] // of optimizers; the same bits in every implementation
}

var (
	isas    = append([]*isa{portableISA()}, archISAs()...) // worst first
	current = isas[len(isas)-1]
)

// opsOf returns the implementation in use for T.
func opsOf[T Float]() *ops[T] {
	if isF32[T]() {
		return (*ops[T])(unsafe.Pointer(&current.f32))
	}
	return (*ops[T])(unsafe.Pointer(&current.f64))
}

// ISA names the implementation in use.
func ISA() string { return current.name }

// ISAs lists the implementations that this processor can run, the slowest first.
func ISAs() []string {
	names := make([]string, len(isas))
	for i, v := range isas {
		names[i] = v.name
	}
	return names
}

// SetISA forces an implementation: "portable", "avx2" or "avx512". It must not be called while kernels run.
func SetISA(name string) error {
	for _, v := range isas {
		if v.name == name {
			current = v
			return nil
		}
	}
	return errors.Errorf("kernels: no implementation %q on this processor; there are: %s",
		name, strings.Join(ISAs(), ", "))
}

func portableISA() *isa {
	return &isa{name: "portable", f32: portableOps[float32](), f64: portableOps[float64]()}
}

func portableOps[T Float]() ops[T] {
	return ops[T]{
		add: addGo[T], sub: subGo[T], mul: mulGo[T], div: divGo[T],
		addScalar: addScalarGo[T], scale: scaleGo[T], maxScalar: maxScalarGo[T],
		axpy: axpyGo[T],
		exp:  expGo[T], log: logGo[T], sqrt: sqrtGo[T], square: squareGo[T], neg: negGo[T], abs: absGo[T],
		act: [numActivations]func(dst, x []T, slope T){
			identityGo[T], reluGo[T], leakyReLUGo[T], sigmoidGo[T], tanhGo[T], geluGo[T], softplusGo[T], rectifyGo[T],
		},
		actGrad: [numActivations]func(dst, dy, v []T, slope T){
			identityGradGo[T], reluGradGo[T], leakyReLUGradGo[T], sigmoidGradGo[T], tanhGradGo[T], geluGradGo[T],
			softplusGradGo[T], rectifyGradGo[T],
		},
		dot: dotGo[T], sum: sumGo[T], sumSquares: sumSquaresGo[T], max: maxGo[T], expSum: expSumGo[T],
		sumExp:  sumExpGo[T],
		addRows: addRowsGo[T],
		affine:  affineGo[T], affineReLU: affineReLUGo[T], normGrad: normGradGo[T],
		sumDeviations: sumDeviationsGo[T], normSums: normSumsGo[T],
		update: portableUpdates[T](),
	}
}
