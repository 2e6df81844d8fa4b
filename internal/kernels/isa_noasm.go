//go:build !amd64

package kernels

func archISAs() []*isa { return nil }
