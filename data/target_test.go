package data

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// targets reads a table whose last column, y, holds the given numbers.
func targets(t testing.TB, y ...string) *Dataset {
	t.Helper()
	csv := "x,y\n"
	for i, v := range y {
		csv += fmt.Sprintf("%d,%s\n", i, v)
	}
	d, err := ReadCSV(strings.NewReader(csv), "targets.csv", Options{Task: Regression})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func every(n int) []int { return identity(n) }

// Statistics are those of the numbers in the file, in float64, over the rows that are named.
func TestFitTarget(t *testing.T) {
	for name, c := range map[string]struct {
		y           []string
		rows        []int
		mean, scale float64
		wide        bool
	}{
		"prices":               {[]string{"100000", "300000", "500000", "9e30"}, []int{0, 1, 2}, 300000, math.Sqrt(8e10 / 3), false},
		"losses":               {[]string{"-5e7", "-4e7"}, nil, -4.5e7, 5e6, false},
		"years":                {[]string{"1990.5", "2010.5"}, nil, 2000.5, 10, false},
		"concentrations":       {[]string{"3e-7", "5e-7"}, nil, 4e-7, 1e-7, false},
		"less than float32":    {[]string{"1e-50", "3e-50"}, nil, 2e-50, 1e-50, true},
		"a trillion and noise": {[]string{"1000000000001", "1000000000003"}, nil, 1000000000002, 1, true},
		"milliseconds":         {[]string{"1700000000000", "1700000060000"}, nil, 1700000030000, 30000, true},
		"one row":              {[]string{"7", "8"}, []int{1}, 8, 0.008, false},
		"all equal":            {[]string{"-0.5", "-0.5", "3"}, []int{0, 1}, -0.5, 0.0005, false},
		"all zero":             {[]string{"0", "0", "1"}, []int{0, 1}, 0, 1, false},
		"the largest":          {[]string{"-3e38", "3e38"}, nil, 0, 3e38, false},
	} {
		d := targets(t, c.y...)
		if c.rows == nil {
			c.rows = every(d.Rows())
		}
		s, err := FitTarget(Standardize, d, c.rows)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		exact := 1e-12
		if !c.wide {
			exact = 1e-7 // rounded to float32
		}
		if math.Abs(s.Mean-c.mean) > exact*(math.Abs(c.mean)+c.scale) || math.Abs(s.Scale-c.scale) > exact*c.scale || s.Wide != c.wide {
			t.Errorf("%s: %+v, want mean %v, scale %v, wide %v", name, *s, c.mean, c.scale, c.wide)
		}
		if !s.Wide && (float64(float32(s.Mean)) != s.Mean || float64(float32(s.Scale)) != s.Scale) {
			t.Errorf("%s: %+v does not fit float32", name, *s)
		}
		if again := NewTargetScaling(s.Mean, s.Scale); *again != *s {
			t.Errorf("%s: %+v becomes %+v", name, *s, *again)
		}
		z := make([]float32, len(c.rows))
		if err := d.GatherScaled(z, c.rows, s.Mean, s.Scale); err != nil {
			t.Fatal(err)
		}
		for k, r := range c.rows {
			y, _ := strconv.ParseFloat(c.y[r], 64)
			if want := (y - c.mean) / c.scale; math.Abs(float64(z[k])-want) > 2e-3 {
				t.Errorf("%s: target %s becomes %v, want %v", name, c.y[r], z[k], want)
			}
		}
	}
}

func TestFitTargetRefuses(t *testing.T) {
	d := targets(t, "1", "2")
	for want, err := range map[string]func() error{
		"target scaling":       func() error { _, err := FitTarget(MinMax, d, every(2)); return err },
		"no rows":              func() error { _, err := FitTarget(Standardize, d, nil); return err },
		"row 2 has no":         func() error { _, err := FitTarget(Standardize, d, []int{2}); return err },
		"that is for regress":  func() error { _, err := FitTarget(Standardize, iris(t), every(2)); return err },
		"a buffer of 0 is too": func() error { return d.GatherScaled(nil, every(2), 0, 1) },
	} {
		if err := err(); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if s, err := FitTarget(NoScaling, d, nil); s != nil || err != nil {
		t.Errorf("none gives %v, %v", s, err)
	}
}

func iris(t testing.TB) *Dataset {
	t.Helper()
	d, err := Load("iris", Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a file says is kept in full, through subsets and written files, and where float32 holds it nothing is kept twice.
func TestTargetsAreKeptInFull(t *testing.T) {
	if d := targets(t, "1", "-2.5", "16777216", "1e30", "0"); d.Targets64 == nil {
		t.Error("1e30 is no float32")
	}
	if d := targets(t, "1", "-2.5", "16777216"); d.Targets64 != nil {
		t.Errorf("kept twice: %v", d.Targets64)
	}
	d := targets(t, "1", "1000000000001", "0.1", "-3")
	want := []float64{1, 1000000000001, 0.1, -3}
	if !slices.Equal(d.Targets64, want) {
		t.Errorf("%v, want %v", d.Targets64, want)
	}
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	if s := d.Subset([]int{2, 1}); !slices.Equal(s.Targets64, []float64{0.1, 1000000000001}) {
		t.Errorf("subset: %v", s.Targets64)
	}
	var b bytes.Buffer
	if err := WriteCSV(&b, d); err != nil {
		t.Fatal(err)
	}
	again, err := ReadCSV(&b, "again.csv", Options{Task: Regression})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Targets64, want) {
		t.Errorf("read again: %v, want %v", again.Targets64, want)
	}
	y := make([]float64, 2)
	if err := d.GatherTargets64(y, []int{1, 3}); err != nil || y[0] != 1000000000001 || y[1] != -3 {
		t.Errorf("%v, %v", y, err)
	}
	d.Targets64[0] = 5
	if err := d.Validate(); !errors.Is(err, ErrFormat) {
		t.Errorf("two targets of one row: %v", err)
	}
}
