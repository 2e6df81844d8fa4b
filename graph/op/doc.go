// Package op holds the operations that gtrain adds to Gorgonia, and what it knows of Gorgonia's own.
//
// # One room for each operation
//
// An operation is a [Definition]: a small value that says what the operation is (its name and parameters, the ranks of its
// inputs, its output's shape) and how it is computed ([Definition.Bind] gives a kernel bound to memory). What else is known
// of it stands in the same file as optional interfaces:
//
//   - [Differentiable]: its gradient, built from other operations
//   - [Coupler]: which tensor axes live and die together, for pruning
//   - [Coster]: multiply–accumulates and memory traffic
//   - [Exporter]: what it is called in an ONNX file
//   - [Rebuilder]: how it is re-applied to inputs of another shape, where the same value would not do
//   - [Cutter]: how it is re-applied when units were removed, where a parameter counts them
//   - [Packer]: what it copies into another order once and for all, where an input is frozen
//   - [InPlacer], [Viewer], [Stateful], [Updater]: what the compiler may do with it
//
// [Operation] turns a Definition into a gorgonia.Op that also works in a plain Gorgonia program with TapeMachine and
// gorgonia.Grad. [Of] finds the Definition of any node's op, Gorgonia's own included.
//
// # Caveats
//
// Gorgonia merges nodes whose hashes are equal. Every Operation therefore hashes all its parameters and an identity of
// its own; two calls of the same constructor are never merged. Input nodes are told apart by name, type and shape
// alone: give every input of a graph a unique name.
package op
