package data

import (
	"math"

	"github.com/gtrain/gtrain/internal/workers"
)

// moments gathers the statistics of one feature, or of all together, in float64 and two passes: the variance is summed
// around the mean, so that a small deviation on a large mean is not lost.
type moments struct {
	n, mean, min, max float64
	square            float64 // Σ(x−mean)²
}

func (m *moments) standard() (float64, float64) {
	if m.min == m.max {
		return m.min, 1
	}
	return m.mean, math.Sqrt(m.square / m.n)
}

func (m *moments) minMax() (float64, float64) {
	if m.min == m.max {
		return m.min, 1
	}
	return m.min, m.max - m.min
}

// fitParts is into how many parts rows are cut at most. The cut depends on the number of rows alone, so the sums do not
// depend on the number of threads.
const fitParts = 64

// statistics computes the moments of each feature over rows, or one for all of them together.
func statistics(d *Dataset, rows []int, global bool) ([]moments, error) {
	n := d.Width()
	if global {
		n = 1
	}
	chunk := max(256, (len(rows)+fitParts-1)/fitParts)
	parts := make([]rowStatistics, (len(rows)+chunk-1)/chunk)
	each := func(f func(p *rowStatistics, rows []int)) {
		workers.Parallel(len(rows), chunk, func(lo, hi int) { f(&parts[lo/chunk], rows[lo:hi]) })
	}
	each(func(p *rowStatistics, rows []int) {
		p.columns = make([]moments, n)
		p.first(d, rows)
	})
	total := make([]moments, n)
	for k := range parts {
		if err := parts[k].err; err != nil {
			return nil, err
		}
		for j := range total {
			total[j].merge(&parts[k].columns[j])
		}
	}
	for j := range total {
		total[j].mean /= max(total[j].n, 1)
	}
	each(func(p *rowStatistics, rows []int) { p.second(d, rows, total) })
	for k := range parts {
		for j := range total {
			total[j].square += parts[k].columns[j].square
		}
	}
	return total, nil
}

// merge adds the first pass over other rows.
func (m *moments) merge(o *moments) {
	if m.n == 0 {
		*m = *o
		return
	}
	m.n += o.n
	m.mean += o.mean
	m.min, m.max = min(m.min, o.min), max(m.max, o.max)
}

// rowStatistics are the moments of some of the rows: of each feature, or of all if columns has but one element.
type rowStatistics struct {
	columns []moments
	err     error // of the first row that is wrong
}

// first counts, sums and compares; the mean is a sum until it is divided.
func (p *rowStatistics) first(d *Dataset, rows []int) {
	for _, r := range rows {
		if r < 0 || r >= d.Rows() {
			p.err = fail(ErrOption, "row %d is not one of the %d rows of %s", r, d.Rows(), d.Name)
			return
		}
		row := d.Row(r)
		if len(p.columns) == 1 {
			p.columns[0].addAll(row)
		} else {
			for j, v := range row {
				p.columns[j].add(float64(v))
			}
		}
	}
	for j := range p.columns {
		if m := p.columns[j].mean; m != m { // it has met one, or two infinities
			p.err = missingIn(d, rows)
			return
		}
	}
}

func missingIn(d *Dataset, rows []int) error {
	for _, r := range rows {
		for j, v := range d.Row(r) {
			if v != v {
				return fail(ErrMissing, "%s: row %d: feature %q is missing: impute first", d.Name, r, d.Features[j])
			}
		}
	}
	return nil
}

func (m *moments) add(x float64) {
	if m.n == 0 {
		m.min, m.max = x, x
	}
	m.n++
	m.mean += x
	switch {
	case x < m.min:
		m.min = x
	case x > m.max:
		m.max = x
	}
}

// addAll adds a row. Four sums side by side do not wait for each other.
func (m *moments) addAll(row []float32) {
	if m.n == 0 && len(row) > 0 {
		m.min, m.max = float64(row[0]), float64(row[0])
	}
	m.n += float64(len(row))
	low, high := float32(m.min), float32(m.max)
	var s0, s1, s2, s3 float64
	for ; len(row) >= 4; row = row[4:] {
		a, b, c, d := row[0], row[1], row[2], row[3]
		s0 += float64(a)
		s1 += float64(b)
		s2 += float64(c)
		s3 += float64(d)
		if !(a < low || b < low || c < low || d < low || a > high || b > high || c > high || d > high) {
			continue // the comparisons below would change nothing, and which of a to d is the least is hard to guess
		}
		low, high = least(least(a, b), least(least(c, d), low)), greatest(greatest(a, b), greatest(greatest(c, d), high))
	}
	for _, v := range row {
		s0 += float64(v)
		low, high = least(v, low), greatest(v, high)
	}
	m.mean += (s0 + s1) + (s2 + s3)
	m.min, m.max = float64(low), float64(high)
}

// least and greatest ignore how NaN compares, which the built-in functions look after.
func least(a, b float32) float32 {
	if a < b {
		return a
	}
	return b
}

func greatest(a, b float32) float32 {
	if a > b {
		return a
	}
	return b
}

// second sums the squares around the means of all rows.
func (p *rowStatistics) second(d *Dataset, rows []int, total []moments) {
	for _, r := range rows {
		row := d.Row(r)
		if len(p.columns) == 1 {
			p.columns[0].square += squares(row, total[0].mean)
			continue
		}
		for j, v := range row {
			x := float64(v) - total[j].mean
			p.columns[j].square += x * x
		}
	}
}

func squares(row []float32, mean float64) float64 {
	var s0, s1, s2, s3 float64
	for ; len(row) >= 4; row = row[4:] {
		a, b, c, d := float64(row[0])-mean, float64(row[1])-mean, float64(row[2])-mean, float64(row[3])-mean
		s0 += a * a
		s1 += b * b
		s2 += c * c
		s3 += d * d
	}
	for _, v := range row {
		x := float64(v) - mean
		s0 += x * x
	}
	return (s0 + s1) + (s2 + s3)
}
