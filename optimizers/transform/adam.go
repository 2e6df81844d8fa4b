package transform

import "math"

// Adam divides a running mean by the root of the running mean of squares, both corrected for their start at zero:
//
//	m ← β₁m + (1−β₁)u      v ← β₂v + (1−β₂)u²
//	u ← m/(1−β₁ᵗ) / (√(v/(1−β₂ᵗ)) + ε)
//
// With AMSGrad the largest v so far stands in the place of v, before its correction. Slots: "first_moment",
// "second_moment", "peak_second_moment" (AMSGrad). Source: Kingma & Ba 2015, arXiv:1412.6980; Reddi et al. 2018,
// arXiv:1904.09237.
type Adam struct {
	Moments
	Epsilon float64 // ε ≥ 0
	AMSGrad bool
}

// Layout of Adam.
func (t *Adam) Layout() Layout {
	return Layout{Name: "adam", Slots: []Slot{{Name: "first_moment"}, {Name: "second_moment"},
		{Name: "peak_second_moment", Used: func() bool { return t.AMSGrad }}}}
}

// Float32 takes the step of a float32 parameter.
func (t *Adam) Float32(u *Update[float32]) { adam(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *Adam) Float64(u *Update[float64]) { adam(t, u) }

func adam[T Float](t *Adam, u *Update[T]) {
	first, second := t.Corrections(u.Step)
	step, scale, eps := T(1/first), T(1/math.Sqrt(second)), T(t.Epsilon)
	m, v, peak := u.Slots[0], u.Slots[1], u.Slots[2]
	running(&t.Moments, m, v, u.U)
	for i := range u.U {
		top := v[i]
		if peak != nil {
			top = max(peak[i], top)
			peak[i] = top
		}
		u.U[i] = step * (m[i] / (scale*root(top) + eps))
	}
}

// Moments are the decays of the running means of the update and of its square.
type Moments struct {
	Beta1, Beta2 float64 // β₁, β₂, in [0, 1)

	first, second power
}

// Corrections are 1 − β₁ᵗ and 1 − β₂ᵗ.
func (t *Moments) Corrections(step int) (first, second float64) {
	return 1 - t.first.of(t.Beta1, step), 1 - t.second.of(t.Beta2, step)
}

// running brings the two means up to date.
func running[T Float](t *Moments, m, v, u []T) {
	b1, c1, b2, c2 := T(t.Beta1), T(1-t.Beta1), T(t.Beta2), T(1-t.Beta2)
	for i, d := range u {
		m[i] = b1*m[i] + c1*d
		v[i] = b2*v[i] + c2*d*d
	}
}

// power remembers βᵗ, which as a rule is the same for all parameters of a step.
type power struct {
	base, value float64
	t           int
}

func (p *power) of(base float64, t int) float64 {
	if p.t != t || p.base != base {
		*p = power{base, math.Pow(base, float64(t)), t}
	}
	return p.value
}

func root[T Float](x T) T { return T(math.Sqrt(float64(x))) }
