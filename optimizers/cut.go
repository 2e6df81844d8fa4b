package optimizers

import (
	"slices"

	"github.com/pkg/errors"
)

// Cut keeps the given indices of one axis of a parameter, in that order, in its slots and its mask. On an error nothing
// has changed.
func (e *engine) Cut(param string, axis int, keep []int) error {
	st, mask := e.states[param], e.masks[param]
	if st != nil {
		if err := checkCut(param, st.shape, axis, keep); err != nil {
			return err
		}
	}
	if mask != nil {
		if err := checkCut(param, mask.Shape, axis, keep); err != nil {
			return err
		}
		mask.Keep = gather(mask.Keep, mask.Shape, axis, keep)
		mask.Shape[axis] = len(keep)
	}
	if st != nil {
		for i, s := range st.f32 {
			st.f32[i] = gather(s, st.shape, axis, keep)
		}
		for i, s := range st.f64 {
			st.f64[i] = gather(s, st.shape, axis, keep)
		}
		st.shape[axis] = len(keep)
	}
	return nil
}

func checkCut(param string, shape []int, axis int, keep []int) error {
	if axis < 0 || axis >= len(shape) {
		return errors.Wrapf(ErrState, "cut of parameter %q: no axis %d in shape %v", param, axis, shape)
	}
	if len(keep) == 0 {
		return errors.Wrapf(ErrState, "cut of parameter %q: nothing of axis %d would be left", param, axis)
	}
	seen := make([]bool, shape[axis])
	for _, k := range keep {
		if k < 0 || k >= len(seen) || seen[k] {
			return errors.Wrapf(ErrState, "cut of parameter %q: index %d comes twice or is outside axis %d of shape %v",
				param, k, axis, shape)
		}
		seen[k] = true
	}
	return nil
}

// gather returns the row-major array of a shape with only the given indices of one axis; nil stays nil.
func gather[E any](x []E, shape []int, axis int, keep []int) []E {
	if x == nil {
		return nil
	}
	inner, outer := volume(shape[axis+1:]), volume(shape[:axis])
	out := make([]E, 0, outer*len(keep)*inner)
	for o := range outer {
		block := x[o*shape[axis]*inner:][:shape[axis]*inner]
		for _, k := range keep {
			out = append(out, block[k*inner:][:inner]...)
		}
	}
	return slices.Clip(out)
}
