package config

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Resolve makes the plan of the settings, or says what is wrong with them: each by itself, and together. What depends on
// the data is left to those who have it. Errors are of ErrConfig.
func (c Config) Resolve() (*Plan, error) {
	for _, s := range c.Table() {
		if err := s.Check(); err != nil {
			return nil, Usage(at(s.Name, err))
		}
	}
	p := &Plan{Config: c}
	for _, r := range rules {
		if err := r.check(p); err != nil {
			return nil, Usage(err)
		}
	}
	return p, nil
}

// Validate says what is wrong with the settings, as Resolve does.
func (c Config) Validate() error {
	_, err := c.Resolve()
	return err
}

// Unread says why a job does not read a setting while others are as they are; empty where it does.
func (c *Config) Unread(job Job, name string) string {
	group, _, _ := strings.Cut(name, ".")
	s, ok := c.Find(name)
	switch {
	case ok && s.Jobs&job == 0:
		return "it is for another job"
	case job == ForPrune && c.Prune.FinetuneEpochs == 0 && group == "train" && !slices.Contains(losses, name):
		return "prune.finetune_epochs is 0, and nothing is trained"
	case s.Jobs&job&prunes != 0 && c.Prune.Rounds <= 1 && name == "prune.schedule":
		return "prune.rounds is 1, and the whole amount goes at once"
	case job == ForRun && c.Compare.Seeds == 0 && name == "compare.criteria":
		return "compare.seeds is 0, and nothing is compared"
	}
	return ""
}

// losses are the settings that also measures and gradients need.
var losses = []string{"train.loss", "train.label_smoothing", "train.huber_delta"}

// at is an error as one of a setting, whose name stands in front unless the text has it.
func at(key string, err error) error {
	if err == nil {
		return nil
	}
	if !strings.Contains(err.Error(), key) {
		err = errors.WithMessage(err, key)
	}
	return settings.About(key, err)
}

// Rule is a condition on several settings, or on a value that is made of them.
type Rule struct {
	Doc    string
	Broken []string // settings, KEY=VALUE, that break it; each is refused with a message that names the first
	check  func(p *Plan) error
}

// Rules lists the conditions that Config.Resolve asks.
func Rules() []Rule { return slices.Clone(rules) }

// rules are asked in their order: later ones use what earlier ones have put into the plan.
var rules = []Rule{
	{"fine-tuning has a rate only where there is fine-tuning",
		[]string{"prune.finetune_lr=0.01 prune.finetune_epochs=0"},
		func(p *Plan) error {
			if c := p.Config.Prune; c.FinetuneLR != 0 && c.FinetuneEpochs == 0 {
				return settings.About("prune.finetune_lr", errors.Errorf("prune.finetune_lr is %v and prune.finetune_epochs 0: "+
					"nothing is fine-tuned at any rate; give epochs, or leave the rate out", c.FinetuneLR))
			}
			return nil
		}},
	{"a list names nothing twice",
		[]string{"prune.layers=dense1,dense1", "compare.criteria=l1,l2,l1"},
		func(p *Plan) error {
			if err := twice("prune.layers", p.Config.Prune.Layers); err != nil {
				return err
			}
			return twice("compare.criteria", p.Config.Compare.Criteria)
		}},
	{"a model is a name or layers",
		[]string{"model.name=nosuch", "model.name=mlp:0", "model.outputs=[dense1]"},
		func(p *Plan) (err error) {
			p.Spec, err = p.Config.Model.spec()
			return err
		}},
	{"targets are scaled only by models that can",
		nil, // layers of a file alone can have targets scaled
		func(p *Plan) error {
			_, err := p.Spec.TargetScaling(p.Config.Data.TargetScaling, data.Regression)
			return at("data.target_scaling", err)
		}},
	{"an optimizer, and a schedule, have the options that they have",
		[]string{"train.optimizer_options.nosuch=1", "train.optimizer_options.beta1=1.5", "train.optimizer_options.beta1=x",
			"train.schedule_options.nosuch=1", "train.schedule_options.final=-1", "train.schedule=step",
			"train.lr=0.1 train.optimizer_options.lr=0.1"},
		func(p *Plan) error {
			t := &p.Config.Train
			for _, o := range optimizers.All() {
				if o.Name == t.Optimizer {
					p.optimizer = o
				}
			}
			_, err := t.optimizer(t.LearningRate, anySteps)
			return err
		}},
	{"so have they at the rate of fine-tuning",
		[]string{"prune.finetune_lr=0.1 train.optimizer_options.lr=0.1"},
		func(p *Plan) error {
			if p.Config.Prune.FinetuneEpochs == 0 || p.Config.Prune.FinetuneLR == 0 {
				return nil
			}
			_, err := p.Config.Train.optimizer(p.Config.Prune.FinetuneLR, anySteps)
			return at("prune.finetune_lr", err)
		}},
	{"a loss reads its own options, and is for the task",
		[]string{"train.label_smoothing=0.1 train.loss=huber", "train.huber_delta=1 train.loss=mse",
			"train.loss=mse data.task=classification", "train.label_smoothing=0.1 data.task=regression"},
		func(p *Plan) error { return p.Config.checkLoss() }},
	{"a criterion reads its own options",
		[]string{"prune.bins=8 prune.criterion=l2", "prune.estimator=knn prune.criterion=entropy",
			"prune.neighbours=3 prune.estimator=plug-in", "prune.binning=equal-width prune.estimator=knn",
			"prune.bins=8 prune.estimator=knn"},
		func(p *Plan) (err error) {
			p.Pruning, err = p.Config.pruning(p.Config.Prune.Criterion.Name)
			return err
		}},
	{"scores are made comparable only where layers are compared",
		[]string{"prune.normalisation=mean prune.scope=layer"},
		func(p *Plan) error { return comparable(&p.Pruning) }},
	{"so for every criterion that is compared",
		nil, // the row knows the criteria, and the rules above what they read
		func(p *Plan) error {
			for _, name := range p.Config.Compare.Criteria {
				one, err := p.Config.pruning(name)
				if err == nil {
					err = comparable(&one)
				}
				if err != nil {
					return at("compare.criteria", err)
				}
				p.Compared = append(p.Compared, one)
			}
			return nil
		}},
}

