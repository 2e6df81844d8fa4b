package kernels

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
func copyChannel[T Float](c *convCopy, dst, src []T) {
	for ry := range c.sh {
		for rx := range c.sw {
			plane := c.residues[ry*c.sw+rx]
			if plane < 0 {
				continue
			}
			d := dst[plane*c.hp*c.wp:][:c.hp*c.wp]
			// columns q of the residue that lie in the source: 0 ≤ q·sw + rx − left < w
			lo, hi := reach(c.wp, c.w, c.sw, rx-c.left)
			for r := range c.hp {
				y := r*c.sh + ry - c.top
				row := d[r*c.wp:][:c.wp]
				if y < 0 || y >= c.h || lo == hi {
					clear(row)
					continue
				}
				clear(row[:lo])
				x := y*c.w + lo*c.sw + rx - c.left
				if c.sw == 1 {
					copy(row[lo:hi], src[x:])
				} else {
					takeColumns(row[lo:hi], src[x:], c.sw)
				}
				clear(row[hi:])
			}
		}
	}
	clear(dst[c.planes*c.hp*c.wp:][:c.slack])
}

// takeColumns copies every step-th element.
func takeColumns[T Float](dst, src []T, step int) {
	for i := range dst {
		dst[i] = src[i*step]
	}
}
