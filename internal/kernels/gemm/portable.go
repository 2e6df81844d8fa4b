package gemm

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/workers"
)

// The portable product computes tiles of 4×4 elements in registers from copies of four rows of A and four columns of B.
const portableTile = 4

// portableFrom is the number of multiplications from which the portable product is shared over the workers.
const portableFrom = 1 << 16

type portableJob[T kernels.Float] struct{ g gemmArgs[T] }

var (
	portableJobs32 [workers.Teams]portableJob[float32]
	portableJobs64 [workers.Teams]portableJob[float64]
)

func gemmGo[T kernels.Float](g *gemmArgs[T]) {
	var team *workers.Team
	if g.m*g.n*g.k >= portableFrom {
		team = workers.Acquire()
	}
	if team == nil {
		gemmRows(g, 0, g.m)
		return
	}
	j := (*portableJob[T])(unsafe.Pointer(&portableJobs64[team.Index()]))
	if kernels.IsF32[T]() {
		j = (*portableJob[T])(unsafe.Pointer(&portableJobs32[team.Index()]))
	}
	defer func() {
		j.g = gemmArgs[T]{}
		team.Release()
	}()
	j.g = *g
	team.Run(g.m, 4*portableTile, j)
}

func (j *portableJob[T]) Run(_, lo, hi int) { gemmRows(&j.g, lo, hi) }

// gemmRows computes rows lo to hi of c.
func gemmRows[T kernels.Float](g *gemmArgs[T], lo, hi int) {
	const t = portableTile
	k := g.k
	buf := kernels.Borrow[T](2 * t * k)
	defer buf.GiveBack()
	pa, pb := buf.X[:t*k], buf.X[t*k:2*t*k]
	for j := 0; j < g.n; j += t {
		w := min(t, g.n-j)
		packTile(pb, g.b, j, w, k, g.bcs, g.brs)
		for i := lo; i < hi; i += t {
			h := min(t, hi-i)
			packTile(pa, g.a, i, h, k, g.ars, g.acs)
			var acc [t * t]T
			tile4x4(pa, pb, &acc)
			for r := range h {
				c := g.c[(i+r)*g.ldc+j:]
				for s := range w {
					v := g.alpha * acc[r*t+s]
					if g.beta != 0 {
						v += g.beta * c[s]
					}
					c[s] = v
				}
			}
		}
	}
	o := kernels.OpsOf[T]()
	for i := lo; i < hi; i++ {
		g.finishRow(o, g.c[i*g.ldc:i*g.ldc+g.n])
	}
}

// packTile copies w vectors of k elements, the first at index at, next to each other; the missing ones of four are 0.
func packTile[T kernels.Float](dst, src []T, at, w, k, stride, step int) {
	for r := range portableTile {
		if r >= w {
			for p := range k {
				dst[p*portableTile+r] = 0
			}
			continue
		}
		o := (at + r) * stride
		for p := range k {
			dst[p*portableTile+r] = src[o]
			o += step
		}
	}
}

func tile4x4[T kernels.Float](pa, pb []T, acc *[16]T) {
	var c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33 T
	for ; len(pa) >= 4 && len(pb) >= 4; pa, pb = pa[4:], pb[4:] {
		a0, a1, a2, a3 := pa[0], pa[1], pa[2], pa[3]
		b0, b1, b2, b3 := pb[0], pb[1], pb[2], pb[3]
		c00 += a0 * b0
		c01 += a0 * b1
		c02 += a0 * b2
		c03 += a0 * b3
		c10 += a1 * b0
		c11 += a1 * b1
		c12 += a1 * b2
		c13 += a1 * b3
		c20 += a2 * b0
		c21 += a2 * b1
		c22 += a2 * b2
		c23 += a2 * b3
		c30 += a3 * b0
		c31 += a3 * b1
		c32 += a3 * b2
		c33 += a3 * b3
	}
	*acc = [16]T{c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33}
}
