package onnx

import "github.com/gtrain/gtrain/graph/op"

// operator is what an ONNX operator means here.
type operator struct {
	name     string
	since    int64 // first opset with this meaning, if later than minOpset
	min, max int   // inputs
	// match says what a node means. It may look at the nodes it reads from and take them in.
	match func(*importer, *node) (*plan, error)
	// fold gives the value of a node that is a constant, nil if it is not; nil for operators that are never folded.
	fold func(*importer, *node) (*constant, error)
}

// operators lists what can be read, in the order of the ONNX documentation. Where an operator changed between opsets
// 7 and 25, match says so.
var operators = []operator{
	{name: "Abs", min: 1, max: 1, match: unary("Abs")},
	{name: "Add", min: 2, max: 2, match: matchAdd},
	{name: "Cast", min: 1, max: 1, match: matchCast},
	{name: "Ceil", min: 1, max: 1, match: unary("Ceil")},
	{name: "Clip", min: 1, max: 3, match: matchClip},
	{name: "Constant", min: 0, max: 0, fold: foldConstant},
	{name: "Cos", min: 1, max: 1, match: unary("Cos")},
	{name: "Div", min: 2, max: 2, match: matchDiv},
	{name: "Dropout", min: 1, max: 3, match: matchDropout},
	{name: "Erf", since: 9, min: 1, max: 1, match: matchErf},
	{name: "Exp", min: 1, max: 1, match: unary("Exp")},
	{name: "Flatten", min: 1, max: 1, match: matchFlatten},
	{name: "Floor", min: 1, max: 1, match: unary("Floor")},
	{name: "Gelu", since: 20, min: 1, max: 1, match: matchGelu},
	{name: "Gemm", min: 2, max: 3, match: matchLinear},
	{name: "Identity", min: 1, max: 1, match: passThrough, fold: foldIdentity},
	{name: "LeakyRelu", min: 1, max: 1, match: matchLeakyRelu},
	{name: "Log", min: 1, max: 1, match: unary("Log")},
	{name: "LogSoftmax", min: 1, max: 1, match: matchSoftmax},
	{name: "MatMul", min: 2, max: 2, match: matchLinear},
	{name: "Mul", min: 2, max: 2, match: matchMul},
	{name: "Neg", min: 1, max: 1, match: unary("Neg")},
	{name: "Pow", min: 2, max: 2, match: matchPow},
	{name: "Reciprocal", min: 1, max: 1, match: unary("Reciprocal")},
	{name: "Relu", min: 1, max: 1, match: activation(op.ReLU)},
	{name: "Reshape", min: 2, max: 2, match: matchReshape, fold: foldReshape},
	{name: "Sigmoid", min: 1, max: 1, match: activation(op.Sigmoid)},
	{name: "Sign", since: 9, min: 1, max: 1, match: unary("Sign")},
	{name: "Sin", min: 1, max: 1, match: unary("Sin")},
	{name: "Softmax", min: 1, max: 1, match: matchSoftmax},
	{name: "Softplus", min: 1, max: 1, match: activation(op.Softplus)},
	{name: "Sqrt", min: 1, max: 1, match: unary("Sqrt")},
	{name: "Sub", min: 2, max: 2, match: matchSub},
	{name: "Tanh", min: 1, max: 1, match: activation(op.Tanh)},
	{name: "Transpose", min: 1, max: 1, match: matchTranspose},
}

// Operators lists the ONNX operators that Load understands, by name.
func Operators() []string {
	names := make([]string, len(operators))
	for i, o := range operators {
		names[i] = o.name
	}
	return names
}

var operatorsByName = map[string]operator{}

func init() {
	for _, o := range operators {
		operatorsByName[o.name] = o
	}
}
