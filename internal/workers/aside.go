package workers

import "sync/atomic"

// aside is how many goroutines of Aside run.
var aside atomic.Int32

// Aside runs f on a goroutine of its own, for work that is no kernel: reading and unpacking files. All of them together,
// and the calling one, are no more than Threads. Where there are so many already it returns false and does nothing: the
// caller then does the work by itself. wait returns when f has.
func Aside(f func()) (wait func(), ok bool) {
	if int(aside.Add(1)) >= Threads() {
		aside.Add(-1)
		return nil, false
	}
	pool.callers.Add(2) // this goroutine, which is counted once for each of its own, and the other one
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer aside.Add(-1)
		defer pool.callers.Add(-2)
		f()
	}()
	return func() { <-done }, true
}

// AsideOrNow is Aside for work that can as well be done at once: where there are too many goroutines it runs f and then
// returns.
func AsideOrNow(f func()) (wait func()) {
	wait, ok := Aside(f)
	if !ok {
		f()
		return func() {}
	}
	return wait
}
