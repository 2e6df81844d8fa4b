package transform

// Momentum is the heavy ball, with the variants of PyTorch:
//
//	b ← μb + (1−τ)u      (b ← u where b is new)
//	u ← b                u ← u + μb with Nesterov
//
// With μ = 0 it does nothing and keeps nothing. Slot: "momentum".
type Momentum struct {
	Momentum  float64 // μ ≥ 0
	Dampening float64 // τ, in [0, 1]
	Nesterov  bool
}

// Layout of Momentum.
func (t *Momentum) Layout() Layout {
	return Layout{Name: "momentum", Slots: []Slot{{Name: "momentum", Used: func() bool { return t.Momentum != 0 }}}}
}

// Gain is what the update is multiplied by on its way into the velocity: 1 − τ, and 1 where that is new.
func (t *Momentum) Gain(fresh bool) float64 {
	if fresh {
		return 1
	}
	return 1 - t.Dampening
}

// Float32 takes the step of a float32 parameter.
func (t *Momentum) Float32(u *Update[float32]) { momentum(t, u) }

// Float64 takes the step of a float64 parameter.
func (t *Momentum) Float64(u *Update[float64]) { momentum(t, u) }

func momentum[T Float](t *Momentum, u *Update[T]) {
	b := u.Slots[0]
	if b == nil {
		return
	}
	mu, gain := T(t.Momentum), T(t.Gain(u.Fresh))
	for i, d := range u.U {
		v := mu*b[i] + gain*d
		b[i], u.U[i] = v, v
		if t.Nesterov {
			u.U[i] = d + mu*v
		}
	}
}
