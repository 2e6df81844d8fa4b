// Command peers does the work of package benchmarks with other libraries too, side by side, and prints what it took as
// markdown tables. run.sh beside it builds and starts it and says what it needs.
//
// # Concepts
//
// An engine (engines.go) is a library; its variants are the settings that it may be fastest with: threads, OpenBLAS's
// core type, PyTorch's vector instructions. Every variant is a process of its own, a worker, that takes requests as
// lines of JSON and answers with a time. Workers are this program again, or pytorch.py.
//
// A worker is checked before it is timed: its losses over three steps, its probabilities, its products must be ours.
// One that fails is left out, with a line that says so. Then come rounds. In each, every case is timed with every
// engine, one after the other, so that what disturbs the machine disturbs all alike; the order turns from round to
// round. A variant that was far behind its engine's best in the first round is not timed again on that case. What is
// printed for an engine is the best of its variants' medians over the rounds.
//
// This is a module of its own because it needs cgo, and because nothing that gtrain competes with should be among its
// dependencies.
package main
