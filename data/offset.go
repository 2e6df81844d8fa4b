package data

import (
	"math"
	"slices"
	"strconv"
)

// Offsets are what stands between raw numbers, in float64, and features, in float32: (x − Offset)/Scale, one pair for
// each feature. Only features that need it have others than 0 and 1: those of which float32 is off by up to more than a
// thousandth of their deviation, as it is by a minute for milliseconds since 1970. It is a way to write numbers and no
// preprocessing: any offset near the numbers does.
type Offsets struct {
	Offset, Scale []float64
}

// Offsets are those of the schema's features; nil where none needs one.
func (s *Schema) Offsets() *Offsets {
	if s == nil || !slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Kind == Numeric && c.shifted() }) {
		return nil
	}
	o := &Offsets{}
	for i := range s.Columns {
		c := &s.Columns[i]
		for range c.width() {
			offset, scale := 0.0, 1.0
			if c.Kind == Numeric {
				offset, scale = c.Offset, c.divisor()
			}
			o.Offset, o.Scale = append(o.Offset, offset), append(o.Scale, scale)
		}
	}
	return o
}

// Equal compares; nil has no offsets.
func (o *Offsets) Equal(p *Offsets) bool {
	if o == nil || p == nil {
		return o == p
	}
	return slices.Equal(o.Offset, p.Offset) && slices.Equal(o.Scale, p.Scale)
}

// Features makes features of rows of raw numbers, row-major. It fails with ErrOption if these are not whole rows.
func (o *Offsets) Features(x []float64) ([]float32, error) {
	w := len(o.Offset)
	if w == 0 || len(o.Scale) != w || len(x)%w != 0 {
		return nil, fail(ErrOption, "%d values are no whole number of rows of %d features", len(x), w)
	}
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32((v - o.Offset[i%w]) / o.Scale[i%w])
	}
	return out, nil
}

// shifted tells whether the column's features are not the numbers themselves.
func (c *Column) shifted() bool { return c.Offset != 0 || c.Scale != 0 }

func (c *Column) divisor() float64 {
	if c.Scale == 0 {
		return 1
	}
	return c.Scale
}

// narrow makes a feature of a number.
func (c *Column) narrow(v float64) float32 {
	if !c.shifted() {
		return float32(v)
	}
	return float32((v - c.Offset) / c.divisor())
}

// widen is the number that a feature stands for.
func (c *Column) widen(x float32) float64 {
	if !c.shifted() {
		return float64(x)
	}
	return float64(float64(x)*c.divisor()) + c.Offset
}

