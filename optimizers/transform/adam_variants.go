package transform

import "math"

// NAdam is [Adam] with Nesterov momentum. With m and v as there, ψ the momentum decay and
//
//	μₜ = β₁(1 − ½·0.96^(tψ))      Πₜ = μ₁·…·μₜ
//	u ← [ (1−μₜ)/(1−Πₜ)·u + μₜ₊₁/(1−Πₜμₜμₜ₊₁)·m ] / (√(v/(1−β₂ᵗ)) + ε)
//
// The second denominator is PyTorch 1.13's. Slots: "first_moment", "second_moment" and the number "momentum_product".
// Source: Dozat 2016, ICLR workshop.
type NAdam struct {
	Moments
	Epsilon       float64 // ε ≥ 0
	MomentumDecay float64 // ψ ≥ 0
}

// Layout of NAdam.
func (t *NAdam) Layout() Layout {
	return Layout{Name: "nadam", Slots: []Slot{{Name: "first_moment"}, {Name: "second_moment"},
		{Name: "momentum_product", Number: true, Initial: func() float64 { return 1 }}}}
}

// Momenta are μₜ and μₜ₊₁.
func (t *NAdam) Momenta(step int) (now, next float64) {
	at := func(s float64) float64 { return t.Beta1 * (1 - 0.5*math.Pow(0.96, s*t.MomentumDecay)) }
	return at(float64(step)), at(float64(step) + 1)
}

// Float32 takes the step of a float32 parameter.
func (t *NAdam) Float32(u *Update[float32]) { nadam(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *NAdam) Float64(u *Update[float64]) { nadam(t, u) }

func nadam[T Float](t *NAdam, u *Update[T]) {
	mu, next := t.Momenta(u.Step)
	u.Numbers[0] *= mu
	product := u.Numbers[0]
	g, k := T((1-mu)/(1-product)), T(next/(1-product*mu*next))
	_, second := t.Corrections(u.Step)
	scale, eps := T(1/math.Sqrt(second)), T(t.Epsilon)
	m, v := u.Slots[0], u.Slots[1]
	running(&t.Moments, m, v, u.U)
	for i, d := range u.U {
		u.U[i] = (g*d + k*m[i]) / (scale*root(v[i]) + eps)
	}
}

// RAdam is [Adam] that trusts v only once it has seen enough. With m and v as there and
//
//	ρ∞ = 2/(1−β₂) − 1      ρ = ρ∞ − 2tβ₂ᵗ/(1−β₂ᵗ)
//	ρ > 5:     u ← m/(1−β₁ᵗ)·r·√(1−β₂ᵗ)/(√v + ε),  r = √( (ρ−4)(ρ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ) )
//	otherwise: u ← m/(1−β₁ᵗ)
//
// The limit of 5 and ε before the correction are PyTorch's. Slots: "first_moment", "second_moment". Source: Liu et al.
// 2020, arXiv:1908.03265.
type RAdam struct {
	Moments
	Epsilon float64 // ε ≥ 0
}

// Layout of RAdam.
func (t *RAdam) Layout() Layout {
	return Layout{Name: "radam", Slots: []Slot{{Name: "first_moment"}, {Name: "second_moment"}}}
}

// Rectification is r·√(1−β₂ᵗ), or false where v is not trusted yet.
func (t *RAdam) Rectification(step int) (factor float64, ok bool) {
	power := t.second.of(t.Beta2, step)
	limit := 2/(1-t.Beta2) - 1
	rho := limit - 2*float64(step)*power/(1-power)
	if rho <= 5 {
		return 1, false
	}
	return math.Sqrt((1 - power) * (rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)), true
}

// Float32 takes the step of a float32 parameter.
func (t *RAdam) Float32(u *Update[float32]) { radam(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *RAdam) Float64(u *Update[float64]) { radam(t, u) }

func radam[T Float](t *RAdam, u *Update[T]) {
	first, _ := t.Corrections(u.Step)
	factor, trusted := t.Rectification(u.Step)
	step, eps := T(factor/first), T(t.Epsilon)
	m, v := u.Slots[0], u.Slots[1]
	running(&t.Moments, m, v, u.U)
	for i := range u.U {
		if trusted {
			u.U[i] = step * (m[i] / (root(v[i]) + eps))
		} else {
			u.U[i] = step * m[i]
		}
	}
}

// Adamax is [Adam] with the infinity norm in the place of the root mean square:
//
//	m ← β₁m + (1−β₁)u      n ← max(β₂n, |u| + ε)
//	u ← m/(1−β₁ᵗ)/n
//
// ε inside the maximum is PyTorch's. Slots: "first_moment", "infinity_norm". Source: Kingma & Ba 2015,
// arXiv:1412.6980, section 7.1.
type Adamax struct {
	Moments
	Epsilon float64 // ε ≥ 0
}

// Layout of Adamax.
func (t *Adamax) Layout() Layout {
	return Layout{Name: "adamax", Slots: []Slot{{Name: "first_moment"}, {Name: "infinity_norm"}}}
}

// Float32 takes the step of a float32 parameter.
func (t *Adamax) Float32(u *Update[float32]) { adamax(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *Adamax) Float64(u *Update[float64]) { adamax(t, u) }

func adamax[T Float](t *Adamax, u *Update[T]) {
	first, _ := t.Corrections(u.Step)
	step, eps := T(1/first), T(t.Epsilon)
	b1, c1, b2 := T(t.Beta1), T(1-t.Beta1), T(t.Beta2)
	m, n := u.Slots[0], u.Slots[1]
	for i, d := range u.U {
		m[i] = b1*m[i] + c1*d
		n[i] = max(b2*n[i], T(math.Abs(float64(d)))+eps)
		u.U[i] = step * (m[i] / n[i])
	}
}
