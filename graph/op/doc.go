// Package op holds the operations that gtrain adds to Gorgonia, and what it knows of Gorgonia's own.
//
// # One file for each operation
//
// An operation is a [Definition]: a small value that says what the operation is (its name and parameters, the ranks of its
// inputs, its output's shape) and how it is computed ([Definition.Bind] gives a kernel bound to memory). What else is known
// of it stands in the same file as optional interfaces, which the file lists in a compile-time assertion:
//
//   - to be trained: [Differentiable], its gradient, built from other operations; [Splitter], [Modal], where training is
//     another thing than evaluation; [Stateful], [Updater], [Seeded]
//   - to be pruned: [Coupler], which tensor axes live and die together; [Cutter], how it is applied again when units were
//     removed, where a parameter counts them; [Masking], [Shifted]
//   - to be rewritten: [Rebuilder], how it is applied to inputs of another shape, where the same value would not do
//   - to be saved: [Exporter], what it is called in an ONNX file
//   - to be counted: [Coster], multiply–accumulates
//   - to be fast: [Packer] and [Separable], what is done once where an input is frozen; [InPlacer], [Viewer], [Chainer], what
//     the compiler may do with its memory; [Activated], a layer with an activation fused behind it; [Normalizer]
//   - to be found by the compiler's patterns: [Described], its [Kind]
//
// None but Definition is needed: an operation without a Coupler is never pruned, and says so; one without an Exporter is
// not saved.
//
// Nobody outside of an operation's file asks for its type: [As] asks what is known of a node's op for one of these
// interfaces. Gorgonia's own ops answer through the same ones; builtin.go lists them. [Operation] turns a Definition into a
// gorgonia.Op that also works in a plain Gorgonia program with TapeMachine and gorgonia.Grad.
//
// Activations and functions of one number are rows of tables: activations.go, functions.go.
//
// # Caveats
//
// Gorgonia merges nodes whose hashes are equal. Every Operation therefore hashes all its parameters and an identity of
// its own; two calls of the same constructor are never merged. Input nodes are told apart by name, type and shape
// alone: give every input of a graph a unique name.
package op
