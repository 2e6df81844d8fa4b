package kernels

import "sync"

// jobs keeps the descriptions of work that is over, with their buffers, so that calls in steady state allocate nothing.
// There are as many as calls were ever in progress at once.
type jobs[J any] struct {
	mu   sync.Mutex
	free []*J
}

func (f *jobs[J]) get() *J {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := len(f.free); l > 0 {
		j := f.free[l-1]
		f.free = f.free[:l-1]
		return j
	}
	return new(J)
}

func (f *jobs[J]) put(j *J) {
	f.mu.Lock()
	f.free = append(f.free, j)
	f.mu.Unlock()
}

// spread runs t over the chunks of [0, n), on the workers if work, in element operations or so, is worth it and they are
// free, else on the calling goroutine alone.
func spread(n, grain, work int, t task) {
	if n > grain && work >= parallelFrom && workers.acquire() {
		defer workers.release()
		workers.run(n, grain, t)
		return
	}
	for lo := 0; lo < n; lo += grain {
		t.run(0, lo, min(lo+grain, n))
	}
}
