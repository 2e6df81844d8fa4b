// Package training fits networks to data.
//
// A [Trainer] runs epochs over seeded batches, evaluates on validation rows after each, keeps the best weights, stops
// early, writes checkpoints and resumes from them. An [Evaluator] gives loss and metrics of a network on any rows.
// [Fit] does the usual whole in one call: split, preprocess, build, train; [Prepare] is all of it before the first step, with
// what it decided. A [Learner] fits models of one description to any rows, as cross-validation and selection ask for.
//
// # Determinism
//
// The same seed, data and configuration give the same bits: in the history, in the weights and in the files, for any
// number of threads, and also when a run is interrupted and resumed from its checkpoint.
//
// # Caveats
//
// A Trainer changes the weights of the network that it was given. Validation rows decide about stopping and about the
// best epoch; test rows decide nothing and are never seen here.
package training
