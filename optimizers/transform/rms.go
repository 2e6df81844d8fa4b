package transform

// RMS divides by the root of the running mean of squares:
//
//	v ← αv + (1−α)u²
//	a ← αa + (1−α)u, and v − a² in the place of v below, if Centered (Graves 2013, arXiv:1308.0850)
//	u ← u/(√v + ε)      u/√(v + ε) with EpsilonInside
//
// Slots: "second_moment", "mean_gradient" (Centered). Source: Hinton 2012, Coursera lecture 6.
type RMS struct {
	Alpha         float64 // α, in [0, 1)
	Epsilon       float64 // ε ≥ 0
	Centered      bool
	EpsilonInside bool
}

// Layout of RMS.
func (t *RMS) Layout() Layout {
	return Layout{Name: "rms", Slots: []Slot{{Name: "second_moment"},
		{Name: "mean_gradient", Used: func() bool { return t.Centered }}}}
}

// Float32 takes the step of a float32 parameter.
func (t *RMS) Float32(u *Update[float32]) { rms(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *RMS) Float64(u *Update[float64]) { rms(t, u) }

func rms[T Float](t *RMS, u *Update[T]) {
	a, c, eps := T(t.Alpha), T(1-t.Alpha), T(t.Epsilon)
	v, mean := u.Slots[0], u.Slots[1]
	for i, d := range u.U {
		v[i] = a*v[i] + c*d*d
		s := v[i]
		if mean != nil {
			mean[i] = a*mean[i] + c*d
			s -= mean[i] * mean[i]
		}
		if t.EpsilonInside {
			u.U[i] = d / root(s+eps)
		} else {
			u.U[i] = d / (root(s) + eps)
		}
	}
}

// Adagrad divides by the root of the sum of all squares so far: s ← s + u², u ← u/(√s + ε). Slot: "sum_of_squares", which
// begins at Initial. Source: Duchi, Hazan & Singer 2011, JMLR 12.
type Adagrad struct {
	Initial float64 // ≥ 0
	Epsilon float64 // ε ≥ 0
}

// Layout of Adagrad.
func (t *Adagrad) Layout() Layout {
	return Layout{Name: "adagrad", Slots: []Slot{{Name: "sum_of_squares", Initial: func() float64 { return t.Initial }}}}
}

// Float32 takes the step of a float32 parameter.
func (t *Adagrad) Float32(u *Update[float32]) { adagrad(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *Adagrad) Float64(u *Update[float64]) { adagrad(t, u) }

func adagrad[T Float](t *Adagrad, u *Update[T]) {
	s, eps := u.Slots[0], T(t.Epsilon)
	for i, d := range u.U {
		s[i] += d * d
		u.U[i] = d / (root(s[i]) + eps)
	}
}

// Adadelta divides by the running root mean square and multiplies by that of its own results:
//
//	v ← ρv + (1−ρ)u²
//	u ← √(a + ε)/√(v + ε)·u
//	a ← ρa + (1−ρ)u²
//
// Slots: "second_moment", "squared_step". Source: Zeiler 2012, arXiv:1212.5701.
type Adadelta struct {
	Rho     float64 // ρ, in [0, 1]
	Epsilon float64 // ε ≥ 0
}

// Layout of Adadelta.
func (t *Adadelta) Layout() Layout {
	return Layout{Name: "adadelta", Slots: []Slot{{Name: "second_moment"}, {Name: "squared_step"}}}
}

// Float32 takes the step of a float32 parameter.
func (t *Adadelta) Float32(u *Update[float32]) { adadelta(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *Adadelta) Float64(u *Update[float64]) { adadelta(t, u) }

func adadelta[T Float](t *Adadelta, u *Update[T]) {
	r, c, eps := T(t.Rho), T(1-t.Rho), T(t.Epsilon)
	v, a := u.Slots[0], u.Slots[1]
	for i, d := range u.U {
		v[i] = r*v[i] + c*d*d
		d *= root(a[i]+eps) / root(v[i]+eps)
		a[i] = r*a[i] + c*d*d
		u.U[i] = d
	}
}
