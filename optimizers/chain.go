package optimizers

import (
	"slices"

	"github.com/gtrain/gtrain/optimizers/transform"
	"github.com/pkg/errors"
)

// chain is an optimizer's transforms with the places of their slots.
type chain struct {
	links      []link
	layout     []slot // of all links, arrays and numbers in one list
	after      int    // index of the first link that comes after the step
	several    bool   // a link measures all parameters before it changes one
	evaluation int    // 1 + which of the arrays holds evaluation weights; 0 for none
	fused      *fusion
	fusedLinks int // how many links the fused kernel stands for
	fusedSlots int // how many arrays they have
}

// link is a transform in a chain.
type link struct {
	transform.Transform
	measurer        transform.Measurer // the transform, if it is one
	arrays, numbers span
}

// span is a range of indices.
type span struct{ from, to int }

func (s span) mask() uint64 { return 1<<s.to - 1<<s.from }

// newChain lays out the slots and looks for a fused kernel.
func newChain(name string, links []transform.Transform) (chain, error) {
	var c chain
	for _, t := range links {
		if err := c.add(name, t); err != nil {
			return chain{}, err
		}
	}
	c.fuse()
	return c, nil
}

// add puts a transform at the end.
func (c *chain) add(name string, t transform.Transform) error {
	if t == nil {
		return errors.Wrapf(ErrInvalid, "%s: transform %d is nil", name, len(c.links))
	}
	layout := t.Layout()
	switch {
	case layout.AfterStep:
	case c.after < len(c.links):
		return errors.Wrapf(ErrInvalid, "%s: the transform %s works on the update and stands behind one that comes after the "+
			"step: put it before", name, layout.Name)
	default:
		c.after++
	}
	l := link{Transform: t}
	l.measurer, _ = t.(transform.Measurer)
	c.several = c.several || l.measurer != nil
	l.arrays.from, l.numbers.from = c.count()
	for _, s := range layout.Slots {
		if s.Name == "" || slices.ContainsFunc(c.layout, func(o slot) bool { return o.Name == s.Name }) {
			return errors.Wrapf(ErrInvalid, "%s: the transform %s keeps a slot named %q, and another one does, too: states are "+
				"saved by these names", name, layout.Name, s.Name)
		}
		if s.Evaluation {
			c.evaluation, _ = c.count()
			c.evaluation++
		}
		c.layout = append(c.layout, slot{s})
	}
	l.arrays.to, l.numbers.to = c.count()
	if l.arrays.to > maxArrays {
		return errors.Wrapf(ErrInvalid, "%s: more than %d arrays for each parameter", name, maxArrays)
	}
	c.links = append(c.links, l)
	return nil
}

// maxArrays is how many arrays an optimizer can keep of a parameter: the bits that say which are new.
const maxArrays = 63

// count is the number of arrays and of numbers so far.
func (c *chain) count() (arrays, numbers int) {
	for _, s := range c.layout {
		if s.Number {
			numbers++
		} else {
			arrays++
		}
	}
	return arrays, numbers
}

// applyChain changes the weights of all parameters that are not frozen.
func (e *engine) applyChain(factor float64) {
	if e.chain.fused != nil {
		for i := range e.params {
			if p := &e.params[i]; !p.group.Frozen {
				e.begin(p)
				e.applyFused(p, factor)
				e.applyAfter(p, factor, e.chain.fusedLinks)
			}
		}
		return
	}
	for i := range e.params {
		if p := &e.params[i]; !p.group.Frozen {
			e.begin(p)
			e.copyGradient(p)
			if !e.chain.several { // one pass does, and one piece of memory for the update
				e.applyLinks(p, factor, 0, e.chain.after)
				e.descend(p)
				e.applyAfter(p, factor, e.chain.after)
			}
		}
	}
	if e.chain.several {
		e.applySeveral(factor)
	}
}

// begin counts a parameter's step and makes its slots.
func (e *engine) begin(p *param) {
	p.made = e.allocate(p)
	p.state.step++
}

// applySeveral goes over all parameters once for every link that measures them first.
func (e *engine) applySeveral(factor float64) {
	links := e.chain.links[:e.chain.after]
	for from := 0; from < len(links); {
		to := from + 1
		for to < len(links) && links[to].measurer == nil {
			to++
		}
		if m := links[from].measurer; m != nil {
			m.Begin()
			e.each(func(p *param) { e.measure(p, factor, &links[from]) })
		}
		e.each(func(p *param) { e.applyLinks(p, factor, from, to) })
		from = to
	}
	e.each(func(p *param) {
		e.descend(p)
		e.applyAfter(p, factor, e.chain.after)
	})
}

// each calls f for every parameter that is not frozen.
func (e *engine) each(f func(p *param)) {
	for i := range e.params {
		if p := &e.params[i]; !p.group.Frozen {
			f(p)
		}
	}
}

// applyAfter calls the links from one that comes after the step.
func (e *engine) applyAfter(p *param, factor float64, from int) {
	if from < len(e.chain.links) {
		e.applyLinks(p, factor, from, len(e.chain.links))
	}
}

func (e *engine) applyLinks(p *param, factor float64, from, to int) {
	for i := from; i < to; i++ {
		l := &e.chain.links[i]
		if p.is32 {
			fill(&e.u32, e, p, factor, p.w32, p.upd32, p.state.f32, l.arrays, l.numbers)
			l.Float32(&e.u32)
		} else {
			fill(&e.u64, e, p, factor, p.w64, p.upd64, p.state.f64, l.arrays, l.numbers)
			l.Float64(&e.u64)
		}
	}
}

func (e *engine) measure(p *param, factor float64, l *link) {
	if p.is32 {
		fill(&e.u32, e, p, factor, p.w32, p.upd32, p.state.f32, l.arrays, l.numbers)
		l.measurer.Measure32(&e.u32)
	} else {
		fill(&e.u64, e, p, factor, p.w64, p.upd64, p.state.f64, l.arrays, l.numbers)
		l.measurer.Measure64(&e.u64)
	}
}

func fill[T transform.Float](u *transform.Update[T], e *engine, p *param, factor float64, w, d []T, slots [][]T,
	arrays, numbers span) {
	st := p.state
	u.Name, u.Shape, u.W, u.U = p.name, st.shape, w, d
	u.Slots, u.Numbers = slots[arrays.from:arrays.to], st.numbers[numbers.from:numbers.to]
	u.Step, u.Fresh = st.step, p.made&arrays.mask() != 0
	u.Factor = factor * p.group.RateFactor
	u.Rate = u.Factor
	if e.baseRate != nil {
		u.Rate *= *e.baseRate
	}
	u.Decay = p.group.DecayFactor
	if u.Keep = nil; p.mask != nil {
		u.Keep = p.mask.Keep
	}
}

// copyGradient begins the update, which is apart from the gradient: that may be kept.
func (e *engine) copyGradient(p *param) {
	switch {
	case e.chain.several:
		st := p.state
		st.upd32, st.upd64 = append(st.upd32[:0], p.g32...), append(st.upd64[:0], p.g64...)
		p.upd32, p.upd64 = st.upd32, st.upd64
	default:
		e.upd32, e.upd64 = append(e.upd32[:0], p.g32...), append(e.upd64[:0], p.g64...)
		p.upd32, p.upd64 = e.upd32, e.upd64
	}
}

// descend subtracts the update from the weights.
func (e *engine) descend(p *param) {
	subtract(p.w32, p.upd32)
	subtract(p.w64, p.upd64)
}

func subtract[T transform.Float](w, d []T) {
	d = d[:len(w)]
	for i := range w {
		w[i] -= d[i]
	}
}
