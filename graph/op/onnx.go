package op

import "gorgonia.org/gorgonia"

// Emitter receives the ONNX form of an op. Package onnx implements it; ops only describe themselves, so that what an
// op is called in a file stands in the op's own file.
type Emitter interface {
	// Node adds an ONNX node of the given type that reads the named values and writes out. The attributes' values are
	// int64, float32, string, []int64, []float32, OwnType or, for a constant of the network's type, *tensor.Dense.
	Node(opType string, in []string, out string, attrs ...Attr)
	// Temp returns a fresh value name that contains hint.
	Temp(hint string) string
	// Const stores a constant (a tensor or scalar value) as an initializer and returns its value name.
	Const(hint string, v gorgonia.Value) string
	// Double stores a constant in float64 whatever the network's type, for nodes behind a Cast to it.
	Double(hint string, v gorgonia.Value) string
	// Single stores a constant in float32 whatever the network's type: what ONNX wants of it, as of the scales of a Resize.
	Single(hint string, v gorgonia.Value) string
}

// OwnType, as an attribute's value, is ONNX's number for the network's type: what a Cast makes of booleans.
type OwnType struct{}

// Attr is one attribute of an ONNX node.
type Attr struct {
	Name  string
	Value any
}
