package optimizers

import (
	"math"
	"reflect"

	"github.com/gtrain/gtrain/internal/kernels/update"
	"github.com/gtrain/gtrain/optimizers/transform"
)

// fusion says that one kernel of internal/kernels does what a list of transforms does, in one pass over the weights. It
// is an optimization only: the transforms give the same up to rounding (TestFusedIsTheChain).
type fusion struct {
	links []reflect.Type
	f32   func(l []link, u *transform.Update[float32])
	f64   func(l []link, u *transform.Update[float64])
}

// fusions are looked for at the beginning of a chain; of those that fit the longest is taken. What a setting switches
// off, such as a momentum of 0, is decided at each step.
var fusions = []fusion{
	{types(&transform.Rate{}), fusedGD[float32], fusedGD[float64]},
	{types(&transform.CoupledDecay{}, &transform.Momentum{}, &transform.Rate{}), fusedSGD[float32], fusedSGD[float64]},
	{types(&transform.CoupledDecay{}, &transform.Adam{}, &transform.Rate{}), fusedAdam[float32], fusedAdam[float64]},
	{types(&transform.Adam{}, &transform.Rate{}, &transform.DecoupledDecay{}), fusedAdamW[float32], fusedAdamW[float64]},
	{types(&transform.CoupledDecay{}, &transform.NAdam{}, &transform.Rate{}), fusedNAdam[float32], fusedNAdam[float64]},
	{types(&transform.CoupledDecay{}, &transform.RAdam{}, &transform.Rate{}), fusedRAdam[float32], fusedRAdam[float64]},
	{types(&transform.CoupledDecay{}, &transform.Adamax{}, &transform.Rate{}), fusedAdamax[float32], fusedAdamax[float64]},
	{types(&transform.CoupledDecay{}, &transform.RMS{}, &transform.Momentum{}, &transform.Rate{}, &transform.DecoupledDecay{}),
		fusedRMSProp[float32], fusedRMSProp[float64]},
	{types(&transform.CoupledDecay{}, &transform.Adagrad{}, &transform.Rate{}), fusedAdagrad[float32], fusedAdagrad[float64]},
	{types(&transform.CoupledDecay{}, &transform.Adadelta{}, &transform.Rate{}), fusedAdadelta[float32], fusedAdadelta[float64]},
	{types(&transform.CoupledDecay{}, &transform.AveragedRate{}, &transform.Average{}), fusedASGD[float32], fusedASGD[float64]},
	{types(&transform.Resilient{}), fusedRprop[float32], fusedRprop[float64]},
}

func types(links ...transform.Transform) []reflect.Type {
	list := make([]reflect.Type, len(links))
	for i, t := range links {
		list[i] = reflect.TypeOf(t)
	}
	return list
}

// fuse chooses the fused kernel of a chain, if there is one for all that comes before the step.
func (c *chain) fuse() {
	for i := range fusions {
		f := &fusions[i]
		if n := len(f.links); n >= c.after && n > c.fusedLinks && f.begins(c.links) {
			c.fused, c.fusedLinks, c.fusedSlots = f, n, c.links[n-1].arrays.to
		}
	}
}

func (f *fusion) begins(links []link) bool {
	if len(links) < len(f.links) {
		return false
	}
	for i, t := range f.links {
		if reflect.TypeOf(links[i].Transform) != t {
			return false
		}
	}
	return true
}

// applyFused is the step of one parameter by the fused kernel.
func (e *engine) applyFused(p *param, factor float64) {
	c := &e.chain
	arrays, numbers := span{0, c.fusedSlots}, span{0, c.links[c.fusedLinks-1].numbers.to}
	if p.is32 {
		fill(&e.u32, e, p, factor, p.w32, p.g32, p.state.f32, arrays, numbers)
		c.fused.f32(c.links, &e.u32)
	} else {
		fill(&e.u64, e, p, factor, p.w64, p.g64, p.state.f64, arrays, numbers)
		c.fused.f64(c.links, &e.u64)
	}
}

// at is the i-th transform of a chain that begins as the fusion says.
func at[L any](l []link, i int) *L { return l[i].Transform.(any).(*L) }

func fusedGD[T transform.Float](l []link, u *transform.Update[T]) {
	update.SGDUpdate(u.W, u.U, at[transform.Rate](l, 0).At(u.Rate, u.Step), 0)
}

func fusedSGD[T transform.Float](l []link, u *transform.Update[T]) {
	decay := at[transform.CoupledDecay](l, 0).Decay * u.Decay
	m, rate := at[transform.Momentum](l, 1), at[transform.Rate](l, 2).At(u.Rate, u.Step)
	switch buf := u.Slots[0]; {
	case buf == nil:
		update.SGDUpdate(u.W, u.U, rate, decay)
	case m.Nesterov:
		update.NesterovUpdate(u.W, u.U, buf, rate, decay, m.Momentum, m.Gain(u.Fresh))
	default:
		update.MomentumUpdate(u.W, u.U, buf, rate, decay, m.Momentum, m.Gain(u.Fresh))
	}
}

func fusedAdam[T transform.Float](l []link, u *transform.Update[T]) {
	rate := at[transform.Rate](l, 2).At(u.Rate, u.Step)
	adamKernel(at[transform.Adam](l, 1), u, rate, at[transform.CoupledDecay](l, 0).Decay*u.Decay, 1)
}

