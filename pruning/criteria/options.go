package criteria

import (
	"slices"
	"strings"

	"github.com/gtrain/gtrain/pruning/information"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
)

// ErrOption is what errors.Is finds where an option is out of range or is set for a criterion that does not read it.
// Unknown names are settings.ErrUnknown.
var ErrOption = settings.ErrInvalid

// Estimator names a way to estimate entropy or mutual information.
type Estimator string

// The estimators.
const (
	// PlugIn bins activations and takes observed shares for probabilities.
	PlugIn = Estimator(information.PlugIn)
	// MillerMadow is PlugIn with the bias of first order removed.
	MillerMadow = Estimator(information.MillerMadow)
	// KNN needs no bins: Ross's estimator for labels, Kraskov's for targets, after a seeded jitter of 1e-10.
	KNN Estimator = "knn"
)

// Defaults of Options.
const (
	DefaultBins      = 16
	DefaultNeighbors = 3
)

// Options of the criteria that estimate information. A field's zero value asks for the default; a field set for a
// criterion or an estimator that does not read it is an error, never ignored.
type Options struct {
	// Bins is how many bins activations are cut into, 16 unless set: read by plug-in and miller-madow.
	Bins int
	// Binning is equal-width or equal-frequency: read by plug-in and miller-madow. Entropy defaults to equal-width, for
	// with equal frequencies every unit has about the same; information-gain and mutual-information to equal-frequency.
	Binning information.Binning
	// Estimator is plug-in, miller-madow or, for mutual-information alone, knn. Each criterion's Estimators lists those
	// that it takes, its default first.
	Estimator Estimator
	// Neighbors is k of knn, 3 unless set.
	Neighbors int
}

// Estimators is the table of estimators.
var Estimators = settings.NewChoices("estimator",
	settings.Named[Estimator]{Name: PlugIn, Doc: "observed shares of bins taken for probabilities"},
	settings.Named[Estimator]{Name: MillerMadow, Doc: "plug-in with the bias of first order removed"},
	settings.Named[Estimator]{Name: KNN, Doc: "distances to nearest neighbours, without bins"})

// Binnings is the table of binnings.
var Binnings = settings.NewChoices("binning",
	settings.Named[information.Binning]{Name: information.EqualWidth, Doc: "bins of one width"},
	settings.Named[information.Binning]{Name: information.EqualFrequency, Doc: "bins of as many values"})

// reads are the options that an estimator reads, beside which estimator it is.
var reads = map[Estimator][]string{PlugIn: {"bins", "binning"}, MillerMadow: {"bins", "binning"}, KNN: {"neighbours"}}

// Rows are the options by name.
func (o *Options) Rows() settings.Rows {
	return settings.Rows{
		Estimators.Row("estimator", &o.Estimator, "how information is estimated").Else("the criterion's own").Like("plug-in"),
		settings.Count("bins", &o.Bins, "bins of plug-in and miller-madow").In(settings.AtLeast(2)).Else("16").Like("16"),
		Binnings.Row("binning", &o.Binning, "how activations are binned").Else("the criterion's own").Like("equal-frequency"),
		settings.Count("neighbours", &o.Neighbors, "neighbours of knn").In(settings.AtLeast(1)).Else("3").Like("3"),
	}
}

// OwnOptions describes the options that the criterion reads beside its estimators'; nil for none.
func (c Criterion) OwnOptions() []settings.Description {
	var own settings.Rows
	for _, r := range new(Options).Rows() {
		if slices.Contains(c.Options, r.Name) {
			own = append(own, r)
		}
	}
	if own == nil {
		return nil
	}
	return own.Describe()
}

// Resolve returns the options with the criterion's defaults filled in, or says what is wrong with them.
func (c Criterion) Resolve(o Options) (Options, error) {
	c, err := c.Find()
	if err != nil {
		return o, err
	}
	if err := c.Settings.Resolve(); err != nil {
		return o, errors.WithMessagef(err, "criterion %s", c.Name)
	}
	rows := o.Rows()
	if err := rows.Check(); err != nil {
		return o, err
	}
	given := rows.Given()
	given = slices.DeleteFunc(given, func(r settings.Row) bool { return slices.Contains(c.Options, r.Name) })
	if len(c.Estimators) == 0 {
		if len(given) > 0 {
			reads := "no options"
			if len(c.Options) > 0 {
				reads = strings.Join(c.Options, ", ") + " alone"
			}
			return o, settings.About(given[0].Name,
				errors.Errorf("criterion %s reads %s, and %s is given", c.Name, reads, given[0].Name))
		}
		return o, nil
	}
	if o.Estimator == "" {
		o.Estimator = c.Estimators[0]
	}
	if !slices.Contains(c.Estimators, o.Estimator) {
		return o, settings.About("estimator",
			errors.Errorf("criterion %s has no estimator %s; it takes %v", c.Name, o.Estimator, c.Estimators))
	}
	for _, r := range given {
		if r.Name != "estimator" && !slices.Contains(reads[o.Estimator], r.Name) {
			return o, settings.About(r.Name, errors.Errorf("estimator %s of criterion %s has no %s, and %[3]s is given",
				o.Estimator, c.Name, r.Name))
		}
	}
	switch {
	case o.Estimator == KNN && o.Neighbors == 0:
		o.Neighbors = DefaultNeighbors
	case o.Estimator != KNN:
		if o.Bins == 0 {
			o.Bins = DefaultBins
		}
		if o.Binning == "" {
			o.Binning = c.Binning
		}
	}
	return o, nil
}
