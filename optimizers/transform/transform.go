// Package transform holds the small steps that optimizers are made of. Each takes what the one before it made of a
// parameter's gradient and replaces it by its own result; what the last one leaves is subtracted from the weights. An
// optimizer is a list of them: Adam is CoupledDecay, Adam, Rate; LAMB is Adam, AddDecay, TrustRatio, Rate.
//
// A transform of one's own is a type with the three methods of [Transform]; optimizers.Chain makes an optimizer of it,
// with state, cutting and resuming. The fields of the transforms here are plain values: unlike an optimizer's they have
// no defaults.
package transform

import "github.com/gtrain/gtrain/internal/kernels/update"

// Float is what parameters consist of.
type Float interface{ float32 | float64 }

// Transform is one step of an optimizer. It belongs to one optimizer, whose settings it may hold; what it keeps of a
// parameter goes into slots, so that it is saved, resumed and cut. It must not keep the slices of an [Update].
type Transform interface {
	// Layout says what the transform keeps of each parameter; it is asked once.
	Layout() Layout
	// Float32 works on one parameter of float32, Float64 on one of float64. As a rule both call one generic function.
	Float32(u *Update[float32])
	Float64(u *Update[float64])
}

// Layout is a transform's name and what it keeps of each parameter.
type Layout struct {
	Name string
	// Slots are arrays of the parameter's shape and type, or numbers.
	Slots []Slot
	// AfterStep is true for a transform that comes after the weights have been changed, such as an average of them. It
	// finds the new weights in Update.W, which it may change; Update.U says nothing then.
	AfterStep bool
}

// Slot is an array, or a number, that a transform keeps of each parameter under a name. The name is in saved states.
type Slot struct {
	Name string
	// Number makes it one float64 instead of an array.
	Number bool
	// Used says whether the present settings need the array; nil means always. An array that is not used is nil, and
	// begins anew when it is used again.
	Used func() bool
	// Initial is the value that all entries begin with; nil means 0.
	Initial func() float64
	// FromWeights makes an array begin as a copy of the weights before the parameter's first step.
	FromWeights bool
	// Evaluation marks an array that holds weights which are to be evaluated and saved in the place of those that are
	// stepped on.
	Evaluation bool
}

// Update is one parameter during one step. All slices are flat, row-major and of the parameter's size.
type Update[T Float] struct {
	Name    string
	Shape   []int // of the weights, empty for a scalar; not to be changed
	W       []T   // weights; only a transform AfterStep may change them
	U       []T   // the gradient at first, what the transforms have made of it later; to be changed in place
	Slots   [][]T // the transform's arrays in the order of its Layout; nil where unused
	Numbers []float64
	Step    int     // steps of this parameter with this one: 1 at the first
	Fresh   bool    // one of the arrays was made for this step
	Rate    float64 // learning rate: base rate × schedule × group's factor
	Factor  float64 // schedule × group's factor
	Decay   float64 // group's factor of the weight decay
	Keep    []bool  // entries that the parameter's mask keeps, nil without one; U is 0 at others only at the beginning

	scratch [][]T
}

// Scratch returns the k-th piece of memory for n intermediate values. It is used again for other parameters and by other
// transforms: what it holds at first is not defined, and what is written to it is lost when the transform returns.
// After the first step it allocates nothing.
func (u *Update[T]) Scratch(k, n int) []T {
	for len(u.scratch) <= k {
		u.scratch = append(u.scratch, nil)
	}
	if cap(u.scratch[k]) < n {
		u.scratch[k] = make([]T, n)
	}
	return u.scratch[k][:n]
}

// norm2 is ‖U‖₂² of what the mask keeps; U is zeroed elsewhere, where a momentum may have left something.
func (u *Update[T]) norm2() float64 {
	if u.Keep != nil {
		update.ZeroUnkept(u.U, u.Keep)
	}
	return update.SquaredNorm(u.U)
}

// Measurer is a Transform that has to look at all parameters before it changes the first, such as a clip by their joint
// norm. In each step Begin is called, then Measure32 or Measure64 for every parameter, which change nothing, and then
// Float32 or Float64 for every one.
type Measurer interface {
	Transform
	Begin()
	Measure32(u *Update[float32])
	Measure64(u *Update[float64])
}
