package criteria

import (
	"slices"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/pruning/information"
	"github.com/pkg/errors"
)

// ErrOption is what errors.Is finds where an option is out of range or is set for a criterion that does not read it.
// Unknown names are suggest.ErrUnknown.
var ErrOption = errors.New("option does not apply")

// Scratch names a way to estimate entropy or mutual information.
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
	// Scratch is plug-in, miller-madow or, for mutual-information alone, knn. Each criterion's Estimators lists those
	// that it takes, its default first.
	Estimator Estimator
	// Neighbors is k of knn, 3 unless set.
	Neighbors int
}

// ParseEstimator returns the estimator of a name; "" for "", the criterion's default.
func ParseEstimator(name string) (Estimator, error) {
	return parse(name, "estimator", []Estimator{PlugIn, MillerMadow, KNN})
}

// ParseBinning returns the binning of a name; "" for "", the criterion's default.
func ParseBinning(name string) (information.Binning, error) {
	return parse(name, "binning", []information.Binning{information.EqualWidth, information.EqualFrequency})
}

func parse[T ~string](name, kind string, known []T) (T, error) {
	if name == "" || slices.Contains(known, T(name)) {
		return T(name), nil
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	return "", errors.WithStack(suggest.Unknown(kind, name, names))
}

// Resolve returns the options with the criterion's defaults filled in, or says what is wrong with them.
func (c Criterion) Resolve(o Options) (Options, error) {
	if len(c.Estimators) == 0 {
		if o != (Options{}) {
			return o, errors.Wrapf(ErrOption, "criterion %s reads no options, and %s set", c.Name, o.set())
		}
		return o, nil
	}
	if _, err := ParseEstimator(string(o.Estimator)); err != nil {
		return o, err
	}
	if _, err := ParseBinning(string(o.Binning)); err != nil {
		return o, err
	}
	if o.Estimator == "" {
		o.Estimator = c.Estimators[0]
	}
	if !slices.Contains(c.Estimators, o.Estimator) {
		return o, errors.Wrapf(ErrOption, "criterion %s has no estimator %s; it takes %v", c.Name, o.Estimator, c.Estimators)
	}
	if o.Estimator == KNN {
		if unread := (Options{Bins: o.Bins, Binning: o.Binning}); unread != (Options{}) {
			return o, errors.Wrapf(ErrOption, "estimator knn has no bins, and %s set", unread.set())
		}
		if o.Neighbors == 0 {
			o.Neighbors = DefaultNeighbors
		}
		if o.Neighbors < 1 {
			return o, errors.Wrapf(ErrOption, "%d neighbours; at least 1 is needed", o.Neighbors)
		}
		return o, nil
	}
	if o.Neighbors != 0 {
		return o, errors.Wrapf(ErrOption, "estimator %s has no neighbours, and %d are set", o.Estimator, o.Neighbors)
	}
	if o.Bins == 0 {
		o.Bins = DefaultBins
	}
	if o.Bins < 2 {
		return o, errors.Wrapf(ErrOption, "%d bins; at least 2 are needed", o.Bins)
	}
	if o.Binning == "" {
		o.Binning = c.Binning
	}
	return o, nil
}

// set names the first option that is not left at its zero value, with its verb.
func (o Options) set() string {
	switch {
	case o.Bins != 0:
		return "bins are"
	case o.Binning != "":
		return "binning is"
	case o.Estimator != "":
		return "estimator is"
	}
	return "neighbours are"
}
