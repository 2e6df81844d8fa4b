package workers

import "runtime"

// Set sets the number of threads that may compute at a time, the calling one included, and returns what was set before.
// 0 or less stands for GOMAXPROCS, which is also the upper limit. Work in progress keeps the number it began with.
func Set(n int) (before int) { return int(pool.threads.Swap(int32(max(0, min(n, 1<<20))))) }

// Threads returns the number of threads that may compute at a time now.
func Threads() int {
	n := runtime.GOMAXPROCS(0)
	if t := int(pool.threads.Load()); t > 0 && t < n {
		return t
	}
	return n
}

// Allows reports whether what was set allows n threads. It costs less than Threads, and leaves GOMAXPROCS out.
func Allows(n int) bool {
	t := int(pool.threads.Load())
	return t == 0 || n <= t
}

// Enter counts the calling goroutine as one that computes until it calls Leave: others get fewer workers meanwhile. It
// must not be called within work that is shared already, for those who do it are counted.
func Enter() { pool.callers.Add(1) }

// Leave ends what Enter began.
func Leave() { pool.callers.Add(-1) }

// Shared is a number that changes whenever work is shared. A computation during which it stays the same needs no Enter.
func Shared() uint64 { return pool.teams[0].gen.Load() }

// A Caller is a computation that runs again and again, on one goroutine at a time. It is counted, as by Enter, from the
// first run on during which work was shared: one that never shares any costs and disturbs nothing.
type Caller struct {
	shares bool
	before uint64
}

// Begin comes before each run.
func (c *Caller) Begin() {
	if c.shares {
		Enter()
	} else {
		c.before = Shared()
	}
}

// End comes after each run.
func (c *Caller) End() {
	if c.shares {
		Leave()
	} else {
		c.shares = Shared() != c.before
	}
}
