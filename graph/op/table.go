package op

import "strings"

// Info is a row of the table of operations: what `gtrain list ops` prints and the generic tests go through.
type Info struct {
	Name    string // the constructor
	Summary string
	ONNX    string // operators it is written as, empty for training-only operations
}

// All lists the operations that models are built of.
func All() []Info {
	return []Info{
		{"Dense", "fully connected layer with its activation fused, act(x·W + b)", "Gemm (+ activation)"},
		{"Conv2D", "convolution of images (batch, channels, height, width), bias and activation fused", "Conv (+ activation)"},
		{"Conv1D", "convolution along one axis, (batch, channels, length)", "Conv (+ activation)"},
		{"MaxPool2D", "largest element of each window of an image", "MaxPool"},
		{"AvgPool2D", "mean of each window of an image", "AveragePool"},
		{"GlobalAvgPool", "mean over space: (batch, channels, height, width) to (batch, channels)", "GlobalAveragePool, Flatten"},
		{"BatchNorm", "normalise each channel by the batch, or by running statistics in evaluation", "BatchNormalization"},
		{"LayerNorm", "normalise each example over its last axes", "LayerNormalization"},
		{"Activate", "an activation, elementwise: " + names(Activations()), "one operator, or several where there is none"},
		{"Softmax", "rows of logits to probabilities", "Softmax"},
		{"MatMul", "matrix product, either side transposed", "MatMul"},
		{"Standardise", "(x − mean)/scale for each column, with constants", "Sub, Div"},
		{"Unscale", "x·scale + mean with two numbers, which gives answers the target's unit", "Mul, Add"},
		{"Mask", "multiply each unit, along one axis, by 0 or 1", "Mul"},
		{"RowShift", "add a row of constants to every row, or subtract it", "Add, Sub"},
		{"Fill", "one number everywhere, for as many examples as x has", "Shape, Gather, Concat, ConstantOfShape"},
		{"Dropout", "seeded inverted dropout; the identity in evaluation", "Identity"},
		{"Add", "sum of two tensors, broadcast to a common shape", "Add"},
		{"Sub", "difference of two tensors, broadcast to a common shape", "Sub"},
		{"Mul", "elementwise product of two tensors, broadcast to a common shape", "Mul"},
		{"Div", "elementwise quotient of two tensors, broadcast to a common shape", "Div"},
		{"Concat", "join tensors along an axis", "Concat"},
		{"Slice", "a range of an axis", "Slice"},
		{"Split", "pieces of an axis", "Slice"},
		{"Select", "chosen indices of an axis", "Gather"},
		{"Transpose", "reorder axes", "Transpose"},
		{"Reshape", "another shape; the batch stays open", "Reshape"},
		{"Flatten", "merge axes into two", "Reshape"},
		{"Squeeze", "drop axes of size 1", "Reshape"},
		{"Unsqueeze", "add axes of size 1", "Reshape"},
		{"Reduce", "sum, mean, maximum or minimum over axes", "ReduceSum, ReduceMean, ReduceMax, ReduceMin"},
		{"SoftmaxAxis", "softmax along any axis", "Softmax"},
		{"LogSoftmax", "logarithm of the softmax along any axis", "LogSoftmax"},
		{"Linear", "fully connected layer over the last axis, with or without a bias", "MatMul, Add (+ activation)"},
		{"BatchMatMul", "products of the matrices in the last two axes", "MatMul"},
		{"Embedding", "rows of a table by number", "Gather"},
		{"LSTMCell", "one step of a long short-term memory", "MatMul, Sigmoid, Tanh …"},
		{"LSTM", "long short-term memory over a sequence, unrolled", "MatMul, Sigmoid, Tanh …"},
		{"GRUCell", "one step of a gated recurrent unit", "MatMul, Sigmoid, Tanh …"},
		{"GRU", "gated recurrent unit over a sequence, unrolled", "MatMul, Sigmoid, Tanh …"},
		{"MultiHeadAttention", "attention of several heads, with an additive mask", "MatMul, Softmax, Transpose …"},
		{"Clip", "elements limited to an interval", "Clip"},
		{"Pow", "elements to a constant power", "Pow"},
		{"Where", "elements of one tensor or another, by a mask", "Cast, Where"},
		{"Unary", "a function of one number, elementwise: " + strings.Join(unaryNames(), ", "), "the same"},
		{"Pad", "a constant around a tensor", "Pad"},
		{"SoftmaxCrossEntropy", "loss of a classifier, integer labels, optional label smoothing", ""},
		{"MSE", "mean squared error", ""},
		{"Huber", "mean of Huber's loss", ""},
		{"BCEWithLogits", "binary cross-entropy from logits", ""},
	}
}

func names(acts []Activation) string {
	var all []string
	for _, a := range acts {
		all = append(all, a.String())
	}
	return strings.Join(all, ", ")
}
