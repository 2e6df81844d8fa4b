package optimizers

import (
	"slices"
	"sort"

	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// State is what an optimizer has learnt on its way. It holds neither weights nor options: to resume, build the
// optimizer with the same options and call SetState. Everything is exact, so that a resumed run repeats the
// uninterrupted one bit for bit.
type State struct {
	Optimizer string // name of the optimizer it belongs to
	Step      int    // steps taken: the schedule's position
	Params    []ParamState
	Solver    []byte // what a wrapped solver of another package marshals to; nil without one
}

// ParamState is the state of one parameter. In a State they are sorted by name.
type ParamState struct {
	Name    string
	Shape   []int  // of the parameter and of every slot; empty for a scalar
	DType   string // "float32" or "float64"
	Step    int    // steps of this parameter, which may have come later than others; PyTorch counts this way too
	Slots   []Slot
	Numbers []Number
}

// Slot is one array of a parameter's state, row-major; one of the two slices is used.
type Slot struct {
	Name string
	F32  []float32
	F64  []float64
}

// Number is one number of a parameter's state.
type Number struct {
	Name  string
	Value float64
}

// Param returns the state of the named parameter, nil if there is none.
func (s *State) Param(name string) *ParamState {
	for i := range s.Params {
		if s.Params[i].Name == name {
			return &s.Params[i]
		}
	}
	return nil
}

// Reset brings an optimizer back to where it was before its first step: no moments, the schedule at its beginning. Its
// options and masks stay. A wrapped solver of another package that has taken steps must have come from [WrapNew].
func Reset(o Optimizer) error {
	if isnil.Of(o) {
		return errors.Wrap(ErrInvalid, "there is no optimizer (nil)")
	}
	return o.SetState(&State{Optimizer: o.Name()})
}

func (e *engine) export() *State {
	s := &State{Optimizer: e.name, Step: e.step}
	names := make([]string, 0, len(e.states))
	for name, st := range e.states {
		if st.step > 0 {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		st := e.states[name]
		p := ParamState{Name: name, Shape: slices.Clone(st.shape), DType: st.dtype.String(), Step: st.step}
		array, number := 0, 0
		for _, l := range e.chain.layout {
			if l.Number {
				p.Numbers = append(p.Numbers, Number{l.Name, st.numbers[number]})
				number++
				continue
			}
			if array < len(st.f32) && st.f32[array] != nil {
				p.Slots = append(p.Slots, Slot{Name: l.Name, F32: slices.Clone(st.f32[array])})
			}
			if array < len(st.f64) && st.f64[array] != nil {
				p.Slots = append(p.Slots, Slot{Name: l.Name, F64: slices.Clone(st.f64[array])})
			}
			array++
		}
		s.Params = append(s.Params, p)
	}
	return s
}

func (e *engine) restore(s *State) error {
	if s == nil {
		return errors.Wrapf(ErrState, "%s: no state given", e.name)
	}
	if s.Optimizer != e.name {
		return errors.Wrapf(ErrState, "the state belongs to optimizer %q, this is %q", s.Optimizer, e.name)
	}
	if s.Step < 0 {
		return errors.Wrapf(ErrState, "%s: negative step %d", e.name, s.Step)
	}
	states := make(map[string]*paramState, len(s.Params))
	for i := range s.Params {
		p := &s.Params[i]
		if states[p.Name] != nil {
			return errors.Wrapf(ErrState, "%s: parameter %q comes twice", e.name, p.Name)
		}
		st, err := e.load(p)
		if err != nil {
			return errors.WithMessagef(err, "%s: parameter %q", e.name, p.Name)
		}
		states[p.Name] = st
	}
	e.states, e.step = states, s.Step
	return nil
}

// load checks one parameter's state and copies it.
func (e *engine) load(p *ParamState) (*paramState, error) {
	st := &paramState{name: p.Name, shape: slices.Clone(p.Shape), step: p.Step}
	switch p.DType {
	case tensor.Float32.String():
		st.dtype = tensor.Float32
	case tensor.Float64.String():
		st.dtype = tensor.Float64
	default:
		return nil, errors.Wrapf(ErrState, "dtype %q is neither float32 nor float64", p.DType)
	}
	if p.Name == "" || p.Step < 1 {
		return nil, errors.Wrapf(ErrState, "step count %d, want a name and a step count >= 1", p.Step)
	}
	size := 1
	for _, d := range p.Shape {
		if d < 0 || d > 0 && size > maxElements/d {
			return nil, errors.Wrapf(ErrState, "shape %v", p.Shape)
		}
		size *= d
	}
	used := 0
	for _, l := range e.chain.layout {
		if l.Number {
			i := slices.IndexFunc(p.Numbers, func(n Number) bool { return n.Name == l.Name })
			if i < 0 {
				return nil, errors.Wrapf(ErrState, "number %q is missing", l.Name)
			}
			st.numbers = append(st.numbers, p.Numbers[i].Value)
			used++
			continue
		}
		var f32 []float32
		var f64 []float64
		if i := slices.IndexFunc(p.Slots, func(s Slot) bool { return s.Name == l.Name }); i >= 0 {
			f32, f64 = slices.Clone(p.Slots[i].F32), slices.Clone(p.Slots[i].F64)
			have := len(f32)
			if st.dtype == tensor.Float64 {
				have = len(f64)
			}
			if have != size || len(f32)+len(f64) != size {
				return nil, errors.Wrapf(ErrState, "slot %q holds %d float32 and %d float64 values, want %d of %s",
					l.Name, len(f32), len(f64), size, p.DType)
			}
			used++
		} else if l.Used == nil {
			return nil, errors.Wrapf(ErrState, "slot %q is missing", l.Name)
		}
		if st.dtype == tensor.Float32 {
			st.f32 = append(st.f32, f32)
		} else {
			st.f64 = append(st.f64, f64)
		}
	}
	if used != len(p.Slots)+len(p.Numbers) {
		return nil, errors.Wrap(ErrState, "slots that this optimizer does not have, or twice")
	}
	return st, nil
}

// SetMask sets or, with a zero Mask, removes the mask of a parameter; the mask is copied.
func (e *engine) SetMask(param string, m Mask) error {
	if m.Shape == nil && m.Keep == nil {
		delete(e.masks, param)
		return nil
	}
	if len(m.Keep) != volume(m.Shape) {
		return errors.Wrapf(ErrState, "parameter %q: a mask of shape %v needs %d entries, has %d",
			param, m.Shape, volume(m.Shape), len(m.Keep))
	}
	if e.masks == nil {
		e.masks = make(map[string]*Mask)
	}
	e.masks[param] = &Mask{Shape: slices.Clone(m.Shape), Keep: slices.Clone(m.Keep)}
	return nil
}
