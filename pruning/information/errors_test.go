package information

import (
	"errors"
	"math"
	"testing"
)

func TestErrors(t *testing.T) {
	one, two := []int{1}, []int{1, 2}
	fine, bad := []float64{1, 2, 3, 4}, []float64{1, math.NaN(), 3, 4}
	infinite := []float64{1, 2, math.Inf(-1), 4}
	labels := []int{0, 0, 1, 1}
	bins := func(x []float64, n int, how Binning) error {
		_, _, err := Discretize(nil, x, n, how)
		return err
	}
	failing := func([]int) (float64, error) { return Entropy(nil, PlugIn) }
	second := func(_ any, err error) error { return err }
	for name, c := range map[string]struct{ err, want error }{
		"entropy of nothing":         {second(Entropy(nil, PlugIn)), ErrEmpty},
		"unknown correction":         {second(Entropy(one, "none")), ErrOption},
		"no correction":              {second(MutualInformation(one, one, "")), ErrOption},
		"MI, lengths":                {second(MutualInformation(one, two, PlugIn)), ErrLength},
		"MI of nothing":              {second(MutualInformation(nil, nil, PlugIn)), ErrEmpty},
		"gain, lengths":              {second(InformationGain(one, two, PlugIn)), ErrLength},
		"joint, lengths":             {second(JointEntropy(one, two, PlugIn)), ErrLength},
		"conditional, lengths":       {second(ConditionalEntropy(one, two, PlugIn)), ErrLength},
		"bins of nothing":            {bins(nil, 4, EqualWidth), ErrEmpty},
		"one bin":                    {bins(fine, 1, EqualWidth), ErrBins},
		"too many bins":              {bins(fine, math.MaxInt, EqualFrequency), ErrBins},
		"unknown binning":            {bins(fine, 2, "quantile"), ErrOption},
		"bins of NaN":                {bins(bad, 2, EqualWidth), ErrNonFinite},
		"bins of Inf":                {bins(infinite, 2, EqualFrequency), ErrNonFinite},
		"Ross, NaN":                  {second(Ross(bad, labels, 1)), ErrNonFinite},
		"Ross, lengths":              {second(Ross(fine, one, 1)), ErrLength},
		"Ross, k = 0":                {second(Ross(fine, labels, 0)), ErrNeighbors},
		"Ross, k = n":                {second(Ross(fine, labels, 4)), ErrNeighbors},
		"Ross, all classes of one":   {second(Ross(fine, []int{1, 2, 3, 4}, 3)), ErrNeighbors},
		"Ross of nothing":            {second(Ross(nil, nil, 3)), ErrEmpty},
		"KSG, Inf":                   {second(KSG(fine, infinite, 1)), ErrNonFinite},
		"KSG, lengths":               {second(KSG(fine, fine[:3], 1)), ErrLength},
		"KSG, k = n":                 {second(KSG(fine, fine, 4)), ErrNeighbors},
		"KSG of one sample":          {second(KSG(fine[:1], fine[:1], 1)), ErrNeighbors},
		"jitter, NaN":                {second(Jitter(nil, bad, 1)), ErrNonFinite},
		"jitter of nothing":          {second(Jitter(nil, nil, 1)), ErrEmpty},
		"Gaussian(1.1)":              {second(Gaussian(1.1)), ErrOption},
		"Gaussian(NaN)":              {second(Gaussian(math.NaN())), ErrOption},
		"correlation, lengths":       {second(Correlation(fine, fine[:1])), ErrLength},
		"divergence, sum":            {second(KullbackLeibler([]float64{0.5, 0.4}, []float64{0.5, 0.5})), ErrOption},
		"divergence, sign":           {second(KullbackLeibler([]float64{1.5, -0.5}, []float64{0.5, 0.5})), ErrOption},
		"divergence, lengths":        {second(KullbackLeibler(fine, fine[:1])), ErrLength},
		"permutation, rounds":        {second(PermutationTest(one, 0, 1, nil)), ErrOption},
		"permutation of nothing":     {second(PermutationTest([]int(nil), 1, 1, nil)), ErrEmpty},
		"permutation, score's error": {second(PermutationTest(one, 1, 1, failing)), ErrEmpty},
		"quantile outside":           {second(Null{Shuffled: fine}.Quantile(1.5)), ErrOption},
		"quantile of nothing":        {second(Null{}.Quantile(0.5)), ErrEmpty},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v; want %v", name, c.err, c.want)
		}
	}
}
