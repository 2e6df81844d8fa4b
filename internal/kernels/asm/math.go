package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var negativeInfinity = math.Inf(-1)

// Polynomials, lowest power first; fit.py finds them.
var (
	expTail = []float64{0.5, 0.166666672, 0.0416664556, 0.00833320711, 0.00139359396, 0.000199450806}
	logTail = []float64{
		0.333333403, -0.250001639, 0.199995786, -0.166553155, 0.14276801, -0.127284229, 0.116970278, -0.0910639539,
		0.0376039334,
	}
	log1pQuotient = []float64{
		1, -0.499999881, 0.333327144, -0.249888659, 0.19899641, -0.16135259, 0.124797612, -0.0832425132,
		0.0421180353, -0.0136932507, 0.00208487222,
	}
	tanhTail  = []float64{-0.333332807, 0.133314118, -0.0537374355, 0.020632321, -0.00569802988}
	phiMiddle = []float64{
		0.398942292, -0.0664905831, 0.00997453835, -0.00118904922, 0.000116161806, -8.61453645e-06,
	}
	phiScaled = []float64{
		0.199473441, 0.19939293, 0.150716707, 0.0412869714, -0.0242235456, -0.203230724, 0.0260320958, 0.374991924,
		-0.390178323, 0.126330376,
	}
)

// ln 2 in two parts, the first short enough for exact products with exponents (Cody and Waite 1980).
const (
	ln2High = 0.693359375
	ln2Low  = -2.12194440e-4
)

// functions emits the float32 functions that need more than arithmetic.
func functions(v vec) {
	emit := func(name string, in []string, scalar string, body func(s *scope, in []Op) Op) {
		e := elements{name: name, dst: true, in: in, scalar: scalar, unroll: 1}
		e.body = func(s *scope, in []Op, _ int, _ bool) Op { return body(s, in) }
		e.emit(v, newScope(v, 2))
	}
	one := []string{"x"}
	emit("exp", one, "", func(s *scope, in []Op) Op { return s.exp(in[0]) })
	emit("log", one, "", func(s *scope, in []Op) Op { return s.log(in[0]) })
	emit("sigmoid", one, "slope", func(s *scope, in []Op) Op { return s.sigmoid(in[0]) })
	emit("tanh", one, "slope", func(s *scope, in []Op) Op { return s.tanh(in[0]) })
	emit("softplus", one, "slope", func(s *scope, in []Op) Op { return s.softplus(in[0]) })
	emit("gelu", one, "slope", func(s *scope, in []Op) Op { return s.gelu(in[0]) })
	emit("geluGrad", []string{"dy", "x"}, "slope", func(s *scope, in []Op) Op {
		d := s.geluGrad(in[1])
		s.mul(in[0], d, d)
		return d
	})
	emit("softplusGrad", []string{"dy", "y"}, "slope", func(s *scope, in []Op) Op {
		d := s.oneMinusExpNeg(in[1])
		s.mul(in[0], d, d)
		return d
	})
	for _, store := range []bool{true, false} {
		e := elements{
			name: pick(store, "expSum", "sumExp"), dst: store, in: one, scalar: "shift", result: true, unroll: 1,
		}
		var acc Op
		e.before = func(s *scope) {
			acc = s.new()
			v.zero(acc)
		}
		e.body = func(s *scope, in []Op, _ int, masked bool) Op {
			v.sub(v.scalarReg(), in[0], in[0])
			y := s.exp(in[0])
			switch {
			case !masked:
				v.add(y, acc, acc)
			case v.wide:
				VADDPS(y, acc, reg.K1, acc)
			default:
				v.and(v.maskReg(), y, y)
				v.add(y, acc, acc)
			}
			return y
		}
		e.after = func(s *scope) {
			v.across(acc.(reg.VecPhysical), s.new().(reg.VecPhysical), v.add)
			Store(acc.(reg.VecPhysical).AsX(), ReturnIndex(0))
		}
		e.emit(v, newScope(v, 2))
	}
}

// polynomial emits Σ c_i·x^i into a new register.
func (s *scope) polynomial(c []float64, x Op) Op {
	p := s.constant(c[len(c)-1])
	for i := len(c) - 2; i >= 0; i-- {
		s.horner(s.konst(c[i]), x, p)
	}
	return p
}

