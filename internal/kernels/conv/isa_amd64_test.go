package conv

import (
	"testing"

	"github.com/gtrain/gtrain/internal/kernels/kerneltest"
)

func TestAssemblyIsUpToDate(t *testing.T) { kerneltest.AssemblyIsUpToDate(t, "conv", "../asm") }
