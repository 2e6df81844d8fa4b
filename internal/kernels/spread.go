package kernels

import (
	"math"

	"github.com/gtrain/gtrain/internal/workers"
)

// spread runs t over the chunks of [0, n), on the workers if work, in element operations or so, is worth it and some are
// idle, else on the calling goroutine alone.
func spread(n, grain, work int, t workers.Task) { spreadOver(math.MaxInt, n, grain, work, t) }

// spreadOver is spread for a task that has memory for so many workers.
func spreadOver(most, n, grain, work int, t workers.Task) {
	if n > grain && work >= parallelFrom {
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