// reduce emits n = round(x/ln 2), and p = e^(x−n·ln 2) − 1. It consumes x.
func (s *scope) reduce(x Op) (p, n Op) {
	n = s.new()
	s.mul(s.konst(math.Log2E), x, n)
	if s.wide {
		VRNDSCALEPS(U8(0x08), n, n)
	} else {
		VROUNDPS(U8(0x08), n, n)
	}
	s.fnma(s.konst(ln2High), n, x)
	s.fnma(s.konst(ln2Low), n, x)
	p = s.polynomial(expTail, x)
	square := s.new()
	s.mul(x, x, square)
	s.horner(x, square, p) // p = p·x² + x
	s.drop(square, x)
	return p, n
}

// clamp emits x = min(max(x, lo), hi), which lets NaN pass.
func (s *scope) clamp(x Op, lo, hi float64) {
	k := s.constant(lo)
	s.max(x, k, x)
	s.loadConst(s.konst(hi), k)
	s.min(x, k, x)
	s.drop(k)
}

// exp consumes x. Beyond the bounds the result is 0 or infinite anyway.
func (s *scope) exp(x Op) Op {
	s.clamp(x, -104, 89)
	p, n := s.reduce(x)
	s.add(s.konst(1), p, p)
	s.timesPowerOf2(p, n)
	return p
}

// timesPowerOf2 emits p·2^n, rounded once even where the result is subnormal. It consumes n.
func (s *scope) timesPowerOf2(p, n Op) {
	if s.wide {
		VSCALEFPS(n, p, p)
		s.drop(n)
		return
	}
	half := s.new()
	VCVTPS2DQ(n, n)
	VPSRAD(Imm(1), n, half)
	VPSUBD(half, n, n)
	for _, part := range []Op{half, n} {
		VPADDD(s.bits(127), part, part)
		VPSLLD(Imm(23), part, part)
		s.mul(part, p, p)
	}
	s.drop(half, n)
}

// log keeps x.
func (s *scope) log(x Op) Op {
	e, f, spare := s.new(), s.new(), s.new()
	if s.wide { // f in [3/4, 3/2), x = f·2^e
		VGETMANTPS(Imm(3), x, f)
		VGETEXPPS(x, e)
		VGETEXPPS(f, spare)
		s.sub(spare, e, e)
	} else {
		scaled, bias := s.new(), s.new()
		s.mov(x, f)
		s.zero(bias)
		s.mul(s.konst(1<<25), x, scaled) // subnormal numbers first become normal
		VCMPPS(U8(lessThan), s.konst(0x1p-126), x, spare)
		VBLENDVPS(spare, scaled, f, f)
		VBLENDVPS(spare, s.konst(25), bias, bias)
		VPSUBD(s.bits(0x3f400000), f, e)
		VPSRAD(Imm(23), e, e)
		VPSLLD(Imm(23), e, spare)
		VPSUBD(spare, f, f)
		VCVTDQ2PS(e, e)
		s.sub(bias, e, e)
		s.drop(scaled, bias)
	}
	s.sub(s.konst(1), f, f)
	square := s.new()
	s.mul(f, f, square)
	p := s.polynomial(logTail, f)
	s.mul(f, p, p)
	s.mul(square, p, p)
	s.fma(s.konst(ln2Low), e, p)
	s.fnma(s.konst(0.5), square, p)
	s.add(f, p, p)
	s.fma(s.konst(ln2High), e, p)
	zero := square
	s.zero(zero)
	s.where(x, notLess, s.konst(math.Inf(1)), x, p, spare) // +∞ and NaN
	s.where(x, equal, zero, s.konst(negativeInfinity), p, spare)
	s.where(x, lessThan, zero, s.bits(0x7fc00000), p, spare)
	s.drop(e, f, spare, square)
	return p
}

// expNegAbs emits e^−|x|, and keeps x.
func (s *scope) expNegAbs(x Op) Op {
	a := s.new()
	s.or(s.signBit(), x, a)
	return s.exp(a)
}

func (s *scope) sigmoid(x Op) Op {
	e := s.expNegAbs(x)
	one, zero, spare := s.constant(1), s.new(), s.new()
	sum := s.new()
	s.add(one, e, sum)
	s.zero(zero)
	s.where(x, greaterThan, zero, one, e, spare)
	s.div(sum, e, e)
	return e
}

