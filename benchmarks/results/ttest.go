package main

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// better is the probability of a mean difference a − b as large as that found, or larger, were there none: the one-sided
// paired t-test (Student 1908), t = mean·√n/deviation of the differences, with n − 1 degrees of freedom. Differences that are
// all the same have none or all of it on their side; one pair says nothing.
func better(a, b []float64) float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	n := float64(len(d))
	if n < 2 {
		return 0.5
	}
	mean, sd := stat.MeanStdDev(d, nil)
	if sd == 0 {
		switch {
		case mean > 0:
			return 0
		case mean < 0:
			return 1
		}
		return 0.5
	}
	return distuv.StudentsT{Sigma: 1, Nu: n - 1}.Survival(mean * math.Sqrt(n) / sd)
}
