package criteria

import (
	"math"

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

// Criterion is a rule that gives each unit of a layer a score. A program may build its own beside those of the table.
type Criterion struct {
	Name    string // as users write it
	Summary string // one line: what a high score means
	Formula string
	Source  string // the paper
	Needs   Needs
	// Estimators that the criterion takes, its default first; none where it reads no Options.
	Estimators []Estimator
	// Binning is its default where bins are used.
	Binning information.Binning
	// CommonUnit says that scores of different layers can be compared as they are, being changes of the loss for example.
	// Otherwise ScopeGlobal divides them by a number of each layer's.
	CommonUnit bool
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

// Score returns one score a unit; the unit with the lowest goes first. It checks the evidence that the criterion needs
// ([ErrEvidence]) and the options ([ErrOption]), and that every score is finite. s is not changed.
func (c Criterion) Score(s UnitStats, o Options) ([]float64, error) {
	o, err := c.Resolve(o)
	if err != nil {
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