func fusedAdamW[T transform.Float](l []link, u *transform.Update[T]) {
	rate := at[transform.Rate](l, 1).At(u.Rate, u.Step)
	adamKernel(at[transform.Adam](l, 0), u, rate, 0, 1-u.Rate*at[transform.DecoupledDecay](l, 2).Decay*u.Decay)
}

// adamKernel serves Adam (coupled decay, shrink 1) and AdamW (decay 0, shrink below 1).
func adamKernel[T transform.Float](a *transform.Adam, u *transform.Update[T], rate, decay, shrink float64) {
	first, second := a.Corrections(u.Step)
	step, scale := rate/first, 1/math.Sqrt(second)
	if peak := u.Slots[2]; peak != nil {
		update.AMSGradUpdate(u.W, u.U, u.Slots[0], u.Slots[1], peak, a.Beta1, a.Beta2, step, scale, a.Epsilon, decay, shrink)
		return
	}
	update.AdamUpdate(u.W, u.U, u.Slots[0], u.Slots[1], a.Beta1, a.Beta2, step, scale, a.Epsilon, decay, shrink)
}

func fusedNAdam[T transform.Float](l []link, u *transform.Update[T]) {
	a, rate := at[transform.NAdam](l, 1), at[transform.Rate](l, 2).At(u.Rate, u.Step)
	mu, next := a.Momenta(u.Step)
	u.Numbers[0] *= mu
	product := u.Numbers[0]
	gstep := rate * (1 - mu) / (1 - product)
	mstep := rate * next / (1 - product*mu*next)
	_, second := a.Corrections(u.Step)
	update.NAdamUpdate(u.W, u.U, u.Slots[0], u.Slots[1], a.Beta1, a.Beta2, gstep, mstep, 1/math.Sqrt(second), a.Epsilon,
		at[transform.CoupledDecay](l, 0).Decay*u.Decay)
}

func fusedRAdam[T transform.Float](l []link, u *transform.Update[T]) {
	a, rate := at[transform.RAdam](l, 1), at[transform.Rate](l, 2).At(u.Rate, u.Step)
	first, _ := a.Corrections(u.Step)
	step, scale, eps := rate/first, 0.0, 1.0 // a denominator of 1
	if factor, trusted := a.Rectification(u.Step); trusted {
		step *= factor
		scale, eps = 1, a.Epsilon
	}
	update.AdamUpdate(u.W, u.U, u.Slots[0], u.Slots[1], a.Beta1, a.Beta2, step, scale, eps,
		at[transform.CoupledDecay](l, 0).Decay*u.Decay, 1)
}

func fusedAdamax[T transform.Float](l []link, u *transform.Update[T]) {
	a, rate := at[transform.Adamax](l, 1), at[transform.Rate](l, 2).At(u.Rate, u.Step)
	first, _ := a.Corrections(u.Step)
	update.AdamaxUpdate(u.W, u.U, u.Slots[0], u.Slots[1], a.Beta1, a.Beta2, rate/first, a.Epsilon,
		at[transform.CoupledDecay](l, 0).Decay*u.Decay)
}

func fusedRMSProp[T transform.Float](l []link, u *transform.Update[T]) {
	r, momentum := at[transform.RMS](l, 1), at[transform.Momentum](l, 2).Momentum
	decay, rate := at[transform.CoupledDecay](l, 0).Decay*u.Decay, at[transform.Rate](l, 3).At(u.Rate, u.Step)
	less := u.Rate * (at[transform.DecoupledDecay](l, 4).Decay * u.Decay)
	if r.EpsilonInside || less != 0 {
		update.RMSPropVariant(u.W, u.U, u.Slots[0], u.Slots[1], u.Slots[2],
			rate, r.Alpha, momentum, r.Epsilon, decay, less, r.EpsilonInside)
		return
	}
	update.RMSPropUpdate(u.W, u.U, u.Slots[0], u.Slots[1], u.Slots[2], rate, r.Alpha, momentum, r.Epsilon, decay)
}

func fusedAdagrad[T transform.Float](l []link, u *transform.Update[T]) {
	update.AdagradUpdate(u.W, u.U, u.Slots[0], at[transform.Rate](l, 2).At(u.Rate, u.Step),
		at[transform.Adagrad](l, 1).Epsilon, at[transform.CoupledDecay](l, 0).Decay*u.Decay)
}

func fusedAdadelta[T transform.Float](l []link, u *transform.Update[T]) {
	a := at[transform.Adadelta](l, 1)
	update.AdadeltaUpdate(u.W, u.U, u.Slots[0], u.Slots[1], at[transform.Rate](l, 2).At(u.Rate, u.Step), a.Rho, a.Epsilon,
		at[transform.CoupledDecay](l, 0).Decay*u.Decay)
}

func fusedASGD[T transform.Float](l []link, u *transform.Update[T]) {
	a := at[transform.AveragedRate](l, 1)
	rate, next := a.Next(u.Numbers[0], u.Rate, u.Step)
	u.Numbers[0] = next
	update.ASGDUpdate(u.W, u.U, u.Slots[0], rate, 1-a.Lambda*rate, at[transform.Average](l, 2).Share(u.Step),
		at[transform.CoupledDecay](l, 0).Decay*u.Decay)
}

func fusedRprop[T transform.Float](l []link, u *transform.Update[T]) {
	r := at[transform.Resilient](l, 0)
	update.RpropUpdate(u.W, u.U, u.Slots[0], u.Slots[1], r.Minus, r.Plus, r.Low, r.High, u.Factor)
}
