package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// With nothing set, and on the same training rows, the mean over five seeds is not below the better of scikit-learn's
// networks and its logistic regression by more than 0.01; a regression explains what there is to explain, in whatever unit
// its targets are.
func TestDefaultsReachTheReferences(t *testing.T) {
	refs, err := readReferences()
	if err != nil {
		t.Fatal(err)
	}
	all, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	var houses []float64
	for _, d := range all {
		mine, err := scores(d)
		if err != nil {
			t.Fatal(err)
		}
		mean, least := stat.Mean(mine, nil), 0.0
		for _, k := range []string{"linear", "mlp", "mlp:64,32"} {
			if n := len(refs.Tables[d.Name][k]); n != seeds {
				t.Fatalf("%s: %d references of %s", d.Name, n, k)
			}
			least = max(least, stat.Mean(refs.Tables[d.Name][k], nil)-0.01)
		}
		switch {
		case d.Name == "diabetes":
			least = 0.40
		case d.Targets != nil:
			least, houses = 0.95, append(houses, mean)
		}
		t.Logf("%s: %.4f, at least %.4f", d.Name, mean, least)
		if mean < least {
			t.Errorf("%s: mean %.4f of %.3f, want %.4f", d.Name, mean, mine, least)
		}
	}
	if d := slices.Max(houses) - slices.Min(houses); d > 0.01 || len(houses) < 6 {
		t.Errorf("R² depends on the unit by %v: %v", d, houses)
	}
}

// What scikit-learn is given is what Fit trains on.
func TestExport(t *testing.T) {
	var b bytes.Buffer
	if err := export(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"name":"iris"`, `"name":"houses, cents"`, `"regression":true`, `"Train":[`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in what is exported", want)
		}
	}
}
