// Package pruning makes networks smaller: it scores units, masks or removes the lowest, proves that the removed network
// computes what the masked one did, and fine-tunes.
//
// # Concepts
//
// [surgery.Analyze] finds the units: indices of tensors that can only go together. [Evidence] records what a criterion
// asks for: the units' weights, activations over calibration rows, labels. Package criteria turns evidence into scores
// and scores into a selection; [Prune] applies it, in one round or several:
//
//	score → select → mask → remove (rewrite to smaller tensors, recompile) → check equivalence → fine-tune
//
// With [MaskUnits] the units stay and are multiplied by zero; with [RemoveUnits] they are really gone, from parameters and
// from the optimizer's state. After every removal [Check] compares the two networks on the validation rows; a difference is
// an error, not a warning. Input features ([Config.Features]) can be masked only: a network without some of them would not
// take the data that it was made for.
//
// # Caveats
//
// Amounts are shares of units, not of parameters: removing half of the units of two layers that follow each other
// removes three quarters of the weights between them. A fine-tuned accuracy depends on the seed as well; compare
// criteria over several.
package pruning
