//go:build !amd64

package workers

import "runtime"

// pause gives way while a worker waits; other processors have no assembly for it here.
func pause(int) { runtime.Gosched() }
