//go:build !amd64

package kernels

import "runtime"

func archISAs() []*isa { return nil }

// pause gives way while a worker waits; other processors have no assembly for it here.
func pause(int) { runtime.Gosched() }
