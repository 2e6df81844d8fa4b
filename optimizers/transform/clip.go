package transform

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels/update"
)

// ClipValue limits every value to [−Limit, Limit]; a NaN stays.
type ClipValue struct{ Limit float64 }

// Layout of ClipValue.
func (*ClipValue) Layout() Layout { return Layout{Name: "clip_value"} }

// Float32 clips.
func (t *ClipValue) Float32(u *Update[float32]) { update.ClampGradient(u.U, t.Limit) }

// Float64 clips.
func (t *ClipValue) Float64(u *Update[float64]) { update.ClampGradient(u.U, t.Limit) }

// ClipNorm scales each parameter's update down to a Euclidean norm: u ← u·min(1, Limit/(‖u‖₂ + 1e-6)).
type ClipNorm struct{ Limit float64 }

// Layout of ClipNorm.
func (*ClipNorm) Layout() Layout { return Layout{Name: "clip_norm"} }

// Float32 scales.
func (t *ClipNorm) Float32(u *Update[float32]) { shrink(u.U, t.Limit, u.norm2()) }

// Float64 scales.
func (t *ClipNorm) Float64(u *Update[float64]) { shrink(u.U, t.Limit, u.norm2()) }

// ClipGlobalNorm scales the updates of all parameters by one factor, so that their joint Euclidean norm is at most Limit:
// u ← u·min(1, Limit/(√Σ‖u‖₂² + 1e-6)). Unlike optimizers.Clip it can stand anywhere in a chain.
type ClipGlobalNorm struct {
	Limit float64

	sum float64
}

// Layout of ClipGlobalNorm.
func (*ClipGlobalNorm) Layout() Layout { return Layout{Name: "clip_global_norm"} }

// Begin forgets the last step's norm.
func (t *ClipGlobalNorm) Begin() { t.sum = 0 }

// Measure32 adds a parameter to the norm.
func (t *ClipGlobalNorm) Measure32(u *Update[float32]) { t.sum += u.norm2() }

// Measure64 adds a parameter to the norm.
func (t *ClipGlobalNorm) Measure64(u *Update[float64]) { t.sum += u.norm2() }

// Float32 scales.
func (t *ClipGlobalNorm) Float32(u *Update[float32]) { shrink(u.U, t.Limit, t.sum) }

// Float64 scales.
func (t *ClipGlobalNorm) Float64(u *Update[float64]) { shrink(u.U, t.Limit, t.sum) }

func shrink[T Float](u []T, limit, squares float64) {
	if k := limit / (math.Sqrt(squares) + 1e-6); k < 1 {
		scale(u, k)
	}
}
