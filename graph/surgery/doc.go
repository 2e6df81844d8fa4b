// Package surgery finds the units of a network that can be removed, and removes them.
//
// # What is here
//
//   - [Analyze] finds which indices of which tensors go together. The [Coupling] that it returns lists them as groups of units
//     (the neurons of a layer, the filters of a convolution) and says what must stay, and why.
//   - [Coupling.Mask] has units count as 0 wherever they are summed; [Coupling.Masked] finds them again. [FoldMasks] multiplies
//     masks into weights.
//   - [Coupling.Cut] removes units: tensors get smaller and the graph is built again. [Coupling.KeepAll] gives the indices that
//     stay, for what goes with the tensors, such as an optimizer's state, and [Cut] removes by these.
//   - [Coupling.FoldBias] moves the mean of units into the biases behind them before they go.
//   - [Coupling.Gates] measures, by a gradient, what each unit does for each row.
//   - [FoldBatchNorm] puts batch norms into the weights before them.
//
// A coupling belongs to the network that was analyzed. Networks are never changed: results are new ones, which share the
// memory of tensors that stay as they are.
//
// # Where to start reading
//
// couplings.go, then analysis.go (the union-find over tensor, axis and index), ties.go (how an operation says what it ties), closure.go
// (what goes with what), groups.go (from components to units); then mask.go and cut.go.
//
// # What imports what
//
// This package imports network and op. It never compiles or runs a program.
package surgery
