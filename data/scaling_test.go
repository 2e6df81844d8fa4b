package data

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Means and scales are scikit-learn's StandardScaler's and MinMaxScaler's, over the same rows.
func TestScalingReference(t *testing.T) {
	ref := readReference(t)
	near := cmpopts.EquateApprox(1e-12, 0)
	for _, info := range Datasets() {
		d, want := load(t, info.Name, Options{}), ref.Datasets[info.Name]
		standard, err := FitScaling(Standardize, d, want.Rows)
		if err != nil {
			t.Fatal(err)
		}
		minmax, err := FitScaling(MinMax, d, want.Rows)
		if err != nil {
			t.Fatal(err)
		}
		got := []scalingReference{{standard.Mean, standard.Scale}, {minmax.Mean, minmax.Scale}}
		if diff := cmp.Diff([]scalingReference{want.Standardise, want.Minmax}, got, near); diff != "" {
			t.Errorf("%s: %s", info.Name, diff)
		}
		row := slices.Clone(d.Row(0))
		if err := standard.Apply(row); err != nil {
			t.Fatal(err)
		}
		for j, v := range row { // float32 arithmetic: a few units in the last place of the larger operand
			mean := float32(standard.Mean[j])
			bound := 4e-7 * (math.Abs(want.FirstRow[j]) + math.Abs(float64(mean))/standard.Scale[j])
			if math.Abs(float64(v)-want.FirstRow[j]) > bound+1e-12 {
				t.Errorf("%s: %s scales to %v, want %v", info.Name, d.Features[j], v, want.FirstRow[j])
			}
		}
	}
}

func TestScaling(t *testing.T) {
	x := []float32{1, 5, 0.1, 3, 5, 0.1, 8, 5, 0.1, 99, 99, 99}
	d, err := NewRegression("d", []string{"a", "b", "c"}, x, []float32{0, 1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	tenth := float64(float32(0.1))
	// a is 1, 3, 8; b and c are constant; all nine values have mean 27.3/9 and the squares sum to 149.03
	mean := (27 + 3*tenth) / 9
	all := math.Sqrt((149+3*tenth*tenth)/9 - mean*mean)
	tests := []Scaling{
		{NoScaling, []float64{0, 0, 0}, []float64{1, 1, 1}},
		{Standardize, []float64{4, 5, tenth}, []float64{math.Sqrt(26.0 / 3), 1, 1}},
		{MinMax, []float64{1, 5, tenth}, []float64{7, 1, 1}},
		{StandardizeGlobal, []float64{mean, mean, mean}, []float64{all, all, all}},
		{MinMaxGlobal, []float64{tenth, tenth, tenth}, []float64{8 - tenth, 8 - tenth, 8 - tenth}},
	}
	if len(tests) != len(Scalings()) {
		t.Errorf("%d methods tested of %d", len(tests), len(Scalings()))
	}
	for _, want := range tests {
		got, err := FitScaling(want.Method, d, []int{0, 1, 2})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&want, got, cmpopts.EquateApprox(1e-14, 0)); diff != "" {
			t.Error(diff)
		}
		b, err := json.Marshal(got)
		var back Scaling
		if err == nil {
			err = json.Unmarshal(b, &back)
		}
		if diff := cmp.Diff(got, &back); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}
	s, err := FitScaling(MinMax, d, []int{0, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	scaled := slices.Clone(x[:9])
	if err := s.Apply(scaled); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{0, 0, 0, float32(2) / 7, 0, 0, 1, 0, 0}, scaled); diff != "" {
		t.Error(diff)
	}
}

// A small deviation on a large mean is not lost, nor is one invented for a constant.
func TestScalingPrecision(t *testing.T) {
	rows := 10001
	x := make([]float32, 2*rows)
	for i := range rows {
		x[2*i] = 1<<23 + float32(i%2)
		x[2*i+1] = 0.1
	}
	d, err := NewRegression("d", []string{"a", "b"}, x, make([]float32, rows))
	if err != nil {
		t.Fatal(err)
	}
	s, err := FitScaling(Standardize, d, identity(rows-1))
	if err != nil {
		t.Fatal(err)
	}
	want := &Scaling{Standardize, []float64{1<<23 + 0.5, float64(float32(0.1))}, []float64{0.5, 1}}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

func TestScalingErrors(t *testing.T) {
	d, err := NewRegression("d", []string{"a"}, []float32{-3e38, 3e38, 1, 2}, make([]float32, 4))
	if err != nil {
		t.Fatal(err)
	}
	_, err = FitScaling("zscore", d, []int{0})
	wantError(t, err, ErrOption, `unknown scaling "zscore" (known: none, standardise, standardise-global, minmax, minmax-global)`)
	_, err = FitScaling(MinMax, d, nil)
	wantError(t, err, ErrOption, "no rows of d to take the statistics of")
	_, err = FitScaling(MinMax, d, []int{4})
	wantError(t, err, ErrOption, "row 4 is not one of the 4 rows of d")
	_, err = FitScaling(MinMax, d, []int{0, 1})
	wantError(t, err, ErrFormat,
		`d: feature "a" goes from -3.0000000054977558e+38 to 3.0000000054977558e+38, which float32 `+
			`cannot scale`)
	d.X[3] = nan32
	_, err = FitScaling(Standardize, d, []int{2, 3})
	wantError(t, err, ErrMissing, `d: row 3: feature "a" is missing: impute first`)
	s := &Scaling{Mean: []float64{1, 2}, Scale: []float64{1, 2}}
	wantError(t, s.Apply(make([]float32, 3)), ErrOption, "3 values cannot be scaled by 2 means and 2 scales")
}
