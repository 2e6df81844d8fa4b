package conv

import "github.com/gtrain/gtrain/internal/kernels"

// The gradient of the input.

// packWeights writes the weights for the gradient of channel c (of all groups together): for each sum, those of all
// filters that meet it.
func (j *convJob[T]) packWeights(c int) {
	cg, fg, k := j.group()
	taps := j.KernelH * j.KernelW
	w := j.w[c/cg*fg*k+c%cg*taps:]
	for i := range j.plan.sums {
		s := &j.plan.sums[i]
		if s.k == 0 {
			continue
		}
		dst := j.packed[s.weights+c*s.k:][:s.k]
		for f := range fg {
			src := w[f*k:]
			for l, t := range s.taps {
				dst[l] = src[t]
			}
			dst = dst[len(s.taps):]
		}
	}
}

// clearRows clears the rows of an input's gradient that no weight meets, those of the i-th sum.
func (j *convJob[T]) clearRows(i int, dx []T) {
	for y := range j.Height {
		if (y+j.PadTop)%j.StrideH != i {
			continue
		}
		for c := range j.Channels {
			clear(dx[(c*j.Height+y)*j.Width:][:j.Width])
		}
	}
}

// merge puts together the columns of an input's gradient, each residue of which was computed by itself.
func (j *convJob[T]) merge(parts, dx []T) {
	p := j.plan
	sw := j.StrideW
	for y := range j.Height {
		ry := (y + j.PadTop) % j.StrideH
		row := y / j.StrideH // among those of its residue
		pairs := 0
		if size := kernels.SizeOf[T](); sw == 2 && j.Width/2*size >= 16 {
			pairs = j.Width / 2
			even, odd := &p.sums[ry*sw+j.PadLeft%2], &p.sums[ry*sw+(1+j.PadLeft)%2]
			// one row of every channel
			j.set.zip(kernels.Addr(parts, even.out+row*even.w), uintptr(even.plane*size), kernels.Addr(parts, odd.out+row*odd.w),
				uintptr(odd.plane*size), kernels.Addr(dx, y*j.Width), uintptr(j.Height*j.Width*size), j.Channels, pairs)
			if 2*pairs == j.Width {
				continue
			}
		}
		for x0 := range min(sw, j.Width) {
			s := &p.sums[ry*sw+(x0+j.PadLeft)%sw]
			for c := range j.Channels {
				src := parts[s.out+c*s.plane+row*s.w:][:s.w]
				dst := dx[(c*j.Height+y)*j.Width+x0:]
				for i := pairs; i < len(src); i++ {
					dst[i*sw] = src[i]
				}
			}
		}
	}
}
