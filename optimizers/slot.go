package optimizers

import (
	"github.com/gtrain/gtrain/internal/kernels"
	"gorgonia.org/tensor"
)

// slot is one array that an optimizer keeps for each parameter, of the parameter's shape and dtype, or one number.
type slot struct {
	name   string
	scalar bool
	used   func() bool    // under the present options; nil means always
	init   func() float64 // initial value of all entries; nil means 0
}

// allocate makes the slots that the present options use and the parameter lacks, and reports whether it made any.
func (e *engine) allocate(st *paramState, size int) (fresh bool) {
	if st.scalars == nil {
		for _, s := range e.layout {
			if s.scalar {
				st.scalars = append(st.scalars, s.initial())
			}
		}
	}
	i := 0
	for k := range e.layout {
		s := &e.layout[k]
		if s.scalar {
			continue
		}
		if s.used == nil || s.used() {
			if st.dtype == tensor.Float32 {
				fresh = grow(&st.f32, i, size, s.initial()) || fresh
			} else {
				fresh = grow(&st.f64, i, size, s.initial()) || fresh
			}
		} else if st.dtype == tensor.Float32 { // a slot that went out of use would be stale when it comes back
			drop(&st.f32, i)
		} else {
			drop(&st.f64, i)
		}
		i++
	}
	return fresh
}

func grow[T kernels.Float](slots *[][]T, i, size int, value float64) bool {
	for len(*slots) <= i {
		*slots = append(*slots, nil)
	}
	if (*slots)[i] != nil {
		return false
	}
	s := make([]T, size)
	if value != 0 {
		for k := range s {
			s[k] = T(value)
		}
	}
	(*slots)[i] = s
	return true
}

func drop[T kernels.Float](slots *[][]T, i int) {
	for len(*slots) <= i {
		*slots = append(*slots, nil)
	}
	(*slots)[i] = nil
}

func (s *slot) initial() float64 {
	if s.init == nil {
		return 0
	}
	return s.init()
}
