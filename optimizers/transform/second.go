package transform

// MovingAverage keeps an exponential moving average of the weights, which is what is to be evaluated:
//
//	a ← w at the first step, a ← δa + (1−δ)w later
//
// Slot: "moving_average".
type MovingAverage struct {
	Decay float64 // δ, in [0, 1)
}

// Layout of MovingAverage.
func (*MovingAverage) Layout() Layout {
	return Layout{Name: "moving_average", AfterStep: true, Slots: []Slot{{Name: "moving_average", Evaluation: true}}}
}

// Float32 averages.
func (t *MovingAverage) Float32(u *Update[float32]) { movingAverage(t, u) }

// Float64 averages.
func (t *MovingAverage) Float64(u *Update[float64]) { movingAverage(t, u) }

func movingAverage[T Float](t *MovingAverage, u *Update[T]) {
	a, keep, take := u.Slots[0], T(t.Decay), T(1-t.Decay)
	if u.Fresh {
		copy(a, u.W)
		return
	}
	for i, w := range u.W {
		a[i] = keep*a[i] + take*w
	}
}

// Lookahead keeps slow weights, which follow the weights that are stepped on every k steps, and puts these back to them:
//
//	s ← s + α(w − s), w ← s      at each k-th step of the parameter; s is w before the first
//
// The slow weights are what is to be evaluated, as in the paper. Slot: "slow_weights". Source: Zhang et al. 2019,
// arXiv:1907.08610.
type Lookahead struct {
	Every int     // k ≥ 1
	Alpha float64 // α, in [0, 1]
}

// Layout of Lookahead.
func (*Lookahead) Layout() Layout {
	return Layout{Name: "lookahead", AfterStep: true,
		Slots: []Slot{{Name: "slow_weights", FromWeights: true, Evaluation: true}}}
}

// Float32 follows.
func (t *Lookahead) Float32(u *Update[float32]) { lookahead(t, u) }

// Float64 follows.
func (t *Lookahead) Float64(u *Update[float64]) { lookahead(t, u) }

func lookahead[T Float](t *Lookahead, u *Update[T]) {
	if t.Every < 1 || u.Step%t.Every != 0 {
		return
	}
	slow := u.Slots[0]
	mix(slow, u.W, t.Alpha)
	copy(u.W, slow)
}
