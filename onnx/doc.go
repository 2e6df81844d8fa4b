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
// [Load] reads our files and others, of opsets 7 to 25, if their operators are in one table (operators.go). Groups
// of nodes that mean one operation become one: MatMul, Add and Relu a dense layer, Sub and Div by rows a
// standardisation, the usual spelling of GELU a GELU. Loading and saving a file of ours gives the same bytes, and the
// network computes the same bits.
//
// What cannot be read whole is refused: an unknown operator or attribute, a type other than float32 and float64,
// external data, shapes that contradict each other. Memory is taken for data that is there, never for data that a file
// declares. Our files carry a checksum of everything that a network computes and of our metadata, because protobuf
// has none: a flipped bit in a weight would be a valid file.
//
// # Caveats
//
//   - Networks have an example's shape (batch, n): convolutions are not read or written yet.
//   - The slope of a leaky ReLU is a float32 in ONNX. A slope with more digits is rounded in a float64 network.
//   - A network of Gorgonia's own Mul and Add comes back as dense layers, which compute the same bits.
package onnx
