package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
)

// numbers reads a table of one column, x, beside a target.
func numbers(t testing.TB, opt Options, x ...string) *Dataset {
	t.Helper()
	csv := "x,y\n"
	for i, v := range x {
		csv += fmt.Sprintf("%s,%d\n", v, i%2)
	}
	opt.Task = Classification
	d, err := ReadCSV(strings.NewReader(csv), "numbers.csv", opt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// written are n numbers in a format, drawn from [low, low + spread).
func written(format string, n int, low, spread float64, whole bool) []string {
	r := random.New(1, "written", format)
	var out []string
	for range n {
		v := low + spread*r.Float64()
		if whole {
			v = math.Round(v)
		}
		out = append(out, fmt.Sprintf(format, v))
	}
	return out
}

// columns are columns of numbers, and whether float32 is too coarse for them.
var columns = map[string]struct {
	x    []string
	need bool
}{
	"milliseconds of a minute": {written("%.0f", 300, 1.7e12, 6e4, true), true},
	"milliseconds of a year":   {written("%.0f", 300, 1.7e12, 3e10, true), false},
	"seconds of an hour":       {written("%.0f", 300, 1.7e9, 3600, true), true},
	"seconds of ten years":     {written("%.0f", 300, 1.4e9, 3e8, true), false},
	"microseconds of a second": {written("%.0f", 300, 1.7e15, 1e6, true), true},
	"nanoseconds of an hour":   {written("%.0f", 300, 1.7e18, 3.6e12, true), true},
	"ids behind a billion":     {written("%.0f", 300, 1e9, 500, true), true},
	"ids around 2^53":          {written("%.0f", 300, 1<<53, 1000, true), true},
	"latitudes of a street":    {written("%.7f", 300, 52.5, 0.002, false), true},
	"latitudes of a country":   {written("%.7f", 300, 47, 8, false), false},
	"longitudes, negative":     {written("%.7f", 300, -122.4, 0.001, false), true},
	"Kelvin":                   {written("%.2f", 300, 290, 10, false), false},
	"cents":                    {written("%.0f", 300, 0, 1e7, true), false},
	"prices in cents, alike":   {written("%.0f", 300, 99999000, 900, true), true},
	"Julian days":              {written("%.5f", 300, 2460000, 30, false), true},
	"pressures":                {written("%.4f", 300, 101325, 0.5, false), true},
	"tiny":                     {written("%.9g", 300, 1e-30, 1e-30, false), false},
	"less than float32 has":    {written("%.9g", 300, 1e-48, 1e-48, false), true},
	"huge":                     {written("%.9g", 300, 1e30, 1e30, false), false},
	"pixels":                   {written("%.0f", 300, 0, 255, true), false},
	"around zero":              {written("%.6g", 300, -1, 2, false), false},
	"constant":                 {slices.Repeat([]string{"1700000000001"}, 10), false},
}

// A column gets an offset where it needs one and only there; features then tell numbers apart that float32 does not, and
// stand for the numbers of the file.
func TestOffsetsWhereNeeded(t *testing.T) {
	for name, c := range columns {
		d := numbers(t, Options{}, c.x...)
		o := d.Schema.Offsets()
		if (o != nil) != c.need {
			t.Errorf("%s: offsets %+v, needed %v", name, o, c.need)
			continue
		}
		value := map[float64]float32{}
		distinct := map[float32]bool{}
		low, high := math.Inf(1), math.Inf(-1)
		for i, text := range c.x {
			v, _ := strconv.ParseFloat(text, 64)
			low, high = min(low, v), max(high, v)
			value[v], distinct[d.X[i]] = d.X[i], true
			if !c.need && d.X[i] != float32(v) {
				t.Fatalf("%s: %s became %v", name, text, d.X[i])
			}
		}
		if c.need && len(distinct) < len(value)*99/100 {
			t.Errorf("%s: of %d different numbers %d are left", name, len(value), len(distinct))
		}
		col := &d.Schema.Columns[0]
		for v, x := range value {
			if c.need && math.Abs(col.widen(x)-v) > 1e-6*(high-low) {
				t.Errorf("%s: %v stands for %v", name, v, col.widen(x))
			}
		}
		if err := d.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The same schema makes the same features of a file, of its rows as records, of what WriteCSV wrote, and of float64
// slices; the file is known again.
func TestOffsetsEverywhere(t *testing.T) {
	for name, c := range columns {
		d := numbers(t, Options{}, c.x...)
		b, err := json.Marshal(d.Schema)
		if err != nil {
			t.Fatal(err)
		}
		schema, err := ParseSchema(b)
		if err != nil {
			t.Fatal(err)
		}
		if again := numbers(t, Options{Schema: schema}, c.x...); !slices.Equal(again.X, d.X) || again.Fingerprint != d.Fingerprint {
			t.Errorf("%s: read by its schema it is other data", name)
		}
		var out bytes.Buffer
		if err := WriteCSV(&out, d); err != nil {
			t.Fatal(err)
		}
		back, err := ReadCSV(&out, "back.csv", Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.X, d.X) {
			t.Errorf("%s: written and read it is other data", name)
		}
		raw := make([]float64, len(c.x))
		var records []map[string]string
		for i, text := range c.x {
			raw[i], _ = strconv.ParseFloat(text, 64)
			records = append(records, map[string]string{"x": text})
		}
		if whole, err := NewClassification64("slices", []string{"x"}, raw, []string{"0", "1"}, d.Labels); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !slices.Equal(whole.X, d.X) || !whole.Schema.Offsets().Equal(d.Schema.Offsets()) {
			t.Errorf("%s: of slices it is other data", name)
		}
		wide, err := schema.Encode64(records...)
		if err != nil {
			t.Fatal(err)
		}
		if o := schema.Offsets(); o != nil {
			if x, err := o.Features(wide); err != nil || !slices.Equal(x, d.X) {
				t.Errorf("%s: of records it is other data (%v)", name, err)
			}
			if _, err := schema.Encode(records...); !errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), "Encode64") {
				t.Errorf("%s: Encode: %v", name, err)
			}
		} else if x, err := schema.Encode(records...); err != nil || !slices.Equal(x, d.X) {
			t.Errorf("%s: of records it is other data (%v)", name, err)
		}
		if plain := numbers(t, Options{Offsets: &Offsets{}}, c.x...); plain.Schema.Offsets() != nil {
			t.Errorf("%s: offsets that were not asked for", name)
		}
	}
}

// A mixed table: only what needs an offset has one, missing values are imputed, and what is selected keeps its offset.
func TestOffsetsOfMixedColumns(t *testing.T) {
	csv := "ts,city,ms,age,y\n"
	for i := range 40 {
		ms := fmt.Sprint(1700000000000 + 37*i)
		if i%10 == 3 {
			ms = ""
		}
		csv += fmt.Sprintf("%d,%s,%s,%d,%d\n", 1500000000+i*1000000, []string{"Rome", "Oslo"}[i%2], ms, 20+i, i%2)
	}
	d, err := ReadCSV(strings.NewReader(csv), "mixed.csv", Options{Task: Classification, Impute: ImputeMean})
	if err != nil {
		t.Fatal(err)
	}
	o := d.Schema.Offsets()
	if o == nil || o.Offset[0] != 0 || o.Offset[1] != 0 || o.Offset[2] != 0 || o.Offset[3] < 1.7e12 || o.Offset[4] != 0 {
		t.Fatalf("offsets %+v", o)
	}
	if d, err = d.Impute(identity(40)); err != nil {
		t.Fatal(err)
	}
	mean, n := 0.0, 0.0
	for i := range 40 {
		if i%10 != 3 {
			mean, n = mean+float64(37*i), n+1
		}
	}
	if got := float64(d.X[3*5+3]) + o.Offset[3] - 1.7e12; math.Abs(got-mean/n) > 0.01 {
		t.Errorf("imputed %v, want %v", got, mean/n)
	}
	raw, err := d.Schema.Encode64(map[string]string{"ts": "1500000000", "city": "Rome", "age": "33"})
	if err != nil || math.Abs(raw[3]-1.7e12-mean/n) > 0.01 {
		t.Errorf("a record without it: %v, %v", raw, err)
	}
	s, err := d.Select([]int{0, 3})
	if err != nil || s.Schema.Offsets().Offset[1] != o.Offset[3] {
		t.Errorf("selected: %+v, %v", s.Schema.Offsets(), err)
	}
	without, err := d.Select([]int{0, 4})
	if err != nil || without.Schema.Offsets() != nil {
		t.Fatalf("without it: %v", err)
	}
	again, err := ReadCSV(strings.NewReader(csv), "mixed.csv", Options{Schema: without.Schema})
	if err != nil || again.Fingerprint != d.Fingerprint {
		t.Errorf("the file is not known again: %v", err)
	}
	if k := d.Subset([]int{1, 2}); !k.Schema.Offsets().Equal(o) {
		t.Error("a subset has other offsets")
	}
}

// Files that differ in what only float64 tells apart are different files.
func TestFingerprintInFull(t *testing.T) {
	x := slices.Clone(columns["milliseconds of a minute"].x)
	d := numbers(t, Options{}, x...)
	x[7] = "1700000000001"
	if numbers(t, Options{}, x...).Fingerprint == d.Fingerprint {
		t.Error("two files with one fingerprint")
	}
	y := targets(t, x...)
	again, err := ReadCSV(strings.NewReader("x,y\n0,"+strings.Join(x[:1], "")+"\n"), "one.csv", Options{Schema: y.Schema})
	if err != nil || !y.Schema.WideTarget || !again.Schema.WideTarget {
		t.Fatalf("a target in milliseconds: %v, %v", y.Schema.WideTarget, err)
	}
	x[7] = "1700000000002"
	if targets(t, x...).Fingerprint == y.Fingerprint {
		t.Error("two files with one fingerprint, that differ in the target")
	}
	if targets(t, "1", "2").Schema.WideTarget {
		t.Error("a target that is not wide")
	}
}

func TestOffsetsRefuse(t *testing.T) {
	bad := func(edit func(c *Column)) error {
		s := numbers(t, Options{}, columns["pressures"].x...).Schema
		edit(&s.Columns[0])
		return s.Validate()
	}
	d := numbers(t, Options{}, columns["less than float32 has"].x...)
	read := func(cell string, opt Options) error {
		_, err := ReadCSV(strings.NewReader("x,y\n"+cell+",0\n"), "new.csv", opt)
		return err
	}
	for want, err := range map[string]error{
		"an offset or a scale that is not finite":      bad(func(c *Column) { c.Offset = math.NaN() }),
		"or a scale that is negative":                  bad(func(c *Column) { c.Scale = -1 }),
		"has an offset and is categorical":             bad(func(c *Column) { c.Kind, c.Categories = Categorical, []string{"a"} }),
		`"1e30" lies too far from the numbers of`:      read("1e30", Options{Schema: d.Schema}),
		"offsets are the schema's, where there is one": read("1", Options{Schema: d.Schema, Offsets: &Offsets{}}),
		"3 values are no whole number of rows": func() error {
			_, err := (&Offsets{make([]float64, 2), make([]float64, 2)}).Features(make([]float64, 3))
			return err
		}(),
		"offsets for 2 features, and the file has 1": func() error {
			_, err := ReadCSV(strings.NewReader("x,y\n1,0\n2,1\n"), "new.csv", Options{Offsets: &Offsets{make([]float64, 2), make([]float64, 2)}})
			return err
		}(),
		`row 1: feature "a" is NaN`: func() error {
			_, err := NewRegression64("n", []string{"a"}, []float64{1, math.NaN()}, []float64{1, 2})
			return err
		}(),
		`is 1e+300, which is too large for float32`: func() error {
			_, err := NewRegression64("n", []string{"a"}, []float64{1, 1e300}, []float64{1, 2})
			return err
		}(),
		"row 1: the target 1e+300 is too large for float": func() error {
			_, err := NewRegression64("n", []string{"a"}, []float64{1, 2}, []float64{1, 1e300})
			return err
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