// text writes the number that a feature stands for with as few digits as give the feature again.
func (c *Column) text(x float32) string {
	v := c.widen(x)
	if !c.shifted() {
		return strconv.FormatFloat(v, 'g', -1, 32)
	}
	for digits := 1; digits < 17; digits++ {
		s := strconv.FormatFloat(v, 'g', digits, 64)
		if short, err := strconv.ParseFloat(s, 64); err == nil && c.narrow(short) == x {
			return s
		}
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// chooseOffset gives a column of numbers an offset, which is their median, where float32 is too coarse for them, and a
// scale where they deviate by so little that float32 would lose digits near zero too. Missing values are left out.
func (c *Column) chooseOffset(numbers []float64) {
	c.Offset, c.Scale = 0, 0
	if len(numbers) == 0 || !mayNeedOffset(slices.Min(numbers), slices.Max(numbers), len(numbers)) {
		return
	}
	mean, deviation := meanAndDeviation(numbers)
	if !coarse(math.Abs(mean)+deviation, deviation) {
		return
	}
	sorted := slices.Clone(numbers)
	slices.Sort(sorted)
	c.Offset = sorted[(len(sorted)-1)/2]
	if deviation < 0x1p-100 {
		_, exponent := math.Frexp(deviation)
		c.Scale = math.Ldexp(1, exponent)
	}
}

// mayNeedOffset is a first look at n numbers from low to high. Their deviation is at least the range over √2n, so most
// columns need no second one.
func mayNeedOffset(low, high float64, n int) bool {
	return low < high && coarse(max(math.Abs(low), math.Abs(high)), (high-low)/math.Sqrt(2*float64(n)))
}

// chooseOffsets does so for the columns of a table.
func (s *Schema) chooseOffsets(t *table) {
	w := t.cols()
	place := make(map[string]int, w)
	low, high := make([]float64, w), make([]float64, w)
	for c, name := range t.header {
		place[name] = c
		low[c], high[c] = math.Inf(1), math.Inf(-1)
	}
	for r := range t.rows() { // row by row, as the table lies in memory
		kinds, numbers := t.kind[r*w:(r+1)*w], t.number[r*w:(r+1)*w]
		for c, k := range kinds {
			if k == cellNumber {
				low[c], high[c] = min(low[c], numbers[c]), max(high[c], numbers[c])
			}
		}
	}
	numbers := make([]float64, 0, t.rows())
	choose := func(c *Column) {
		at, ok := place[c.Name]
		if c.Kind != Numeric || !ok || !mayNeedOffset(low[at], high[at], t.rows()) {
			return
		}
		numbers = numbers[:0]
		for r := range t.rows() {
			if k := r*w + at; t.kind[k] == cellNumber {
				numbers = append(numbers, t.number[k])
			}
		}
		c.chooseOffset(numbers)
	}
	for i := range s.Columns {
		choose(&s.Columns[i])
	}
	if s.Task == Regression {
		target := Column{Name: s.Target, Kind: Numeric}
		choose(&target)
		s.WideTarget = target.shifted()
	}
}

// impose gives the numeric features these offsets, whatever they are.
func (s *Schema) impose(o *Offsets, name string) error {
	at := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Kind == Numeric {
			c.Offset, c.Scale = 0, 0
			if len(o.Offset) > 0 {
				if at >= len(o.Offset) || len(o.Scale) != len(o.Offset) {
					return failIn(name, ErrOption, "offsets for %d features, and the file has more", len(o.Offset))
				}
				c.Offset = o.Offset[at]
				if o.Scale[at] != 1 {
					c.Scale = o.Scale[at]
				}
			}
		}
		at += c.width()
	}
	if n := len(o.Offset); n > 0 && n != at {
		return failIn(name, ErrOption, "offsets for %d features, and the file has %d", n, at)
	}
	return nil
}

// NewClassification64 is NewClassification for features in float64, of which it makes a copy in float32 with offsets
// where that is too coarse; see Offsets.
func NewClassification64(name string, features []string, x []float64, classes []string, labels []int) (*Dataset, error) {
	d := &Dataset{Name: name, Features: features, Task: Classification, Target: "target", Classes: classes, Labels: labels}
	return d.finish64(x)
}

// NewRegression64 is NewRegression for features and targets in float64, of which it makes copies in float32 with offsets
// where that is too coarse; see Offsets and TargetScaling.
func NewRegression64(name string, features []string, x, targets []float64) (*Dataset, error) {
	d := &Dataset{Name: name, Features: features, Task: Regression, Target: "target", Targets: make([]float32, 0, len(targets))}
	for i, y := range targets {
		if math.IsInf(float64(float32(y)), 0) {
			return nil, fail(ErrFormat, "%s: row %d: the target %v is too large for float32", name, i, y)
		}
		d.addTarget(y)
	}
	return d.finish64(x)
}

func (d *Dataset) finish64(x []float64) (*Dataset, error) {
	w := len(d.Features)
	columns := make([]Column, w)
	d.X = make([]float32, len(x))
	for j := range columns {
		c := Column{Name: d.Features[j], Kind: Numeric}
		var numbers []float64
		for i := j; i < len(x); i += w {
			if x[i]-x[i] != 0 {
				return nil, fail(ErrFormat, "%s: row %d: feature %q is %v", d.Name, i/w, c.Name, x[i])
			}
			numbers = append(numbers, x[i])
		}
		c.chooseOffset(numbers)
		for i := j; i < len(x); i += w {
			if d.X[i] = c.narrow(x[i]); math.IsInf(float64(d.X[i]), 0) {
				return nil, fail(ErrFormat, "%s: row %d: feature %q is %v, which is too large for float32", d.Name, i/w, c.Name,
					x[i])
			}
		}
		columns[j] = c
	}
	return d.finish(columns...)
}
