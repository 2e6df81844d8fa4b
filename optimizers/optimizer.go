package optimizers

import (
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// What errors.Is finds in the errors of this package.
var (
	// ErrUnknown: an optimizer, schedule or option that does not exist; the message names the nearest that does.
	ErrUnknown = settings.ErrUnknown
	// ErrInvalid: an option whose value makes no sense, such as a negative learning rate.
	ErrInvalid = settings.ErrInvalid
	// ErrParameter: a parameter that no optimizer can work on: unnamed, named twice, without a gradient, not float32 or
	// float64, not contiguous, or with a gradient of another shape.
	ErrParameter = errors.New("unusable parameter")
	// ErrNonFinite: a NaN or an infinity in a gradient.
	ErrNonFinite = errors.New("non-finite gradient")
	// ErrState: a state that does not belong to this optimizer or to this parameter.
	ErrState = errors.New("state does not fit")
	// ErrCorrupt: a saved state that is truncated, damaged or no state at all.
	ErrCorrupt = errors.New("damaged optimizer state")
	// ErrForeign: something that cannot be done to a wrapped solver of another package.
	ErrForeign = errors.New("not possible with a solver of another package")
)

// Zero stands for a literal 0 in a field whose zero value means its default: AdamW{WeightDecay: Zero} decays nothing,
// AdamW{} decays by 0.01. In the options of [New] a plain 0 is a 0.
const Zero = 0x1p-1074

// Optimizer is a gorgonia.Solver with a learning rate, a position and a state that is keyed by parameter name.
//
// Step needs a Name() string on every gorgonia.ValueGrad, as *gorgonia.Node has, and names that differ. The values may
// be contiguous row-major *tensor.Dense, *gorgonia.F32 or *gorgonia.F64. Either every parameter is stepped or, if an
// error is returned, none. Step sets the gradients to zero, as every Solver of Gorgonia does ([Common].KeepGradients
// switches that off), and allocates nothing once it has seen its parameters. Frozen parameters keep their values and
// have their gradients zeroed.
//
// An Optimizer is used by pointer, must not be copied after its first Step and is for one goroutine at a
// time: each training has an optimizer of its own.
type Optimizer interface {
	gorgonia.Solver

	// Name is the optimizer's name in the table, such as "adam".
	Name() string
	// Options gives access to the settings that all optimizers share.
	Options() *Common
	// Rate is the learning rate of the next Step: base rate times schedule, before the factors of parameter groups.
	Rate() float64

	// StepCount is the number of steps taken, which is the schedule's position. Skipped steps do not count.
	StepCount() int
	// SetStep moves the schedule to a position without touching the parameters' own step counts.
	SetStep(step int)
	// Skipped is the number of steps left out because of non-finite gradients under SkipStep.
	Skipped() int

	// SetMask keeps the masked entries of a parameter at exactly zero from the next Step on; their gradient is zeroed
	// before clipping. A zero Mask removes it. Masks belong to the model: they are not part of the State.
	SetMask(param string, m Mask) error
	// State returns a copy of everything that resuming needs besides weights and options.
	State() *State
	// SetState replaces the state by a copy of s, or returns an error and changes nothing. That s fits the parameters
	// shows at the next Step, which names the first that does not.
	SetState(s *State) error
	// Cut keeps the given indices of one axis of a parameter, in that order, in its slots and its mask, as pruning does
	// to the parameter itself. A parameter without state or mask has nothing to cut and is left alone.
	Cut(param string, axis int, keep []int) error
	// Forget drops the state of the named parameters; their next step is their first.
	Forget(params ...string)
}

// Common is what all optimizers share. The zero value does nothing.
type Common struct {
	// Schedule multiplies the learning rate by its factor at each step. Default: constant.
	Schedule Schedule
	// Groups change the treatment of some parameters; the first group that matches a parameter's name decides.
	Groups []ParamGroup
	// BatchSize divides the gradients, before they are clipped: for a cost that is a sum over rows, as gorgonia.WithBatchSize
	// does. Default: no division.
	BatchSize float64
	// Clip limits the gradients. Default: no limit.
	Clip Clip
	// NonFinite says what a NaN or an infinity in a gradient does. Default: not looked for.
	NonFinite NonFinite
	// KeepGradients leaves the gradients as the step used them, masked, divided and clipped, instead of zeroing them. It saves a
	// pass where the next backward pass overwrites them; with gorgonia.BindDualValues they would add up instead.
	KeepGradients bool
}

// Options returns the settings themselves, so that they can be changed.
func (c *Common) Options() *Common { return c }

// ParamGroup sets apart the parameters whose names Match.
type ParamGroup struct {
	// Match reports whether a parameter belongs to the group; nil matches all.
	Match func(name string) bool
	// Frozen parameters are not stepped. They do not count in the global norm.
	Frozen bool
	// RateFactor multiplies the learning rate. Default 1; [Zero] for 0.
	RateFactor float64
	// DecayFactor multiplies the weight decay. Default 1; [Zero] for none, as is usual for biases and norms.
	DecayFactor float64
}

// NoDecay is the group that exempts the matching parameters from weight decay.
func NoDecay(match func(name string) bool) ParamGroup {
	return ParamGroup{Match: match, DecayFactor: Zero}
}

// Freeze is the group that keeps the matching parameters as they are.
func Freeze(match func(name string) bool) ParamGroup { return ParamGroup{Match: match, Frozen: true} }

// Clip limits gradients, by value first, then by norm, then by global norm. 0 means no limit.
type Clip struct {
	// Value limits every entry to [−Value, Value].
	Value float64
	// Norm scales each parameter's gradient down to this Euclidean norm.
	Norm float64
	// GlobalNorm scales all gradients by one factor, so that their joint Euclidean norm is at most this (Pascanu et al.
	// 2013, arXiv:1211.5063).
	//
	// Both norms are scaled by min(1, limit/(norm + 1e-6)), as PyTorch's clip_grad_norm_ does, with the norm summed in
	// float64. As a non-finite norm would spread to every parameter, it is an error unless NonFinite is SkipStep.
	GlobalNorm float64
}

// NonFinite is a policy for NaN and infinite gradients.
type NonFinite int

// The policies.
const (
	// Unchecked does not look at the gradients.
	Unchecked NonFinite = iota
	// Fail returns an error that names the parameter and wraps [ErrNonFinite]; nothing is stepped.
	Fail
	// SkipStep leaves the whole step out, zeroes the gradients and counts it in Skipped.
	SkipStep
)

// Mask says which entries of a parameter are kept, in row-major order.
type Mask struct {
	Shape []int
	Keep  []bool
}

func (c *Common) validate() error {
	for _, x := range [...]struct {
		name string
		v    float64
	}{{"value", c.Clip.Value}, {"norm", c.Clip.Norm}, {"global norm", c.Clip.GlobalNorm}} {
		if !(x.v >= 0) {
			return errors.Wrapf(ErrInvalid, "clip by %s: %v is not a number >= 0", x.name, x.v)
		}
	}
	if !settings.NonNegative.Has(c.BatchSize) {
		return errors.Wrapf(ErrInvalid, "batch size %v is not a finite number >= 0", c.BatchSize)
	}
	if c.NonFinite < Unchecked || c.NonFinite > SkipStep {
		return errors.Wrapf(ErrInvalid, "non-finite policy %d is none of Unchecked, Fail, SkipStep", c.NonFinite)
	}
	for i := range c.Groups {
		g := &c.Groups[i]
		if !settings.NonNegative.Has(g.RateFactor) || !settings.NonNegative.Has(g.DecayFactor) {
			return errors.Wrapf(ErrInvalid, "parameter group %d: rate factor %v and decay factor %v must be finite and >= 0",
				i, g.RateFactor, g.DecayFactor)
		}
	}
	if v, ok := c.Schedule.(validator); ok {
		return v.Validate()
	}
	return nil
}

// factor is the schedule's factor at a step.
func (c *Common) factor(step int) (float64, error) {
	if c.Schedule == nil {
		return 1, nil
	}
	f := c.Schedule.Factor(step)
	if !settings.NonNegative.Has(f) {
		return 0, errors.Wrapf(ErrInvalid, "schedule %T gives factor %v at step %d, want a finite number >= 0",
			c.Schedule, f, step)
	}
	return f, nil
}

// group returns the first matching group, or the neutral one.
func (c *Common) group(name string) ParamGroup {
	for _, g := range c.Groups {
		if g.Match == nil || g.Match(name) {
			g.RateFactor, g.DecayFactor = orDefault(g.RateFactor, 1), orDefault(g.DecayFactor, 1)
			return g
		}
	}
	return ParamGroup{RateFactor: 1, DecayFactor: 1}
}

// orDefault resolves a field whose zero value means its default.
func orDefault(v, def float64) float64 {
	switch v {
	case 0:
		return def
	case Zero:
		return 0
	}
	return v
}
