// Package benchmarks defines the work that is timed: training steps and inferences of a few multilayer perceptrons, and
// the same as a program that was written for Gorgonia alone. Its benchmarks time them,
//
//	go test -bench . ./benchmarks
//
// its tests hold them to allocate nothing, and the module in peers/ does the same work with other libraries, side by
// side. See README.md for how to read and to reproduce the numbers.
//
// # Concepts
//
// A [Network] is a row of a table. [NewData] draws a batch for it from a fixed seed. [NewTraining] makes a step of our
// own: forward, backward, Adam; [NewInference] a prediction. [NewProgram] writes the same network with gorgonia.Mul,
// BroadcastAdd, Rectify and SoftMax, and runs under any gorgonia.VM and any gorgonia.Solver. All begin with the same
// weights and see the same batch, so their losses must agree: whoever is timed is first checked.
package benchmarks
