package conv

import "github.com/gtrain/gtrain/internal/kernels"

// The convolution by its definition, a row of the image at a time: what there is without assembly.

// forwardPlane computes the output of filter f for image n.
func (j *convJob[T]) forwardPlane(n, f int) {
	cg, fg, k := j.group()
	out := j.dy[(n*j.Filters+f)*j.outH*j.outW:][:j.outH*j.outW]
	if j.bias != nil {
		kernels.Fill(out, j.bias[f])
	} else {
		clear(out)
	}
	for c := range cg {
		x := j.plane(n, f/fg*cg+c)
		j.taps(func(tap int, a line) {
			v := j.w[f*k+c*j.KernelH*j.KernelW+tap]
			o, p := out[a.out:a.out+a.n], x[a.in:]
			if a.step == 1 {
				kernels.PortableAxpy(v, p[:len(o)], o)
				return
			}
			for i := range o {
				o[i] += v * p[i*a.step]
			}
		})
	}
	if j.act != kernels.Identity {
		kernels.OpsOf[T]().Act[j.act](out, out, j.slope)
	}
}

// gradInputPlane computes the gradient of channel c of image n.
func (j *convJob[T]) gradInputPlane(n, c int) {
	cg, fg, k := j.group()
	dx := j.plane(n, c)
	clear(dx)
	for f := c / cg * fg; f < (c/cg+1)*fg; f++ {
		dy := j.dy[(n*j.Filters+f)*j.outH*j.outW:]
		j.taps(func(tap int, a line) {
			v := j.w[f*k+c%cg*j.KernelH*j.KernelW+tap]
			o, p := dy[a.out:a.out+a.n], dx[a.in:]
			if a.step == 1 {
				kernels.PortableAxpy(v, o, p[:len(o)])
				return
			}
			for i := range o {
				p[i*a.step] += v * o[i]
			}
		})
	}
}

// gradWeightsPlane computes the gradient of the weights of filter f for the c-th channel of its group.
func (j *convJob[T]) gradWeightsPlane(f, c int) {
	cg, fg, k := j.group()
	taps := j.KernelH * j.KernelW
	dw := j.w[f*k+c*taps:][:taps]
	clear(dw)
	for n := range j.Batch {
		x := j.plane(n, f/fg*cg+c)
		dy := j.dy[(n*j.Filters+f)*j.outH*j.outW:]
		j.taps(func(tap int, a line) {
			o, p := dy[a.out:a.out+a.n], x[a.in:]
			if a.step == 1 {
				dw[tap] += kernels.PortableDot(o, p)
				return
			}
			var s T
			for i := range o {
				s += o[i] * p[i*a.step]
			}
			dw[tap] += s
		})
	}
}

// plane is channel c of image n.
func (j *convJob[T]) plane(n, c int) []T {
	hw := j.Height * j.Width
	return j.x[(n*j.Channels+c)*hw:][:hw]
}

// A line is the n elements of an output's row, from index out, that a weight connects with elements of an image from
// index in, step apart.
type line struct{ out, in, n, step int }

// taps calls f for each weight of a channel and each row of the output, as far as they meet within the image.
func (c *Conv[T]) taps(f func(tap int, a line)) {
	for ky := range c.KernelH {
		top := ky*c.DilationH - c.PadTop
		y0, y1 := reach(c.outH, c.Height, c.StrideH, top)
		for kx := range c.KernelW {
			left := kx*c.DilationW - c.PadLeft
			x0, x1 := reach(c.outW, c.Width, c.StrideW, left)
			if x0 == x1 {
				continue
			}
			for y := y0; y < y1; y++ {
				f(ky*c.KernelW+kx, line{
					out: y*c.outW + x0, in: (y*c.StrideH+top)*c.Width + x0*c.StrideW + left, n: x1 - x0, step: c.StrideW,
				})
			}
		}
	}
}
