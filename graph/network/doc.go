// Package network has the canonical form of a model, [Network]: a forward graph whose leading axis is the batch, with named
// parameters, states and constants. All other forms of a model are rewrites of it.
//
// # What is here
//
//   - [Network.Rebatch], [Network.Inference], [Network.Training] and [Network.Clone] give it another batch size, the form for
//     predictions or for training, or memory of its own.
//   - [Network.Objective] puts a loss behind it and differentiates: what a training step runs. [CrossEntropy], [MSE], … make
//     losses.
//   - [NewRunner] evaluates it on any number of rows; [RunPlain] does so without any optimization, to compare with.
//   - [Latency], [Network.Cost] and [Network.ParamCount] measure it.
//   - [Rewrite] is what they are all made of: the graph is built again, operation by operation, with some inputs or nodes
//     changed.
//
// A rewrite never changes the old network. Parameters keep their values' memory unless a rewrite replaces them, so a network
// and its rebatched copies train as one.
//
// # Where to start reading
//
// network.go, then rewrite.go, then objective.go.
//
// # What imports what
//
// This package imports graph, which compiles and runs, and op, which knows the operations. Package surgery, which takes units
// out of networks, imports this one.
//
// # Caveats
//
// Names are identity: parameters, states, constants and inputs of a network must have unique names.
package network
