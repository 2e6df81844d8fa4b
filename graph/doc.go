// Package graph compiles Gorgonia expression graphs, runs them, and rewrites them.
//
// # Concepts
//
// A [Program] is a gorgonia.VM: [Compile] turns any ExprGraph, ours or a user's own, into a list of kernels bound to
// memory that is allocated once. A short table of passes does it (passes.go).
//
// A [Machine] is a Program that keeps what Gorgonia's TapeMachine promises, for programs that were written for it.
//
// A [Network] is the canonical form of a model: a forward graph whose leading axis is the batch, with named
// parameters. Training, evaluation, another batch size and every pruned version are rewrites of it: [Network.Rebatch],
// [Network.Objective], [Network.Mask], [Network.Cut]. A rewrite builds a new graph by applying every operation again and
// never changes the old one. Parameters keep their values' memory unless they are cut, so a network and its rebatched
// copies train as one.
//
// A [Runner] evaluates a network on any number of rows. Programs follow the values of parameters as they change; [Frozen],
// [Snapshot] and [Runner.Freeze] take them once, which is faster.
//
// [Analyze] finds which indices of which tensors live and die together: the units that can be removed.
//
// # Caveats
//
//   - Names are identity: parameters, constants and inputs of a network must have unique names.
//   - Programs that share parameters must not run at the same time.
//   - Only the values of outputs, gradients of inputs, and nodes that Compile was told to keep survive a run when
//     outputs are named; otherwise every forward value does.
package graph