// tanh is an odd polynomial for small |x|, else 1 − 2/(e^2|x| + 1) with the sign of x.
func (s *scope) tanh(x Op) Op {
	a := s.new()
	s.and(s.allButSign(), x, a)
	double := s.new()
	s.add(a, a, double)
	e := s.exp(double)
	s.add(s.konst(1), e, e)
	two := s.constant(2)
	s.div(e, two, e)
	s.loadConst(s.konst(1), two)
	s.sub(e, two, e)
	sign := two
	s.and(s.signBit(), x, sign)
	s.or(sign, e, e)
	square := s.new()
	s.mul(x, x, square)
	p := s.polynomial(tanhTail, square)
	s.mul(square, p, p)
	s.horner(x, x, p) // p·x + x
	s.where(a, lessThan, s.konst(0.625), p, e, sign)
	return e
}

// softplus is max(x, 0) + ln(1 + e^−|x|).
func (s *scope) softplus(x Op) Op {
	e := s.expNegAbs(x)
	p := s.polynomial(log1pQuotient, e)
	s.mul(e, p, p)
	zero := s.new()
	s.zero(zero)
	s.max(x, zero, x)
	s.add(x, p, p)
	return p
}

// tail emits e = e^(−a²/2) and t = Φ(−a), where a = |x|, at most 15: ½ − a·P(a²) for a < 1, else e·u·P(u) with
// u = 2/(2 + a). It keeps x.
func (s *scope) tail(x Op) (a, e, t Op) {
	a = s.new()
	s.and(s.allButSign(), x, a)
	limit := s.constant(15)
	s.min(a, limit, a)
	// x² in two parts, for its rounding error would be multiplied by the exponent
	square, low := s.new(), s.new()
	s.mul(a, a, square)
	s.mov(square, low)
	either(s.vec, VFMSUB231PS, VFMSUB231PD)(a, a, low) // a² − square
	middle := s.polynomial(phiMiddle, square)
	half := s.constant(0.5)
	s.fnma(a, middle, half)
	s.drop(middle)
	s.mul(s.konst(-0.5), square, square)
	s.mul(s.konst(-0.5), low, low)
	e = s.exp(square)
	s.fma(e, low, e) // e^−low/2 = 1 − low/2
	u := low
	s.add(s.konst(2), a, u)
	s.loadConst(s.konst(2), limit)
	s.div(u, limit, u)
	t = s.polynomial(phiScaled, u)
	s.mul(u, t, t)
	s.mul(e, t, t)
	s.where(a, lessThan, s.konst(1), half, t, u)
	s.drop(u, limit, half)
	return a, e, t
}

// gelu is max(x, 0) − a·t.
func (s *scope) gelu(x Op) Op {
	a, _, t := s.tail(x)
	zero := s.new()
	s.zero(zero)
	s.max(x, zero, zero)
	s.fnma(a, t, zero)
	return zero
}

// geluGrad is Φ(x) + x·φ(x), with Φ(x) = 1 − t for positive x.
func (s *scope) geluGrad(x Op) Op {
	a, e, t := s.tail(x)
	zero, spare, other := s.new(), s.new(), s.constant(1)
	s.zero(zero)
	s.sub(t, other, other)
	s.where(x, greaterThan, zero, other, t, spare)
	// x·φ(x), with |x| at most 15, so that ∞·0 does not arise
	s.mul(s.konst(1/math.Sqrt(2*math.Pi)), e, e)
	s.and(s.signBit(), x, spare)
	s.or(spare, a, a)
	s.fma(a, e, t)
	return t
}

// oneMinusExpNeg emits 1 − e^−y for y ≥ 0: −(2^n·p + (2^n − 1)), p = e^r − 1. It consumes y.
func (s *scope) oneMinusExpNeg(y Op) Op {
	s.xor(s.signBit(), y, y)
	k := s.constant(-87) // 1 − e^−87 is 1
	s.max(y, k, y)
	s.drop(k)
	p, n := s.reduce(y)
	power := s.constant(1)
	s.timesPowerOf2(power, n)
	one := s.constant(1)
	s.sub(power, one, one) // 1 − 2^n, exact
	s.fnma(p, power, one)  // − 2^n·p
	return one
}
