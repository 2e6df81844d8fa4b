package conv

import "github.com/gtrain/gtrain/internal/kernels"

// A convCopy says how planes are copied: padded row r and column c of the copy are row r−top and column c−left of the
// source. Rows and columns of the same residues modulo sh and sw lie together, in a plane of their own.
type convCopy struct {
	direct      bool // the source serves as it is
	channels    int
	h, w        int   // of the source
	sh, sw      int   // strides
	top, left   int   // may be negative
	hp, wp      int   // rows of a residue's plane, and the distance between them
	residues    []int // sh·sw: the number of a residue's plane, or -1 where nothing reads it
	planes      int
	channelStep int // elements from channel to channel
	slack       int // zeroes behind a channel's last plane
	border      float64
}

// forwardCopy is what the forward pass reads.
func forwardCopy(s ConvShape) convCopy {
	oh, ow := s.Out()
	c := convCopy{channels: s.Channels, h: s.Height, w: s.Width, sh: s.StrideH, sw: s.StrideW, top: s.PadTop,
		left: s.PadLeft}
	c.hp = ((oh-1)*s.StrideH+(s.KernelH-1)*s.DilationH)/s.StrideH + 1
	c.wp = ((ow-1)*s.StrideW+(s.KernelW-1)*s.DilationW)/s.StrideW + 1
	c.residues = make([]int, c.sh*c.sw)
	for i := range c.residues {
		c.residues[i] = -1
	}
	for ky := range s.KernelH {
		for kx := range s.KernelW {
			if r := &c.residues[ky*s.DilationH%c.sh*c.sw+kx*s.DilationW%c.sw]; *r < 0 {
				*r = c.planes
				c.planes++
			}
		}
	}
	c.settle(0)
	return c
}

// settle decides whether the source can serve as it is, which has no zeroes behind a channel.
func (c *convCopy) settle(slack int) {
	c.slack = slack
	c.direct = c.sh == 1 && c.sw == 1 && c.top == 0 && c.left == 0 && c.hp <= c.h && c.wp <= c.w && slack == 0
	if c.direct {
		c.hp, c.wp = c.h, c.w
	}
	c.channelStep = c.planes*c.hp*c.wp + slack
}

// offsets is where each weight of a filter finds its element in a copy of a group's cg channels, in bytes.
func (c *convCopy) offsets(s ConvShape, cg, size int) []uint32 {
	o := make([]uint32, 0, cg*s.KernelH*s.KernelW)
	for ch := range cg {
		for ky := range s.KernelH {
			for kx := range s.KernelW {
				y, x := ky*s.DilationH, kx*s.DilationW
				at := ch*c.channelStep + c.residues[y%c.sh*c.sw+x%c.sw]*c.hp*c.wp + y/c.sh*c.wp + x/c.sw
				o = append(o, uint32(at*size))
			}
		}
	}
	return o
}

// copyChannel copies one channel.
func (w *convWork[T]) copyChannel(s *convSet, c *convCopy, dst, src []T) {
	if c.border == 0 {
		clear(dst)
	} else {
		kernels.Fill(dst, T(c.border))
	}
	size := kernels.SizeOf[T]()
	for ry := range c.sh {
		// rows r of this residue that lie in the source: 0 ≤ r·sh + ry − top < h
		r0, r1 := reach(c.hp, c.h, c.sh, ry-c.top)
		if r0 == r1 {
			continue
		}
		from := src[(r0*c.sh+ry-c.top)*c.w:]
		step := c.sh * c.w
		done := w.unzip(s, c, ry, r0, r1, dst, from)
		for rx := range c.sw {
			lo, hi := reach(c.wp, c.w, c.sw, rx-c.left)
			plane := c.residues[ry*c.sw+rx]
			// of the columns in the source, so many pairs are done
			if lo += done; plane < 0 || lo >= hi {
				continue
			}
			x := lo*c.sw + rx - c.left
			to := dst[(plane*c.hp+r0)*c.wp+lo:]
			if c.sw == 1 && hi-lo >= s.part {
				s.copyPlane(kernels.Addr(to, 0), uintptr(c.wp*size), kernels.Addr(from, x), uintptr(step*size), r1-r0, hi-lo)
				continue
			}
			for r := range r1 - r0 {
				takeColumns(to[r*c.wp:][:hi-lo], from[r*step+x:], c.sw)
			}
		}
	}
}

// unzip copies pairs of neighbouring columns where the stride is 2, from the first column on, and returns how many.
func (w *convWork[T]) unzip(s *convSet, c *convCopy, ry, r0, r1 int, dst, from []T) int {
	size := kernels.SizeOf[T]()
	n := c.w / 2
	if c.sw != 2 || n*size < 16 {
		return 0
	}
	var to, toStep [2]uintptr
	for i := range 2 { // column i of the source
		rx := (c.left + i) % 2
		lo := (c.left + i - rx) / 2
		if plane := c.residues[ry*2+rx]; plane >= 0 {
			n = min(n, c.wp-lo)
			if n*size < 16 {
				return 0
			}
			to[i], toStep[i] = kernels.Addr(dst, (plane*c.hp+r0)*c.wp+lo), uintptr(c.wp*size)
		}
	}
	if to[0]+to[1] == 0 {
		return 0
	}
	w.junk = grown(w.junk, n)
	for i := range to {
		if to[i] == 0 {
			to[i] = kernels.Addr(w.junk, 0)
		}
	}
	s.unzip(to[0], toStep[0], to[1], toStep[1], kernels.Addr(from, 0), uintptr(c.sh*c.w*size), r1-r0, n)
	return n
}

// takeColumns copies every step-th element.
func takeColumns[T kernels.Float](dst, src []T, step int) {
	for i := range dst {
		dst[i] = src[i*step]
	}
}
