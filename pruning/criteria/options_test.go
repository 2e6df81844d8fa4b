package criteria

import (
	"errors"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/suggest"
	"github.com/gtrain/gtrain/pruning/information"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		criterion Criterion
		o         Options
		want      Options
		err       error
	}{
		{entropyCriterion, Options{}, Options{Bins: 16, Binning: information.EqualWidth, Estimator: PlugIn, Neighbors: 0}, nil},
		{informationGain, Options{}, Options{Bins: 16, Binning: information.EqualFrequency, Estimator: MillerMadow, Neighbors: 0}, nil},
		{mutualInformation, Options{}, Options{Bins: 0, Binning: "", Estimator: KNN, Neighbors: 3}, nil},
		{mutualInformation, Options{Neighbors: 5}, Options{Bins: 0, Binning: "", Estimator: KNN, Neighbors: 5}, nil},
		{mutualInformation, Options{Estimator: PlugIn, Bins: 4}, Options{Bins: 4, Binning: information.EqualFrequency, Estimator: PlugIn, Neighbors: 0}, nil},
		{l1, Options{}, Options{}, nil},
		{l1, Options{Bins: 8}, Options{}, ErrOption},
		{randomCriterion, Options{Neighbors: 8}, Options{}, ErrOption},
		{entropyCriterion, Options{Estimator: KNN}, Options{}, ErrOption},
		{entropyCriterion, Options{Neighbors: 3}, Options{}, ErrOption},
		{entropyCriterion, Options{Bins: 1}, Options{}, ErrOption},
		{entropyCriterion, Options{Bins: -1}, Options{}, ErrOption},
		{entropyCriterion, Options{Binning: "equal"}, Options{}, suggest.ErrUnknown},
		{entropyCriterion, Options{Estimator: "plugin"}, Options{}, suggest.ErrUnknown},
		{mutualInformation, Options{Bins: 8}, Options{}, ErrOption},
		{mutualInformation, Options{Binning: information.EqualWidth}, Options{}, ErrOption},
		{mutualInformation, Options{Neighbors: -1}, Options{}, ErrOption},
	} {
		got, err := c.criterion.Resolve(c.o)
		if !errors.Is(err, c.err) || err == nil && got != c.want {
			t.Errorf("%s with %+v: %+v, %v; want %+v, %v", c.criterion.Name, c.o, got, err, c.want, c.err)
		}
	}
}

// Every option that is accepted must change something.
func TestOptionsAreApplied(t *testing.T) {
	s := layer(200, 6, 1)
	for _, c := range []struct {
		criterion Criterion
		a, b      Options
	}{
		{entropyCriterion, Options{}, Options{Bins: 4}},
		{entropyCriterion, Options{}, Options{Binning: information.EqualFrequency}},
		{entropyCriterion, Options{}, Options{Estimator: MillerMadow}},
		{informationGain, Options{}, Options{Bins: 4}},
		{informationGain, Options{}, Options{Binning: information.EqualWidth}},
		{informationGain, Options{}, Options{Estimator: PlugIn}},
		{mutualInformation, Options{}, Options{Neighbors: 5}},
		{mutualInformation, Options{}, Options{Estimator: PlugIn}},
		{mutualInformation, Options{Estimator: PlugIn}, Options{Estimator: PlugIn, Bins: 5}},
	} {
		if slices.Equal(score(t, c.criterion, s, c.a), score(t, c.criterion, s, c.b)) {
			t.Errorf("%s scores the same with %+v and %+v", c.criterion.Name, c.a, c.b)
		}
	}
}

// A criterion reads the options that it names, and no others.
func TestOwnOptions(t *testing.T) {
	c := Criterion{Name: "own", Options: []string{"bins"}, Compute: func(s UnitStats, o Options) ([]float64, error) {
		return []float64{float64(o.Bins)}, nil
	}}
	if got, err := c.Score(UnitStats{Layer: "dense1", Units: 1}, Options{Bins: 8}); err != nil || got[0] != 8 {
		t.Errorf("scores %v, %v", got, err)
	}
	if _, err := c.Resolve(Options{Neighbors: 2}); !errors.Is(err, ErrOption) ||
		err.Error() != "criterion own reads bins alone, and neighbours is given" {
		t.Error(err)
	}
	if own := c.OwnOptions(); len(own) != 1 || own[0].Name != "bins" {
		t.Errorf("own options %v", own)
	}
	c.Options = []string{"bin"}
	if err := Register(c); !errors.Is(err, suggest.ErrUnknown) {
		t.Errorf("an option that there is not: %v", err)
	}
	if own := l2.OwnOptions(); own != nil {
		t.Errorf("l2 has options %v", own)
	}
}
