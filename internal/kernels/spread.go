package kernels

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
