package criteria

import (
	"math"
	"reflect"
	"strings"

	"github.com/gtrain/gtrain/pruning/information"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// table lists every criterion, in the order in which help and documentation show them.
var table = settings.NewRegistry("criterion", func(c Criterion) string { return c.Name },
	entropyCriterion,
	informationGain,
	mutualInformation,
	l1,
	l2,
	fpgm,
	taylor,
	apoz,
	meanActivation,
	variance,
	randomCriterion,
)

// Criterion is a rule that gives each unit of a layer a score. One with a Compute is used as it is: a program may have its own
// beside those of the table. One without is that of its name in the table; see [Named].
type Criterion struct {
	Name    string // as users write it
	Summary string // one line: what a high score means
	Formula string
	Source  string // the paper
	Needs   Needs
	// Estimators that the criterion takes, its default first; none where it estimates nothing.
	Estimators []Estimator
	// Binning is its default where bins are used.
	Binning information.Binning
	// Options are those of Options that it reads beside its estimators', by name.
	Options []string
	// CommonUnit says that scores of different layers can be compared as they are, being changes of the loss for example.
	// Otherwise ScopeGlobal divides them by a number of each layer's.
	CommonUnit bool
	// Settings are options of its own beside Options, bound to variables that Compute reads; nil for none. Resolve puts their
	// defaults in, so that a criterion with settings is not for several goroutines before it has been resolved.
	Settings settings.Rows
	// Compute returns one score a unit from evidence that has been checked and options that have been resolved. It must
	// not change the evidence. Call Score, which does both.
	Compute func(UnitStats, Options) ([]float64, error)
}

// All returns the table of criteria.
func All() []Criterion { return table.All() }

// Names returns the names of the criteria, in the order of the table.
func Names() []string { return table.Names() }

// Lookup returns the criterion of a name. An unknown name is an error that suggests the nearest known one.
func Lookup(name string) (Criterion, error) { return table.Lookup(name) }

// Named is the criterion of a name. A name that the table does not have is an error where the criterion is used.
func Named(name string) Criterion { return Criterion{Name: name} }

// Register puts a criterion into the table, so that it has a name for all who look one up. A name that is taken is an error.
func Register(c Criterion) error {
	if c.Compute == nil {
		return errors.Errorf("criterion %q: there is nothing that computes it: Compute is nil", c.Name)
	}
	if _, err := c.Find(); err != nil {
		return err
	}
	return table.Add(c)
}

// Find is the criterion with all that its name stands for: itself where it has a Compute, and the one of the table otherwise.
// A criterion that has the name of another one is an error, for results are told apart by it.
func (c Criterion) Find() (Criterion, error) {
	if c.Compute == nil {
		return Lookup(c.Name)
	}
	if strings.TrimSpace(c.Name) != c.Name || c.Name == "" || strings.ContainsAny(c.Name, "\n\r,") {
		return c, errors.Errorf("a criterion of the name %q: give it one that results can show", c.Name)
	}
	if known, ok := table.Find(c.Name); ok && reflect.ValueOf(known.Compute).Pointer() != reflect.ValueOf(c.Compute).Pointer() {
		return c, errors.Errorf("there is a criterion %q already; give this one another name", c.Name)
	}
	for _, name := range c.Options {
		if _, err := new(Options).Rows().Lookup("option", name); err != nil {
			return c, errors.WithMessagef(err, "criterion %s, Options", c.Name)
		}
	}
	return c, nil
}

// Set gives settings of the criterion's own by name, as a file or a flag has them, and checks all of them.
func (c Criterion) Set(values map[string]any) error {
	return c.Settings.Assign("criterion "+c.Name, values)
}

// Score returns one score a unit; the unit with the lowest goes first. It checks the evidence that the criterion needs
// ([ErrEvidence]) and the options ([ErrOption]), and that every score is finite. s is not changed.
func (c Criterion) Score(s UnitStats, o Options) ([]float64, error) {
	c, err := c.Find()
	if err != nil {
		return nil, err
	}
	if o, err = c.Resolve(o); err != nil {
		return nil, err
	}
	if err := s.check(c.Needs); err != nil {
		return nil, errors.WithMessagef(err, "criterion %s, %s", c.Name, s.where())
	}
	scores, err := c.Compute(s, o)
	if err != nil {
		return nil, errors.WithMessagef(err, "criterion %s, %s", c.Name, s.where())
	}
	if len(scores) != s.Units {
		return nil, errors.Errorf("criterion %s, %s: %d scores for %d units", c.Name, s.where(), len(scores), s.Units)
	}
	for u, v := range scores {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errors.Errorf("criterion %s, %s: unit %d scores %v", c.Name, s.where(), u, v)
		}
	}
	return scores, nil
}
