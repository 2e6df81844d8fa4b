package norm

import "github.com/gtrain/gtrain/internal/kernels"

// The functions of channels for tensors n×c×1, whose planes are single elements: row by row, as many channels at a time
// as one worker takes.

// rowChannels is the number of channels of one worker's share.
const rowChannels = 128

func (j *channelJob[T]) rows(lo, hi int) {
	b := kernels.Borrow[T](4 * rowChannels)
	defer b.GiveBack()
	buf := b.X
	w := hi - lo
	t, u, v, a := buf[:w], buf[rowChannels:][:w], buf[2*rowChannels:][:w], buf[3*rowChannels:][:w]
	switch j.kind {
	case channelSumKind:
		j.sumRows(lo, j.x, j.stat[0][lo:hi])
	case channelMomentsKind:
		mean, variance := j.stat[0][lo:hi], j.stat[1][lo:hi]
		j.sumRows(lo, j.x, mean)
		for i := range mean {
			mean[i] /= T(j.n)
		}
		j.sumProducts(lo, mean, j.x, nil, t, u, variance)
		for i := range variance {
			variance[i] /= T(j.n)
		}
	case channelAffineKind:
		j.affineRows(lo, hi)
	case batchNormSumsKind:
		j.sumRows(lo, j.dy, j.stat[0][lo:hi])
		dot := j.stat[1][lo:hi]
		j.sumProducts(lo, j.mean[lo:hi], j.x, j.dy, t, u, dot)
		for i := range dot {
			dot[i] *= j.invStd[lo+i]
		}
	case batchNormGradKind:
		for i := range w {
			a[i], u[i], v[i] = j.gradCoefficients(lo + i)
		}
		o, mean := kernels.OpsOf[T](), j.mean[lo:hi]
		for r := range j.n {
			at := r*j.c + lo
			o.Sub(t, j.x[at:at+w], mean)
			o.Mul(t, t, u)
			o.Add(t, t, v)
			dx := j.out[at : at+w]
			o.Mul(dx, j.dy[at:at+w], a)
			o.Add(dx, dx, t)
		}
	}
}

// sumRows computes the sums of the channels from lo on, as many as dst has.
func (j *channelJob[T]) sumRows(lo int, x, dst []T) {
	f := kernels.OpsOf[T]().AddRows
	clear(dst)
	for i := 0; i < j.n; i += kernels.ColSumsRows {
		f(min(kernels.ColSumsRows, j.n-i), len(dst), j.c, dst, x[i*j.c+lo:])
	}
}

// sumProducts computes Σ dy·(x−mean), or Σ (x−mean)² where dy is nil. t and part are scratch.
func (j *channelJob[T]) sumProducts(lo int, mean, x, dy, t, part, dst []T) {
	o, w := kernels.OpsOf[T](), len(dst)
	clear(dst)
	for i := 0; i < j.n; i += kernels.ColSumsRows {
		clear(part)
		for r := i; r < min(i+kernels.ColSumsRows, j.n); r++ {
			at := r*j.c + lo
			o.Sub(t, x[at:at+w], mean)
			if dy == nil {
				o.Mul(t, t, t)
			} else {
				o.Mul(t, t, dy[at:at+w])
			}
			o.Add(part, part, t)
		}
		o.Add(dst, dst, part)
	}
}

func (j *channelJob[T]) affineRows(lo, hi int) {
	o := kernels.OpsOf[T]()
	scale, shift := j.stat[0][lo:hi], j.stat[1][lo:hi]
	for r := range j.n {
		at := r*j.c + lo
		out := j.out[at : at+hi-lo]
		o.Mul(out, j.x[at:at+hi-lo], scale)
		o.Add(out, out, shift)
		if j.act != kernels.Identity {
			o.Act[j.act](out, out, j.slope)
		}
	}
}
