package extending_test

import (
	"fmt"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/op/optest"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// signedSquare is x·|x|, elementwise. String names every parameter, if there are any: it is what operations are told apart by.
type signedSquare struct{}

func (signedSquare) String() string { return "SignedSquare" }
func (signedSquare) Signature() op.Signature {
	return op.Signature{In: []op.Rank{op.Same}, Out: op.Same}
}
func (signedSquare) Shape(in []tensor.Shape) (tensor.Shape, error) { return in[0].Clone(), nil }
func (signedSquare) Bind(out gorgonia.Value, in []gorgonia.Value) (op.Kernel, error) {
	return op.BindFloats(out, in, square[float32], square[float64])
}

func square[T op.Float](y []T, in [][]T) {
	for i, x := range in[0] {
		y[i] = x * max(x, -x)
	}
}

// Wrt says which inputs have a gradient, and Grad builds it of other operations: 2·|x|·dy.
func (signedSquare) Wrt() []bool { return []bool{true} }
func (signedSquare) Grad(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	size, err := op.Unary("Abs", in[0])
	if err != nil {
		return nil, err
	}
	half, err := op.Mul(size, grad)
	if err != nil {
		return nil, err
	}
	dx, err := op.Add(half, half)
	return gorgonia.Nodes{dx}, err
}

// An operation of your own. Check compares its gradient with finite differences, float32 with float64, and the compiled
// program with Gorgonia's own machine.
func Example_operation() {
	err := optest.Case{Name: "signed square", Build: func(in *optest.Inputs) (*gorgonia.Node, error) {
		return op.Apply(signedSquare{}, in.Normal(3, 4))
	}}.Check()
	fmt.Println("wrong:", err)
	// Output: wrong: <nil>
}
