package kernels

import (
	"math"

	"github.com/gtrain/gtrain/internal/workers"
)

// Spread runs t over the chunks of [0, n), on the workers if work, in element operations or so, is worth it and some are
// idle, else on the calling goroutine alone.
func Spread(n, grain, work int, t workers.Task) { SpreadOver(math.MaxInt, n, grain, work, t) }

// SpreadOver is spread for a task that has memory for so many workers.
func SpreadOver(most, n, grain, work int, t workers.Task) {
	if n > grain && work >= ParallelFrom {
		if team := workers.Acquire(); team != nil {
			defer team.Release()
			if team.Workers() <= most { // else the budget has grown since the memory was made
				team.Run(n, grain, t)
				return
			}
		}
	}
	for lo := 0; lo < n; lo += grain {
		t.Run(0, lo, min(lo+grain, n))
	}
}
