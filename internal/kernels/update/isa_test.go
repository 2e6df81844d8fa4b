package update

import (
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

// forEachISA runs f once for every implementation that this processor has.
func forEachISA(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	kerneltest.ForEachISA(t, kernels.ISA, kernels.ISAs, kernels.SetISA, f)
}