func twice(key string, names []string) error {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return settings.Errorf(key, "names %q twice", name)
		}
	}
	return nil
}

func (m *Model) spec() (models.Spec, error) {
	switch {
	case len(m.Layers) > 0 && m.Name != "":
		return models.Spec{}, settings.About("model.name", errors.New("model: give a name or layers, not both"))
	case len(m.Layers) > 0:
		s := models.Graph(m.Layers, m.Outputs...)
		return s, at("model.outputs", s.CheckNames())
	case len(m.Outputs) > 0:
		return models.Spec{}, settings.About("model.outputs",
			errors.New("model.outputs names layers of model.layers, and there are none"))
	case m.Name == "":
		return models.Spec{}, settings.About("model.name", errors.New("model: no name and no layers; mlp:64,32 is a start"))
	}
	s, err := models.Parse(m.Name)
	return s, at("model.name", err)
}

// method describes the optimizer at a rate; 0 is its own, or follows from the rows.
func (t *Train) method(rate float64) training.Method {
	m := training.Method{Optimizer: t.Optimizer, LearningRate: rate, Options: t.OptimizerOptions, Schedule: t.Schedule,
		ScheduleOptions: t.ScheduleOptions, ClipNorm: t.ClipNorm}
	if m.Schedule == "" {
		m.Schedule = "constant"
	}
	return m
}

// optimizer makes the optimizer with its schedule over that many steps.
func (t *Train) optimizer(rate float64, steps int) (optimizers.Optimizer, error) {
	if _, both := t.OptimizerOptions["lr"]; both && rate != 0 {
		return nil, settings.About("train.lr",
			errors.New("the learning rate is given twice: as train.lr and in train.optimizer_options"))
	}
	m := t.method(rate)
	plain := m
	plain.Schedule, plain.ScheduleOptions = "constant", nil
	if _, err := plain.New(steps); err != nil {
		return nil, at("train.optimizer_options", err)
	}
	o, err := m.New(steps) // some schedules have to be told more than their name
	return o, at("train.schedule_options", err)
}

// checkLoss says what can be known to be wrong with the loss before the data is: of a loss that is named, or of the usual one
// of a task that is.
func (c *Config) checkLoss() error {
	t := &c.Train
	name := t.Loss
	if name == "" && c.Data.Task != data.Auto {
		name = models.UsualLoss(c.Data.Task)
	}
	if name == "" {
		return nil
	}
	l, err := models.LookupLoss(name, c.Data.Task)
	switch {
	case err != nil:
		return at("train.loss", err)
	case c.Data.Task != data.Auto && l.Task != c.Data.Task:
		return settings.About("train.loss", errors.Errorf("train.loss %s is for %v, and data.task is %v", l.Name, l.Task, c.Data.Task))
	}
	return In("train", l.Check(t.LossOptions))
}

// pruning is the pruning by a criterion. Options belong to the criterion that they were given for.
func (c *Config) pruning(criterion string) (pruning.Config, error) {
	p := c.Prune.Config
	if p.Criterion.Name != criterion {
		p.Criterion, p.Options = criteria.Named(criterion), criteria.Options{}
	}
	p = seeded(p, c.Seed)
	crit, err := p.Criterion.Find()
	if err != nil {
		return p, at("prune.criterion", err)
	}
	_, err = crit.Resolve(p.Options)
	return p, In("prune", err)
}

// comparable puts in how layers are compared.
func comparable(p *pruning.Config) error {
	crit, err := p.Criterion.Find()
	if err != nil {
		return err
	}
	asked := p.Normalization
	p.Normalization, err = crit.ResolveNormalization(p.Scope, asked)
	if errors.Is(err, criteria.ErrSelection) {
		return settings.About("prune.normalisation", errors.Errorf("prune.normalisation %s is for comparing layers, and with scope "+
			"%s none are compared: set prune.scope to global, or leave it out", asked, p.Scope))
	}
	return at("prune.normalisation", err)
}

// In is an error of an option as one of the setting that gives it, in a group of settings: that of bins is of prune.bins.
func In(group string, err error) error {
	if name := settings.NameOf(err); name != "" {
		return at(group+"."+name, err)
	}
	return err
}
