// Package onnx writes networks to ONNX files and reads them back, also files that other programs wrote.
//
// # Writing
//
// [Save] walks a network's forward graph and lets each operation describe itself in ONNX's words (op.Exporter). Files
// have opset 17, IR version 8, weights inside, and a batch axis that is left open. They run in ONNX Runtime since 1.12
// and pass the ONNX checker. Equal networks give equal bytes: values that nobody named are called after the operator
// and its position. Dropout is left out, as in prediction.
//
// [Meta] travels along: the task, the names of classes and features, and whatever else a caller puts there.
//
// # Reading
//
// [Load] reads our files and others, of opsets 7 to 25, if their operators are in one table (operators.go); [Operators]
// lists them, and an operator outside of it is refused with its node and opset. What an operator means stands in a file
// for each family, match_*.go. Groups of nodes that mean one operation become one: MatMul, Add and Relu a dense layer,
// Sub and Div by rows a standardisation, the usual spellings of GELU and of layer norm these. Loading and saving a file
// of ours gives the same bytes, and the network computes the same bits.
//
// Parameters keep their names. Running means and variances become states, which training goes on to follow; masks and
// preprocessing statistics stay constants, as the file says if it is ours. Inputs of integers, which are indices into a
// table, become inputs of the network's type that hold integers; a file that the network is saved to declares them as
// integers again.
//
// # The batch
//
// Only the leading axis of an input may be open, and it is the batch. Exporters compute with its size: PyTorch writes
// view(x.size(0), -1) as Shape, Gather, Unsqueeze, Concat and Reshape. Nodes that compute with constants and shapes are
// folded while the file is read (fold*.go). A number that follows the batch size is held as n + per·batch (sizes.go), which
// holds for every batch size: it becomes 0 or −1 in a reshape, and a fill (op.Fill) where a value of the batch's size is
// made. A quotient that is rounded, a comparison such as n == 1 and whatever else is no such number is not known, and
// refused where something is decided by it.
//
// Every value knows along which axis the examples of the batch lie, also where it was merged with its neighbours (lanes.go).
// Cutting, joining, padding or reordering the batch is refused, and so is letting one example see another: a mean, a
// softmax or a product over the batch. A Slice may go over the batch where it leaves it whole, up to 2³¹−1 for example. What
// is read thus computes for a row what it computes for it among any others. At the end the network is made for other batch
// sizes and its shapes are compared with what was read.
//
// A file that declares a batch size serves all where its reshapes keep the leading axis, and is read as it is at that size:
// x[0:20] of a batch of 20 is the batch. What fits that size alone is refused.
//
// A Squeeze without a list drops all axes of size 1, and at a batch of 1 also the batch itself in ONNX. Here the batch stays:
// the same numbers, in a shape that has the batch in front at every size.
//
// # What is refused
//
// What cannot be read whole is refused: an unknown operator or attribute, a type other than float32 and float64. That is
// ErrUnsupported; ErrInvalid is a file that breaks ONNX's rules or contradicts itself, an initializer its declared shape for
// example. Sizes in messages are the file's own. What none of the outputs depends on is not looked at; [Outputs] chooses
// among them.
//
// Sizes are checked before anything is computed with them. Memory is taken for data that is there, never for data that a
// file declares: the size of an input, the numbers of all values of one example, the lengths of their axes and what folding
// may take are bound by the bytes of the file (limits.go), and the operations by a number, for Gorgonia's graphs take time
// that grows with their square. External data is read from files in the model's folder and below it, each byte once. Our
// files carry a checksum of everything that a network computes and of our metadata, because protobuf has none: a flipped bit
// in a weight would be a valid file.
//
// # Caveats
//
//   - The slope of a leaky ReLU is a float32 in ONNX. A slope with more digits is rounded in a float64 network. The eps
//     and momentum of a batch norm, too.
//   - A network of Gorgonia's own Mul and Add comes back as dense layers, which compute the same bits.
//   - An average pool that rounds its size up (ceil_mode) follows PyTorch's rule: no window starts behind the image.
package onnx
