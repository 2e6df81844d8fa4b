package kernels

import (
	"strings"
	"unsafe"

	"github.com/pkg/errors"
)

// An isa is one implementation of all kernels.
type isa struct {
	name string
	f32  Ops[float32]
	f64  Ops[float64]
}

// Ops is what an implementation provides for one element type. Lengths have been checked and are equal.
type Ops[T Float] struct {
	Add, Sub, Mul, Div          func(dst, a, b []T)
	AddScalar, Scale, MaxScalar func(dst, a []T, s T)
	Axpy                        func(alpha T, x, y []T)
	Exp, Log, Sqrt              func(dst, x []T)
	Square, Neg, Abs            func(dst, x []T)
	Act                         [NumActivations]func(dst, x []T, slope T)
	ActGrad                     [NumActivations]func(dst, dy, v []T, slope T) // v is x for GELU, else y
	Dot                         func(x, y []T) T                              // at most ReduceBlock elements
	Sum, SumSquares             func(x []T) T                                 // at most ReduceBlock elements
	Max                         func(x []T) T                                 // at least one element
	ExpSum                      func(dst, x []T, shift T) T                   // dst = e^(x-shift), returns the sum
	// softmax of rows ≥ 1 rows of cols ≥ 1 elements; stats gets each row's maximum and sum of e^(x-maximum); nil:
	// softmax puts it together
	SoftmaxRows func(rows, cols int, dst, x, stats []T)
	SumExp      func(x []T, shift T) T               // Σ e^(x-shift)
	AddRows     func(rows, cols, ld int, dst, x []T) // dst += Σ rows of x
}

var (
	isas    = append([]*isa{portableISA()}, archISAs()...) // worst first
	current = isas[len(isas)-1]
)

// OpsOf returns the implementation in use for T.
func OpsOf[T Float]() *Ops[T] {
	if IsF32[T]() {
		return (*Ops[T])(unsafe.Pointer(&current.f32))
	}
	return (*Ops[T])(unsafe.Pointer(&current.f64))
}

// choosers are the functions that OnISA was given.
var choosers []func(isa string)

// OnISA calls choose with the name of the implementation in use, now and whenever SetISA sets another one. A package that has
// kernels of its own calls it as it is initialized.
func OnISA(choose func(isa string)) {
	choosers = append(choosers, choose)
	choose(ISA())
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
			for _, f := range choosers {
				f(name)
			}
			return nil
		}
	}
	return errors.Errorf("kernels: no implementation %q on this processor; there are: %s",
		name, strings.Join(ISAs(), ", "))
}

func portableISA() *isa {
	return &isa{name: "portable", f32: Portable[float32](), f64: Portable[float64]()}
}

func Portable[T Float]() Ops[T] {
	return Ops[T]{
		Add: addGo[T], Sub: subGo[T], Mul: mulGo[T], Div: divGo[T],
		AddScalar: addScalarGo[T], Scale: scaleGo[T], MaxScalar: maxScalarGo[T],
		Axpy: PortableAxpy[T],
		Exp:  expGo[T], Log: logGo[T], Sqrt: sqrtGo[T], Square: squareGo[T], Neg: negGo[T], Abs: absGo[T],
		Act: [NumActivations]func(dst, x []T, slope T){
			identityGo[T], PortableReLU[T], leakyReLUGo[T], sigmoidGo[T], tanhGo[T], geluGo[T], softplusGo[T], rectifyGo[T],
		},
		ActGrad: [NumActivations]func(dst, dy, v []T, slope T){
			identityGradGo[T], reluGradGo[T], leakyReLUGradGo[T], sigmoidGradGo[T], tanhGradGo[T], geluGradGo[T],
			softplusGradGo[T], rectifyGradGo[T],
		},
		Dot: PortableDot[T], Sum: sumGo[T], SumSquares: sumSquaresGo[T], Max: maxGo[T], ExpSum: expSumGo[T],
		SumExp:  sumExpGo[T],
		AddRows: addRowsGo[T],
	}
}
