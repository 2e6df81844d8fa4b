package transform

import (
	"math"

	"github.com/gtrain/gtrain/internal/kernels/update"
)

// TrustRatio gives the update of each parameter the size of its weights: u ← u·‖w‖₂/‖u‖₂, or u where one of the norms is
// 0. Norms are summed in float64. Sources: You et al. 2017, arXiv:1708.03888 (LARS); 2019, arXiv:1904.00962 (LAMB).
type TrustRatio struct{}

// Layout of TrustRatio.
func (*TrustRatio) Layout() Layout { return Layout{Name: "trust_ratio"} }

// Float32 scales.
func (*TrustRatio) Float32(u *Update[float32]) { trust(u) }

// Float64 scales.
func (*TrustRatio) Float64(u *Update[float64]) { trust(u) }

func trust[T Float](u *Update[T]) {
	w, d := math.Sqrt(update.SquaredNorm(u.W)), math.Sqrt(u.norm2())
	if w > 0 && d > 0 {
		scale(u.U, w/d)
	}
}
