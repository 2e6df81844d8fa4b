package transform

// CoupledDecay is weight decay that goes through the rest of the chain (L2): u ← u + λw.
type CoupledDecay struct {
	Decay float64 // λ ≥ 0; multiplied by the group's factor
}

// Layout of CoupledDecay.
func (*CoupledDecay) Layout() Layout { return Layout{Name: "coupled_decay"} }

// Float32 adds the decay.
func (t *CoupledDecay) Float32(u *Update[float32]) { addScaled(u.U, u.W, t.Decay*u.Decay) }

// Float64 adds the decay.
func (t *CoupledDecay) Float64(u *Update[float64]) { addScaled(u.U, u.W, t.Decay*u.Decay) }

// AddDecay is CoupledDecay under another name for a place behind an adaptive scaling, as in LAMB: u ← u + λw.
type AddDecay = CoupledDecay

// DecoupledDecay is weight decay that acts on the weights themselves: behind [Rate], u ← u + ηλw, so that
// w ← (1 − ηλ)w − …. The rate η includes the schedule.
type DecoupledDecay struct {
	Decay float64 // λ ≥ 0; multiplied by the group's factor
}

// Layout of DecoupledDecay.
func (*DecoupledDecay) Layout() Layout { return Layout{Name: "decoupled_decay"} }

// Float32 adds the decay.
func (t *DecoupledDecay) Float32(u *Update[float32]) { addScaled(u.U, u.W, u.Rate*t.Decay*u.Decay) }

// Float64 adds the decay.
func (t *DecoupledDecay) Float64(u *Update[float64]) { addScaled(u.U, u.W, u.Rate*t.Decay*u.Decay) }

func addScaled[T Float](u, w []T, by float64) {
	if by == 0 {
		return
	}
	w = w[:len(u)]
	for i := range u {
		u[i] += T(by) * w[i]
	}
}

func scale[T Float](u []T, by float64) {
	for i := range u {
		u[i] *= T(by)
	}
}
