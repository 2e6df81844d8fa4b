package optimizers

import (
	"maps"
	"slices"

	"github.com/gtrain/gtrain/internal/suggest"
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
	settings() []setting
}

// ScheduleInfo is what the table of schedules says of one.
type ScheduleInfo struct {
	Name    string
	Summary string
	Source  string
	Options []Option
	New     func() Schedule // with its defaults
}

var scheduleTable = []ScheduleInfo{
	{Name: "constant", Summary: "the base rate throughout", Source: "", New: func() Schedule { return new(Constant) }},
	{Name: "step", Summary: "times gamma every so many steps", Source: "PyTorch StepLR",
		New: func() Schedule { return new(StepDecay) }},
	{Name: "multistep", Summary: "times gamma at each milestone", Source: "PyTorch MultiStepLR",
		New: func() Schedule { return new(MultiStep) }},
	{Name: "exponential", Summary: "times gamma every step", Source: "PyTorch ExponentialLR",
		New: func() Schedule { return new(Exponential) }},
	{Name: "linear", Summary: "a straight line from one factor to another", Source: "PyTorch LinearLR",
		New: func() Schedule { return new(Linear) }},
	{Name: "polynomial", Summary: "(1 - t/steps)^power", Source: "PyTorch PolynomialLR",
		New: func() Schedule { return new(Polynomial) }},
	{Name: "cosine", Summary: "half a cosine wave down to the final factor",
		Source: "Loshchilov & Hutter 2017, arXiv:1608.03983; PyTorch CosineAnnealingLR",
		New:    func() Schedule { return new(Cosine) }},
	{Name: "cosine_restarts", Summary: "cosine that starts again, in longer and longer periods",
		Source: "Loshchilov & Hutter 2017, arXiv:1608.03983; PyTorch CosineAnnealingWarmRestarts",
		New:    func() Schedule { return new(CosineRestarts) }},
	{Name: "one_cycle", Summary: "up to the base rate and down to almost nothing, both along cosines",
		Source: "Smith & Topin 2017, arXiv:1708.07120; PyTorch OneCycleLR",
		New:    func() Schedule { return new(OneCycle) }},
	{Name: "inverse_sqrt", Summary: "1/sqrt(1 + t/scale), for use after a warm-up",
		Source: "Vaswani et al. 2017, arXiv:1706.03762", New: func() Schedule { return new(InverseSqrt) }},
}

// Schedules returns the table of schedules. The caller may change what it gets. Besides its own options each takes
// those of [Warmup]: "warmup" (steps, 0 for none) and "warmup_start" (factor).
func Schedules() []ScheduleInfo {
	all := make([]ScheduleInfo, len(scheduleTable))
	for i, info := range scheduleTable {
		info.Options = describe(append(info.New().(configurable).settings(), new(Warmup).settings()...))
		all[i] = info
	}
	return all
}

// NewSchedule builds a schedule from its name and the options that differ from their defaults. total is the number of
// optimizer steps of the whole training, 0 if unknown: what is left of it after the warm-up is the default of an option
// "steps". Errors are those of [New].
func NewSchedule(name string, total int, o Options) (Schedule, error) {
	names := make([]string, len(scheduleTable))
	for i, info := range scheduleTable {
		names[i] = info.Name
		if info.Name != name {
			continue
		}
		return configure(name, info.New().(configurable), total, o)
	}
	return nil, suggest.Unknown("schedule", name, names)
}

func configure(name string, s configurable, total int, o Options) (Schedule, error) {
	warm := &Warmup{Then: s}
	settings := append(s.settings(), warm.settings()...)
	if _, given := o["steps"]; !given && total > 0 && slices.Contains(optionNames(s.settings()), "steps") {
		var wait int
		if v, ok := o["warmup"]; ok {
			wait, _ = asInt(v) // assign reports what is wrong with it
		}
		if total <= wait {
			return nil, errors.Wrapf(ErrInvalid, "%s: a warm-up of %d steps leaves nothing of %d", name, wait, total)
		}
		o = maps.Clone(o)
		if o == nil {
			o = Options{}
		}
		o["steps"] = total - wait
	}
	if err := assign(name, settings, o); err != nil {
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

func (s *Warmup) settings() []setting {
	return []setting{
		count("warmup", &s.Steps, 0, "steps of linear warm-up before the schedule").optional(),
		number("warmup_start", &s.Start, new(float64), 0, nonNegative, "factor at the first step of the warm-up"),
	}
}

// Validate returns an error if the parameters make no sense.
func (s *Warmup) Validate() error {
	if s.Steps < 1 || !nonNegative.has(s.Start) {
		return errors.Wrapf(ErrInvalid, "warm-up over %d steps from factor %v, want >= 1 and >= 0", s.Steps, s.Start)
	}
	if v, ok := s.Then.(validator); ok {
		return v.Validate()
	}
	return nil
}
