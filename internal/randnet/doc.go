// Package randnet makes random networks, for the test that every way of running a network gives the same numbers: the
// plain program, in float32 and in float64, Runner, Predictor and Evaluator, frozen or not, folded or not, saved and loaded,
// the command line, and ONNX Runtime. Nothing but tests imports it.
//
// A network is a function of its seed and of the number of steps: with fewer steps it is the beginning of the same one, so
// that a network which shows a fault is cut short until it shows no more (see the test's failure for how to rerun a seed).
// [New] draws from all operations (steps*.go: a row each), [Layers] from all layers of models.Spec.
//
// Numbers are drawn so that a difference means a fault: weights are scaled by what they sum over, results that grow are
// pressed into (−1, 1), nothing is divided by what may be small, and nothing jumps where its input is not exact.
package randnet
