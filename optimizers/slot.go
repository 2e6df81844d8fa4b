package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/optimizers/transform"
	"gorgonia.org/tensor"
)

// slot is what a transform keeps of each parameter.
type slot struct{ transform.Slot }

func (s *slot) used() bool { return s.Used == nil || s.Used() }

func (s *slot) initial() float64 {
	if s.Initial == nil {
		return 0
	}
	return s.Initial()
}

// allocate makes the slots that the present options use and the parameter lacks, and says which arrays it made, a bit for
// each.
func (e *engine) allocate(p *param) (made uint64) {
	st := p.state
	array, number := 0, 0
	for k := range e.chain.layout {
		s := &e.chain.layout[k]
		if s.Number {
			if number == len(st.numbers) {
				st.numbers = append(st.numbers, s.initial())
			}
			number++
			continue
		}
		var fresh bool
		if st.dtype == tensor.Float32 {
			fresh = provide(&st.f32, array, s, p.w32)
		} else {
			fresh = provide(&st.f64, array, s, p.w64)
		}
		if fresh {
			made |= 1 << array
		}
		array++
	}
	return made
}

// provide makes the i-th array where it is used and missing. One that went out of use would be stale when it comes back.
func provide[T kernels.Float](arrays *[][]T, i int, s *slot, w []T) (fresh bool) {
	for len(*arrays) <= i {
		*arrays = append(*arrays, nil)
	}
	switch {
	case !s.used():
		(*arrays)[i] = nil
		return false
	case (*arrays)[i] != nil:
		return false
	}
	a := make([]T, len(w))
	if s.FromWeights {
		copy(a, w)
	} else if v := s.initial(); v != 0 {
		for k := range a {
			a[k] = T(v)
		}
	}
	(*arrays)[i] = a
	return true
}
