package training

import (
	"maps"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/isnil"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

// ErrSettings marks errors of what was asked for (the model, the optimizer, the loss), other than of the data.
var ErrSettings = errors.New("settings")

// settingsError is of ErrSettings without repeating it in the text.
type settingsError struct{ error }

func (e settingsError) Is(target error) bool { return target == ErrSettings }
func (e settingsError) Unwrap() error        { return e.error }

func settingsErr(err error) error {
	if err == nil {
		return nil
	}
	return settingsError{err}
}

// Method describes an optimizer by name, so that each training makes one of its own. The zero value is AdamW along a cosine. Its
// JSON names are stable.
type Method struct {
	// Optimizer is a name of [optimizers.All]; "adamw" by default.
	Optimizer string `json:"optimizer"`
	// LearningRate follows from the rows for adamw, see Size.Rate, and is the optimizer's own by default for others.
	LearningRate float64 `json:"lr,omitempty"`
	// Options are others of the optimizer's. Open ones have its defaults; adamw's weight_decay and asgd's t0 follow from the
	// rows.
	Options optimizers.Options `json:"optimizer_options,omitempty"`
	// Schedule is a name of the schedules; "cosine" by default.
	Schedule        string             `json:"schedule,omitempty"`
	ScheduleOptions optimizers.Options `json:"schedule_options,omitempty"`
	// ClipNorm limits the gradient's global norm; 0 does not.
	ClipNorm float64 `json:"clip_norm,omitempty"`
}

func (m *Method) given() bool {
	return m.Optimizer != "" || m.LearningRate != 0 || len(m.Options) > 0 || m.Schedule != "" || len(m.ScheduleOptions) > 0 ||
		m.ClipNorm != 0
}

// name puts names in the place of what is open.
func (m *Method) name() {
	if m.Optimizer == "" {
		m.Optimizer = "adamw"
	}
	if m.Schedule == "" {
		m.Schedule = "cosine"
	}
}

// following are the options of an optimizer that follow from the training where they are not set.
func (s Size) following(optimizer string, steps int) optimizers.Options {
	switch optimizer {
	case "adamw":
		return optimizers.Options{"lr": s.Rate(), "weight_decay": s.Decay()}
	case "asgd": // its own t0 is later than any training ends, and the average would be no average
		return optimizers.Options{"t0": steps / 2}
	}
	return nil
}

// settle puts names and numbers in the place of what is open.
func (m *Method) settle(size Size, steps int) {
	m.name()
	follow := size.following(m.Optimizer, steps)
	if rate, ok := follow["lr"]; ok {
		delete(follow, "lr")
		if _, given := m.Options["lr"]; !given && m.LearningRate == 0 {
			m.LearningRate = rate.(float64)
		}
	}
	if len(follow) > 0 {
		maps.Copy(follow, m.Options)
		m.Options = follow
	}
}

// New makes the optimizer for a training of so many steps. What is open, and would follow from the rows in [FitConfig.Settle],
// is the optimizer's own default.
func (m Method) New(steps int) (optimizers.Optimizer, error) {
	m.name()
	opts := maps.Clone(m.Options)
	if m.LearningRate != 0 {
		if _, both := opts["lr"]; both {
			return nil, errors.New("the learning rate is given twice: by itself and among the optimizer's options")
		}
		if opts == nil {
			opts = optimizers.Options{}
		}
		opts["lr"] = m.LearningRate
	}
	o, err := optimizers.New(m.Optimizer, opts)
	if err != nil {
		return nil, err
	}
	common := o.Options()
	common.NonFinite = optimizers.Fail
	common.Clip.GlobalNorm = m.ClipNorm
	common.Schedule, err = optimizers.NewSchedule(m.Schedule, steps, m.ScheduleOptions)
	return o, err
}

// completeOptimizer sets in an optimizer that has taken no step what its zero values leave open, as Method does. A wrapped
// solver is left alone: it may have a schedule of its own.
func completeOptimizer(o optimizers.Optimizer, size Size, steps int) {
	if _, wrapped := o.(*optimizers.Wrapped); wrapped || o.StepCount() > 0 {
		return
	}
	if common := o.Options(); common.Schedule == nil {
		common.Schedule = &optimizers.Cosine{Steps: steps}
	}
	follow := size.following(o.Name(), steps)
	set := func(field *float64, option string) {
		if *field != 0 {
			return
		}
		switch v := follow[option].(type) {
		case float64:
			*field = v
		case int:
			if *field = float64(v); v == 0 {
				*field = optimizers.Zero
			}
		}
	}
	switch o := o.(type) {
	case *optimizers.AdamW:
		set(&o.LearningRate, "lr")
		set(&o.WeightDecay, "weight_decay")
	case *optimizers.ASGD:
		set(&o.Start, "t0")
	}
}

// fullBatch tells whether an optimizer is meant to see all rows at every step.
func fullBatch(name string) bool {
	for _, o := range optimizers.All() {
		if o.Name == name {
			return o.FullBatch
		}
	}
	return false
}

// Settle puts what follows from the size of a training in the place of what is open: length, batch, patience, the
// optimizer and its options, its schedule over the whole length, the loss. An Optimizer that is given is completed in place.
// Optimizers that are meant to see all rows at every step get them, whatever Batch says. Errors are of ErrSettings.
func (c FitConfig) Settle(size Size, task data.Task) (FitConfig, error) {
	given := c.Optimizer != nil
	switch {
	case given && isnil.Of(c.Optimizer):
		return c, settingsErr(errNoOptimizer)
	case given && c.Method.given():
		return c, settingsErr(errors.New("the optimizer is given twice: as Optimizer and by Method; leave one out"))
	case c.Loss != nil && c.NamedLoss.Name != "":
		return c, settingsErr(errors.New("the loss is given twice: as a function and by name; leave one out"))
	}
	name := c.Method.Optimizer
	switch {
	case given:
		name = c.Optimizer.Name()
	case name == "":
		name = "adamw"
	}
	if c.Batch == 0 {
		c.Batch = size.Batch(c.Epochs)
	}
	if fullBatch(name) {
		c.Batch = size.Rows
	}
	planned := c.Epochs == 0
	if planned {
		c.Epochs = size.Epochs(max(1, c.Batch))
	}
	switch {
	case c.Patience < 0:
		c.Patience = 0
	case c.Patience == 0 && planned:
		c.Patience = size.Patience(c.Epochs)
	}
	total := max(1, c.Epochs*steps(size.Rows, max(1, c.Batch)))
	if given {
		completeOptimizer(c.Optimizer, size, total)
	} else {
		c.Method.settle(size, total)
		var err error
		if c.Optimizer, err = c.Method.New(total); err != nil {
			return c, settingsErr(err)
		}
	}
	if c.Loss == nil {
		if c.NamedLoss.Name == "" {
			c.NamedLoss.Name = models.UsualLoss(task)
		}
		var err error
		if c.Loss, err = models.Loss(c.NamedLoss.Name, task, c.NamedLoss.LossOptions); err != nil {
			return c, settingsErr(err)
		}
	}
	return c, nil
}
