package data

import "fmt"

// maxValues bounds rows × features, so that a file of many categories fails with a message and not for lack of memory.
const maxValues = 1<<31 - 1

// encoder turns the cells of one table into features.
type encoder struct {
	*table
	*compiled
	from   []int // for each compiled column its column in the table
	target int   // the target's column in the table, or -1
}

// encode makes a dataset of a table. Missing values are NaN, filled only if the schema already knows with what.
func encode(t *table, s *Schema, ignoreTarget bool) (*Dataset, error) {
	e := &encoder{table: t, compiled: compile(s)}
	if err := e.match(ignoreTarget); err != nil {
		return nil, err
	}
	d := &Dataset{Name: t.file, Features: s.Features(), Task: s.Task, Target: s.Target, Classes: s.Classes, Schema: s}
	if t.rows() > maxValues/len(d.Features) {
		return nil, failIn(t.file, ErrFormat,
			"the file makes more than 2^31 values: drop text columns with many categories, or rows")
	}
	d.X = make([]float32, t.rows()*len(d.Features))
	for r := range t.rows() {
		if err := e.row(d.Row(r), r); err != nil {
			return nil, err
		}
	}
	if err := e.labels(d); err != nil {
		return nil, err
	}
	d.Fingerprint = t.fingerprint(s)
	return d, nil
}

// match finds the schema's columns in the table by name and refuses missing and unknown ones.
func (e *encoder) match(ignoreTarget bool) error {
	place := make(map[string]int, e.cols())
	for c, name := range e.header {
		place[name] = c
	}
	known := map[string]struct{}{}
	var lacking, extra []string
	for _, name := range e.others {
		known[name] = struct{}{}
	}
	for i := range e.columns {
		col := &e.columns[i]
		known[col.Name] = struct{}{}
		c, ok := place[col.Name]
		if !ok {
			lacking = append(lacking, col.Name)
		}
		e.from = append(e.from, c)
	}
	for _, name := range e.header {
		if _, ok := known[name]; !ok {
			extra = append(extra, name)
		}
	}
	what := "the file"
	if e.records {
		what = "a record"
	}
	if err := mismatch(e.file, what, lacking, extra); err != nil {
		return err
	}
	e.target = -1
	if c, ok := place[e.schema.Target]; ok && !ignoreTarget {
		e.target = c
	}
	return nil
}

// mismatch names the columns that a file lacks and those that the schema does not know; nil if there are none. what is the file by
// its kind.
func mismatch(file, what string, lacking, extra []string) error {
	var message string
	switch {
	case len(lacking) == 0 && len(extra) == 0:
		return nil
	case len(extra) == 0:
		message = what + " lacks " + quoteList(lacking, 8) + ", which training had"
	case len(lacking) == 0:
		message = what + " has " + quoteList(extra, 8) + ", which training had not: remove what is extra"
	default:
		message = what + " lacks " + quoteList(lacking, 8) + ", which training had, and has " + quoteList(extra, 8) +
			", which training had not: are columns renamed?"
	}
	return failIn(file, ErrSchema, "%s", message)
}

func (e *encoder) row(dst []float32, r int) error {
	for k := range e.columns {
		i := r*e.cols() + e.from[k]
		c := &e.columns[k]
		text := e.text[i]
		if c.codes != nil {
			text = e.at(i)
		}
		if p := put(dst, c, e.kind[i], e.number[i], text, false); p != fine {
			return e.problem(p, c, r, e.from[k])
		}
	}
	return nil
}

// problem says what is wrong with the cell in row r and column at of the table.
func (e *encoder) problem(p problem, c *columnCode, r, at int) error {
	i := r*e.cols() + at
	text := quoteCell(e.at(i))
	switch p {
	case missing:
		return e.missing(r, at)
	case notNumber:
		return e.fail(ErrFormat, r, at, "%s is not a number", text)
	case tooFar:
		return e.fail(ErrFormat, r, at, "%s lies too far from the numbers of training, which are near %v", text, c.Offset)
	case noCategory:
		return e.fail(ErrSchema, r, at, "category %s was not in the training data%s: it had %s", text,
			didYouMean(e.at(i), c.Categories), quoteList(c.Categories, 8))
	}
	return e.checkNumber(r, at)
}

// missing reports a missing value, the first of those in columns that become features.
func (e *encoder) missing(r, c int) error {
	used := make([]bool, e.cols())
	for _, from := range e.from {
		used[from] = true
	}
	n := 0
	for i, kind := range e.kind {
		if kind == cellMissing && used[i%e.cols()] {
			n++
		}
	}
	first := ""
	if n > 1 {
		first = fmt.Sprintf(", the first of %d", n)
	}
	return e.fail(ErrMissing, r, c, "the value is missing (%s)%s: remove the row, or ask for imputation (mean, "+
		"median or most-frequent) when training", quoteCell(e.at(r*e.cols()+c)), first)
}

// labels reads the target column, if there is one; a column without any value is as good as none.
func (e *encoder) labels(d *Dataset) error {
	if e.target < 0 || e.blank(e.target) {
		return nil
	}
	if d.Task == Classification {
		d.Labels = make([]int, 0, e.rows())
	} else {
		d.Targets = make([]float32, 0, e.rows())
	}
	classes := newClassIndex(d.Classes)
	for r := range e.rows() {
		i := r*e.cols() + e.target
		switch {
		case e.kind[i] == cellMissing:
			return e.fail(ErrMissing, r, e.target,
				"the target is missing (%s): remove the row, or the whole column to predict", quoteCell(e.at(i)))
		case d.Task == Classification:
			label, ok := classes.find(e.at(i))
			if !ok {
				return e.fail(ErrSchema, r, e.target, "class %s was not in the training data%s: it had %s%s",
					quoteCell(e.at(i)), didYouMean(e.at(i), d.Classes), quoteList(d.Classes, 12), e.schema.TaskHint())
			}
			d.Labels = append(d.Labels, label)
		default:
			if e.kind[i] == cellText {
				return e.fail(ErrFormat, r, e.target, "%s is not a number, and the task is regression",
					quoteCell(e.at(i)))
			}
			if err := e.checkNumber(r, e.target); err != nil {
				return err
			}
			d.addTarget(e.number[i])
		}
	}
	return nil
}

// addTarget appends one, in float64 too from the first on that float32 does not hold.
func (d *Dataset) addTarget(y float64) {
	if d.Targets64 == nil && float64(float32(y)) != y {
		d.Targets64 = make([]float64, len(d.Targets), cap(d.Targets))
		for i, v := range d.Targets {
			d.Targets64[i] = float64(v)
		}
	}
	if d.Targets64 != nil {
		d.Targets64 = append(d.Targets64, y)
	}
	d.Targets = append(d.Targets, float32(y))
}

func (e *encoder) blank(c int) bool {
	for r := range e.rows() {
		if e.kind[r*e.cols()+c] != cellMissing {
			return false
		}
	}
	return true
}
