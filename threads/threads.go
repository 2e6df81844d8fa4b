// Package threads bounds how many threads the process computes on.
//
// The number is one for the process, not for a program or a model: kernels share one set of workers. It bounds what
// gtrain computes: matrix products and all other kernels, training steps, evaluation and prediction, scores of units,
// and reading and hashing of data. The calling goroutine counts; so does each further goroutine that runs a program, a
// predictor, an evaluation or a trainer at the same time: they share the workers between them, and where there are as
// many of them as threads each computes by itself. gtrain starts no more goroutines that compute than the number allows,
// but it does not hold back the caller's own: whoever lets more goroutines train at a time than the number has that many
// threads at work. A [github.com/gtrain/gtrain/models.Predictor] holds calls back beyond it.
//
// Results do not depend on the number of threads, in any bit.
package threads

import "github.com/gtrain/gtrain/internal/workers"

// Set sets the number of threads, the calling one included, and returns the one set before (0 if none was), so that
// defer threads.Set(threads.Set(1)) holds for a function. 0 or less stands for the default, which is GOMAXPROCS; that is
// also the upper limit. Set may be called by any goroutine at any time; work that is in progress keeps its threads until
// the kernel that runs now has ended.
func Set(n int) (before int) { return workers.Set(n) }

// Limit returns the number of threads in force: what was set, or GOMAXPROCS if that is less or nothing was set.
func Limit() int { return workers.Threads() }
