package op

import "gorgonia.org/gorgonia"

// Kind is what an operation does, for the compiler's patterns: one of Gorgonia's own, or one of ours that does the same.
type Kind int

// The kinds that patterns ask for. Functions of one number have one each, in functions.go.
const (
	KindOther   Kind = iota // none of these, or unknown
	KindAdd                 // a + b, elementwise
	KindSub                 // a − b
	KindMulElem             // a·b, elementwise
	KindDivElem             // a/b
	KindPow                 // a to the power of b
	KindLess                // comparisons are named only where they give numbers, 1 and 0
	KindLessEqual
	KindGreater
	KindGreaterEqual
	KindEqual
	KindNotEqual

	KindMatMul         // product of two matrices, either side transposed
	KindRepeat         // input 0 repeated along Axis
	KindReshape        // the same elements in another shape
	KindSize           // the length of Axis as a number
	KindSum            // over axes
	KindLogSoftmax     // along Axis
	KindLogSoftmaxGrad // its gradient

	KindAddRow // a row added to every row: x (batch, n), row (n)
	KindSubRow // a row subtracted from every row

	KindStandardize // (x − mean)/scale by column
	KindChannelSums // of images, or of the columns of a matrix

	KindNeg
	KindAbs
	KindSign
	KindCeil
	KindFloor
	KindSin
	KindCos
	KindExp
	KindExpm1
	KindLog
	KindLog2
	KindLog1p
	KindSquare
	KindCube
	KindSqrt
	KindReciprocal
	KindInvSqrt
	KindErf
	KindSigmoid
	KindTanh
	KindSoftplus
)

// Arithmetic tells whether the kind joins two numbers to one: + − · / and the power, but no comparison.
func (k Kind) Arithmetic() bool { return KindAdd <= k && k <= KindPow }

// Desc says of which kind an operation is.
type Desc struct {
	Kind           Kind
	Axis           int  // of repeat, size, log-softmax and its gradient; −1 is the last
	TransA, TransB bool // of a matrix product
}

// Described is an operation that patterns look for by its kind.
type Described interface{ Describe() Desc }

// Describe says what an operation is; the zero Desc where it is nothing that patterns look for.
func Describe(o gorgonia.Op) Desc {
	if d, ok := known(o).(Described); ok {
		return d.Describe()
	}
	return Desc{}
}

// KindOf is the kind of an operation.
func KindOf(o gorgonia.Op) Kind { return Describe(o).Kind }
