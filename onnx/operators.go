package onnx

import (
	"maps"
	"math"
	"slices"
)

// operator is what an ONNX operator means here.
type operator struct {
	name     string
	since    int64 // first opset with this meaning, if later than minOpset
	min, max int   // inputs; max −1: any number
	// match says what a node means. It may look at the nodes it reads from and take them in. Nil for operators that are
	// known of constants and shapes only.
	match func(*importer, *node) (*plan, error)
	// fold computes a node whose inputs are known; nil for operators that are never folded.
	fold     folder
	many     bool // it has several results
	ofShape  bool // fold reads the shape of the input alone
	integers bool // it reads integers that are computed, or given as an input
}

// operators lists what can be read, in the order of the ONNX documentation, but for those of activations and of
// functions of one number, which op.Activations and op.Functions name. Where an operator changed between opsets 7 and 25, match says so.
var operators = []operator{
	{name: "Add", min: 2, max: 2, match: matchAdd, fold: foldBinary(addInts, addFloats, addSizes)},
	{name: "AveragePool", min: 1, max: 1, match: matchPool},
	{name: "BatchNormalization", min: 5, max: 5, match: matchBatchNorm, many: true},
	{name: "Cast", min: 1, max: 1, match: matchCast, fold: foldCast, integers: true},
	{name: "Clip", min: 1, max: 3, match: matchClip},
	{name: "Concat", min: 1, max: -1, match: matchConcat, fold: foldConcat},
	{name: "Constant", min: 0, max: 0, fold: foldConstant},
	{name: "ConstantOfShape", since: 9, min: 1, max: 1, fold: foldConstantOfShape},
	{name: "Conv", min: 2, max: 3, match: matchConv},
	{name: "Div", min: 2, max: 2, match: matchDiv, fold: foldBinary(divInts, divFloats, divSizes)},
	{name: "Dropout", min: 1, max: 3, match: matchDropout},
	{name: "Equal", min: 2, max: 2, match: matchCompare, fold: foldEqual},
	{name: "Expand", since: 8, min: 2, max: 2, match: matchExpand, fold: foldExpand},
	{name: "Flatten", min: 1, max: 1, match: matchFlatten},
	{name: "Gather", min: 2, max: 2, match: matchGather, fold: foldGather, integers: true},
	{name: "Gelu", since: 20, min: 1, max: 1, match: matchGelu},
	{name: "Gemm", min: 2, max: 3, match: matchGemm},
	{name: "GlobalAveragePool", min: 1, max: 1, match: matchGlobalPool},
	{name: "Greater", min: 2, max: 2, match: matchCompare},
	{name: "GreaterOrEqual", since: 12, min: 2, max: 2, match: matchCompare},
	{name: "Identity", min: 1, max: 1, match: passThrough, fold: foldSame},
	{name: "LayerNormalization", since: 17, min: 2, max: 3, match: matchLayerNorm},
	{name: "Less", min: 2, max: 2, match: matchCompare},
	{name: "LessOrEqual", since: 12, min: 2, max: 2, match: matchCompare},
	{name: "LogSoftmax", min: 1, max: 1, match: matchSoftmax},
	{name: "MatMul", min: 2, max: 2, match: matchMatMul},
	{name: "MaxPool", min: 1, max: 1, match: matchPool},
	{name: "Mul", min: 2, max: 2, match: matchMul, fold: foldBinary(mulInts, mulFloats, mulSizes)},
	{name: "Pad", min: 1, max: 4, match: matchPad},
	{name: "Pow", min: 2, max: 2, match: matchPow, fold: foldBinary(powInts, math.Pow, nil)},
	{name: "Range", since: 11, min: 3, max: 3, fold: foldRange},
	{name: "ReduceL1", min: 1, max: 2, match: matchReduce},
	{name: "ReduceL2", min: 1, max: 2, match: matchReduce},
	{name: "ReduceLogSum", min: 1, max: 2, match: matchReduce},
	{name: "ReduceMax", min: 1, max: 2, match: matchReduce},
	{name: "ReduceMean", min: 1, max: 2, match: matchReduce},
	{name: "ReduceMin", min: 1, max: 2, match: matchReduce},
	{name: "ReduceProd", min: 1, max: 2, fold: foldProduct},
	{name: "ReduceSum", min: 1, max: 2, match: matchReduce},
	{name: "ReduceSumSquare", min: 1, max: 2, match: matchReduce},
	{name: "Reshape", min: 2, max: 2, match: matchReshape, fold: foldReshape},
	{name: "Shape", min: 1, max: 1, fold: foldShape, ofShape: true},
	{name: "Resize", since: 11, min: 1, max: 4, match: matchResize},
	{name: "Size", min: 1, max: 1, fold: foldSize, ofShape: true},
	{name: "Slice", min: 1, max: 5, match: matchSlice, fold: foldSlice},
	{name: "Softmax", min: 1, max: 1, match: matchSoftmax},
	{name: "Split", min: 1, max: 2, match: matchSplit, many: true},
	{name: "Squeeze", min: 1, max: 2, match: matchSqueeze, fold: foldSqueeze},
	{name: "Sub", min: 2, max: 2, match: matchBinary, fold: foldBinary(subInts, subFloats, subSizes)},
	{name: "Transpose", min: 1, max: 1, match: matchTranspose, fold: foldTranspose},
	{name: "Unsqueeze", min: 1, max: 2, match: matchUnsqueeze, fold: foldUnsqueeze},
	{name: "Where", since: 9, min: 3, max: 3, match: matchWhere, fold: foldWhere},
}

// Operators lists the ONNX operators that Load understands, by name.
func Operators() []string {
	return slices.Sorted(maps.Keys(operatorsByName))
}

var operatorsByName = map[string]operator{}

func init() {
	for _, o := range slices.Concat(operators, activationOperators(), functionOperators()) {
		operatorsByName[o.name] = o
	}
}
