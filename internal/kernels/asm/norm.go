package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// scalars loads parameters into registers of their own.
func (s *scope) scalars(names ...string) []Op {
	var rs []Op
	for _, n := range names {
		b, err := Param(n).Resolve()
		if err != nil {
			panic(err)
		}
		r := s.new()
		s.broadcast(b.Addr, r)
		rs = append(rs, r)
	}
	return rs
}

// masking zeroes the lanes of x that AVX2's or AVX-512's tail leaves out.
func (v vec) masking(x Op) {
	if v.wide {
		either(v, VMOVUPS_Z, VMOVUPD_Z)(x, v.maskReg(), x)
	} else {
		v.and(v.maskReg(), x, x)
	}
}

// norms emits what batch and layer normalisation need, a stretch of a channel or row at a time.
func norms(v vec) {
	t := elementType(v)
	var k []Op
	emit := func(name string, in []string, extra []string, body func(s *scope, in []Op) Op) {
		e := elements{name: name, dst: true, in: in, unroll: 4}
		for _, x := range extra {
			e.extra += ", " + x + " " + t
		}
		e.before = func(s *scope) { k = s.scalars(extra...) }
		e.body = func(s *scope, in []Op, _ int, _ bool) Op { return body(s, in) }
		e.emit(v, newScope(v, 2))
	}
	// x·scale + shift
	emit("affine", []string{"x"}, []string{"scale", "shift"}, func(s *scope, in []Op) Op {
		v.horner(k[1], k[0], in[0])
		return in[0]
	})
	emit("affineReLU", []string{"x"}, []string{"scale", "shift"}, func(s *scope, in []Op) Op {
		zero := s.new()
		v.zero(zero)
		v.horner(k[1], k[0], in[0])
		v.max(in[0], zero, in[0])
		return in[0]
	})
	// a·dy + (b·(x − mean) + c)
	emit("normGrad", []string{"dy", "x"}, []string{"mean", "a", "b", "c"}, func(s *scope, in []Op) Op {
		v.sub(k[0], in[1], in[1])
		v.horner(k[3], k[2], in[1])
		v.fma(in[0], k[1], in[1])
		return in[1]
	})

	const unroll = 4
	reduce := func(name string, in []string, results int, body func(s *scope, in []Op, acc []Op, masked bool)) {
		e := elements{name: name, in: in, unroll: unroll, extra: ", mean " + t}
		e.results = pick(results == 1, " "+t, " (sum, dot "+t+")")
		var acc [unroll][]Op
		e.before = func(s *scope) {
			k = s.scalars("mean")
			for i := range acc {
				acc[i] = nil
				for range results {
					r := s.new()
					v.zero(r)
					acc[i] = append(acc[i], r)
				}
			}
		}
		e.body = func(s *scope, in []Op, u int, masked bool) Op {
			body(s, in, acc[u], masked)
			return nil
		}
		e.after = func(s *scope) {
			for r := range results {
				v.add(acc[1][r], acc[0][r], acc[0][r])
				v.add(acc[3][r], acc[2][r], acc[2][r])
				v.add(acc[2][r], acc[0][r], acc[0][r])
				x := acc[0][r].(reg.VecPhysical)
				v.across(x, acc[1][0].(reg.VecPhysical), v.add)
				Store(x.AsX(), ReturnIndex(r))
			}
		}
		e.emit(v, newScope(v, 2))
	}
	// Σ (x − mean)²
	reduce("sumDeviations", []string{"x"}, 1, func(s *scope, in []Op, acc []Op, masked bool) {
		v.sub(k[0], in[0], in[0])
		if masked {
			v.masking(in[0])
		}
		v.fma(in[0], in[0], acc[0])
	})
	// Σ dy and Σ dy·(x − mean)
	reduce("normSums", []string{"dy", "x"}, 2, func(s *scope, in []Op, acc []Op, masked bool) {
		v.add(in[0], acc[0], acc[0])
		v.sub(k[0], in[1], in[1])
		v.fma(in[0], in[1], acc[1])
	})
}
