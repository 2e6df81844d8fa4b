package transform

// Sign replaces every value by its sign, −1, 0 or 1; a NaN stays.
type Sign struct{}

// Layout of Sign.
func (*Sign) Layout() Layout { return Layout{Name: "sign"} }

// Float32 takes the signs.
func (*Sign) Float32(u *Update[float32]) { signs(u.U) }

// Float64 takes the signs.
func (*Sign) Float64(u *Update[float64]) { signs(u.U) }

func signs[T Float](u []T) {
	for i, d := range u {
		switch {
		case d > 0:
			u[i] = 1
		case d < 0:
			u[i] = -1
		}
	}
}

// Resilient gives every weight a step size of its own, which grows while the sign of its gradient stays and shrinks when
// it changes. With u₋ the value of the step before:
//
//	u·u₋ > 0: Δ ← min(Δ·η₊, Δmax)
//	u·u₋ < 0: Δ ← max(Δ·η₋, Δmin), and u counts as 0 in this step and the next
//	u ← sign(u)·Δ·factor
//
// The factor is that of the schedule and the group. Slots: "previous_gradient", "step_size". Sources: Riedmiller & Braun
// 1993; Igel & Hüsken 2000 (iRprop−).
type Resilient struct {
	First       float64 // the first Δ
	Minus, Plus float64 // η₋ in (0, 1), η₊ > 1
	Low, High   float64 // Δmin, Δmax
}

// Layout of Resilient.
func (t *Resilient) Layout() Layout {
	return Layout{Name: "resilient", Slots: []Slot{{Name: "previous_gradient"},
		{Name: "step_size", Initial: func() float64 { return t.First }}}}
}

// Float32 takes the step of a float32 parameter.
func (t *Resilient) Float32(u *Update[float32]) { resilient(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *Resilient) Float64(u *Update[float64]) { resilient(t, u) }

func resilient[T Float](t *Resilient, u *Update[T]) {
	prev, size := u.Slots[0], u.Slots[1]
	for i, d := range u.U {
		s := size[i]
		switch agree := d * prev[i]; {
		case agree > 0:
			s *= T(t.Plus)
		case agree < 0:
			s *= T(t.Minus)
			d = 0
		}
		s = min(max(s, T(t.Low)), T(t.High))
		size[i], prev[i] = s, d
		switch {
		case d > 0:
			d = T(u.Factor) * s
		case d < 0:
			d = -(T(u.Factor) * s)
		}
		u.U[i] = d
	}
}
