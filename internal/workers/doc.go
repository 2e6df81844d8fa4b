// Package workers shares work over the processor's cores: a fixed set of goroutines, the workers, helps whoever has
// work to share, within one budget of threads for the whole process.
//
// # The budget
//
// Set says how many threads may compute at a time; the goroutines that call count among them, so that there are at most
// one less workers than threads. Where several goroutines call at the same time they share the workers between them
// evenly, and where as many call as there are threads nobody helps: each computes by itself, which is the fastest way
// to do several things. Callers announce themselves by Enter for the time of a whole computation, a run of a program
// say; who only calls Parallel counts while the call lasts. A caller that comes while all workers are busy starts at
// once, alone; a worker that is then one too many finishes the chunk in hand and leaves. The package starts no
// goroutine beyond the budget, and never makes a caller wait for a worker that has not begun.
//
// # Determinism
//
// Work is cut into chunks that depend on its size alone, never on the number of threads, so results do not depend on
// it either, as long as each chunk writes to places of its own.
//
// All functions may be called by several goroutines at the same time, and from within shared work. A Team belongs to
// the goroutine that acquired it, a Spare to the one that begins it.
package workers
