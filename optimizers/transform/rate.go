package transform

// Rate multiplies by the learning rate: u ← u·η/(1 + (t−1)κ).
type Rate struct {
	Decay float64 // κ ≥ 0, per step of the parameter; 0 leaves η alone
}

// Layout of Rate.
func (*Rate) Layout() Layout { return Layout{Name: "rate"} }

// At is the rate of a parameter's step.
func (t *Rate) At(rate float64, step int) float64 { return rate / (1 + float64(step-1)*t.Decay) }

// Float32 multiplies.
func (t *Rate) Float32(u *Update[float32]) { scale(u.U, t.At(u.Rate, u.Step)) }

// Float64 multiplies.
func (t *Rate) Float64(u *Update[float64]) { scale(u.U, t.At(u.Rate, u.Step)) }
