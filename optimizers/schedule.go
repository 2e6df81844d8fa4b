package optimizers

import (
	"maps"

	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// Schedule gives the learning rate's factor at a step: rate = base rate × Factor(step). The step is the number of
// optimizer steps already taken, 0 at the first. A Schedule is a pure function of it, so that resuming at a step needs
// nothing else, and one schedule serves any number of optimizers.
type Schedule interface {
	Factor(step int) float64
}

// ScheduleFunc is a function as a Schedule.
type ScheduleFunc func(step int) float64

// Factor calls the function.
func (f ScheduleFunc) Factor(step int) float64 { return f(step) }

// validator is a Schedule with parameters that can be wrong; every Step asks.
type validator interface{ Validate() error }

// configurable is a schedule of this package, which can be built from options.
type configurable interface {
	Schedule
	// Rows are its options, bound to its fields.
	Rows() settings.Rows
}

// ScheduleInfo is what the table of schedules says of one.
type ScheduleInfo struct {
	Name    string
	Summary string
	Source  string
	Options []settings.Description
	New     func() Schedule // with its defaults
}

var scheduleTable = settings.NewRegistry("schedule", func(i ScheduleInfo) string { return i.Name },
	ScheduleInfo{Name: "constant", Summary: "the base rate throughout", Source: "", New: func() Schedule { return new(Constant) }},
	ScheduleInfo{Name: "step", Summary: "times gamma every so many steps", Source: "PyTorch StepLR",
		New: func() Schedule { return new(StepDecay) }},
	ScheduleInfo{Name: "multistep", Summary: "times gamma at each milestone", Source: "PyTorch MultiStepLR",
		New: func() Schedule { return new(MultiStep) }},
	ScheduleInfo{Name: "exponential", Summary: "times gamma every step", Source: "PyTorch ExponentialLR",
		New: func() Schedule { return new(Exponential) }},
	ScheduleInfo{Name: "linear", Summary: "a straight line from one factor to another", Source: "PyTorch LinearLR",
		New: func() Schedule { return new(Linear) }},
	ScheduleInfo{Name: "polynomial", Summary: "(1 - t/steps)^power", Source: "PyTorch PolynomialLR",
		New: func() Schedule { return new(Polynomial) }},
	ScheduleInfo{Name: "cosine", Summary: "half a cosine wave down to the final factor",
		Source: "Loshchilov & Hutter 2017, arXiv:1608.03983; PyTorch CosineAnnealingLR",
		New:    func() Schedule { return new(Cosine) }},
	ScheduleInfo{Name: "cosine_restarts", Summary: "cosine that starts again, in longer and longer periods",
		Source: "Loshchilov & Hutter 2017, arXiv:1608.03983; PyTorch CosineAnnealingWarmRestarts",
		New:    func() Schedule { return new(CosineRestarts) }},
	ScheduleInfo{Name: "one_cycle", Summary: "up to the base rate and down to almost nothing, both along cosines",
		Source: "Smith & Topin 2017, arXiv:1708.07120; PyTorch OneCycleLR",
		New:    func() Schedule { return new(OneCycle) }},
	ScheduleInfo{Name: "inverse_sqrt", Summary: "1/sqrt(1 + t/scale), for use after a warm-up",
		Source: "Vaswani et al. 2017, arXiv:1706.03762", New: func() Schedule { return new(InverseSqrt) }},
)

// Schedules returns the table of schedules. The caller may change what it gets. Besides its own options each takes
// those of [Warmup]: "warmup" (steps, 0 for none) and "warmup_start" (factor).
func Schedules() []ScheduleInfo {
	all := scheduleTable.All()
	for i := range all {
		all[i].Options = append(all[i].New().(configurable).Rows(), new(Warmup).Rows()...).Describe()
	}
	return all
}

// NewSchedule builds a schedule from its name and the options that differ from their defaults. total is the number of
// optimizer steps of the whole training, 0 if unknown: what is left of it after the warm-up is the default of an option
// "steps". Errors are those of [New].
func NewSchedule(name string, total int, o Options) (Schedule, error) {
	info, err := scheduleTable.Lookup(name)
	if err != nil {
		return nil, err
	}
	s := info.New().(configurable)
	warm := &Warmup{Then: s}
	own := s.Rows()
	if _, given := o["steps"]; !given && total > 0 {
		if _, ok := own.Find("steps"); ok {
			if o, err = withSteps(name, o, total); err != nil {
				return nil, err
			}
		}
	}
	if err := append(own, warm.Rows()...).Assign(name, o); err != nil {
		return nil, err
	}
	if warm.Steps > 0 {
		return warm, nil
	}
	if _, given := o["warmup_start"]; given {
		return nil, errors.Wrapf(ErrInvalid, "%s: warmup_start is given without a warmup", name)
	}
	return s, nil
}

// withSteps adds the option "steps": what a warm-up leaves of a training.
func withSteps(name string, o Options, total int) (Options, error) {
	warm := new(Warmup)
	if v, ok := o["warmup"]; ok {
		if err := warm.Rows()[0].Set(v); err != nil {
			return nil, errors.WithMessage(err, name)
		}
	}
	if total <= warm.Steps {
		return nil, errors.Wrapf(ErrInvalid, "%s: a warm-up of %d steps leaves nothing of %d", name, warm.Steps, total)
	}
	out := Options{"steps": total - warm.Steps}
	maps.Copy(out, o)
	return out, nil
}

// factorRow is a number whose zero value means def; its default is put in where it is used.
func factorRow(name string, field *float64, def float64, allowed settings.Range, help string) settings.Row {
	return settings.Number(name, field, help).In(allowed).Or(def).ZeroAs(Zero).Into(new(float64))
}

// Warmup rises linearly from the factor Start to 1 over Steps steps and goes on with Then, whose step 0 is the first
// after the warm-up:
//
//	factor = Start + (1 − Start)·t/Steps, then Then(t − Steps)
//
// It is PyTorch's LinearLR followed by another in SequentialLR (Goyal et al. 2017, arXiv:1706.02677).
type Warmup struct {
	Steps int      // at least 1
	Start float64  // default 0
	Then  Schedule // default constant
}

// Factor is the factor of the learning rate after step steps.
func (s *Warmup) Factor(step int) float64 {
	switch {
	case step < s.Steps:
		start := orDefault(s.Start, 0)
		return start + (1-start)*float64(step)/float64(s.Steps)
	case s.Then == nil:
		return 1
	}
	return s.Then.Factor(step - s.Steps)
}

func (s *Warmup) Rows() settings.Rows {
	return settings.Rows{
		settings.Count("warmup", &s.Steps, "steps of linear warm-up before the schedule").In(settings.AtLeast(0)).Or(0),
		factorRow("warmup_start", &s.Start, 0, settings.NonNegative, "factor at the first step of the warm-up"),
	}
}

// Validate returns an error if the parameters make no sense.
func (s *Warmup) Validate() error {
	if s.Steps < 1 || !settings.NonNegative.Has(s.Start) {
		return errors.Wrapf(ErrInvalid, "warm-up over %d steps from factor %v, want >= 1 and >= 0", s.Steps, s.Start)
	}
	if v, ok := s.Then.(validator); ok {
		return v.Validate()
	}
	return nil
}
