// Package graph compiles Gorgonia's expression graphs and runs them.
//
// # What is here
//
//   - [Compile] turns any ExprGraph, ours or a user's own, into a [Program]: a gorgonia.VM whose instructions are kernels
//     bound to memory that is allocated once. [Outputs] says what is wanted of it, which makes it faster.
//   - [NewMachine] makes a [Machine]: a Program that keeps what Gorgonia's TapeMachine promises, for programs that were
//     written for it.
//   - [Frozen], [Snapshot] and [FrozenTo] take the values of inputs once, so that what depends on them alone is computed in
//     advance.
//   - [Dump] writes the program after each pass of the compiler.
//   - [Plain] compiles without any rewriting: what every other program is compared with.
//   - [BLAS] is Gorgonia's BLAS with the kernels of this module.
//
// # Where to start reading
//
// program.go (Compile, RunAll), then passes.go: the table of the compiler's passes, each of which is a file. compilation.go
// has what they work on. machine.go and tape.go are what a Machine adds. What is known of a single operation is in package
// op below.
//
// # What imports what
//
// This package imports op and knows no network. Package network builds networks on it, and package surgery takes units out
// of networks; surgery touches no Program.
//
// # Caveats
//
//   - A Program is for one goroutine at a time, and programs that share parameters must not run at the same time unless
//     these are frozen.
//   - Where outputs are named, only their values, the gradients of inputs and what gorgonia.Read asks for survive a run;
//     otherwise every forward value does.
package graph
