package data

import (
	"math"
	"slices"
	"strconv"
)

const (
	// maxCategories bounds how many 0/1 features one text column may become.
	maxCategories = 1000
	// An integer target is a class if it takes at most fewClasses values, or at most manyClasses with rowsPerClass rows
	// each on average.
	fewClasses, manyClasses, rowsPerClass = 20, 100, 10
)

// infer makes the schema of a table: the kind of every column, the task and the classes.
func infer(t *table, opt Options) (*Schema, error) {
	target, err := targetColumn(t, opt.Target)
	if err != nil {
		return nil, err
	}
	if t.cols() < 2 {
		return nil, &Error{Kind: ErrFormat, File: t.file, Line: 1,
			Message: "the only column is the target " + strconv.Quote(t.header[0]) + ": features are needed"}
	}
	s := &Schema{Target: t.header[target], Impute: opt.Impute}
	if err := s.inferTarget(t, target, opt.Task); err != nil {
		return nil, err
	}
	for c := range t.header {
		if c == target {
			continue
		}
		column, err := inferColumn(t, c)
		if err != nil {
			return nil, err
		}
		s.Columns = append(s.Columns, column)
	}
	s.orderPixels()
	return s, s.Validate()
}

func targetColumn(t *table, name string) (int, error) {
	if name == "" {
		return t.cols() - 1, nil
	}
	if c := slices.Index(t.header, name); c >= 0 {
		return c, nil
	}
	return 0, failIn(t.file, ErrOption, "no column %q for the target%s: the columns are %s", name, didYouMean(name,
		t.header),
		quoteList(t.header, 10))
}

func inferColumn(t *table, c int) (Column, error) {
	column := Column{Name: t.header[c], Kind: Numeric}
	numeric, err := isNumeric(t, c)
	if err != nil || numeric {
		return column, err
	}
	column.Kind = Categorical
	column.Categories = distinctText(t, c)
	if n := len(column.Categories); n > maxCategories {
		return column, t.fail(ErrFormat, 0, c, "%d different texts, and at most %d become features: drop the column", n,
			maxCategories)
	}
	return column, nil
}

// isNumeric says whether a column holds numbers. If more than half of its cells are numbers and some are not, those are
// taken for mistakes and the first is reported: thousands of one-hot features out of one typing error are of no use.
func isNumeric(t *table, c int) (bool, error) {
	numbers, texts, first := 0, 0, -1
	for r := range t.rows() {
		switch t.kind[r*t.cols()+c] {
		case cellMissing:
		case cellText:
			if texts++; first < 0 {
				first = r
			}
		default:
			numbers++
		}
	}
	switch {
	case numbers+texts == 0:
		return false, t.fail(ErrMissing, 0, c, "every value is missing: drop the column")
	case texts == 0:
		return true, nil
	case numbers > texts:
		return false, t.fail(ErrFormat, first, c, "%s is not a number, and %d of the column's %d values are",
			quoteCell(t.at(first*t.cols()+c)), numbers, numbers+texts)
	}
	return false, nil
}

// distinctText lists the texts of a column, sorted by bytes.
func distinctText(t *table, c int) []string {
	seen := map[string]struct{}{}
	var list []string
	for r := range t.rows() {
		i := r*t.cols() + c
		if _, ok := seen[t.at(i)]; t.kind[i] == cellMissing || ok {
			continue
		}
		seen[t.at(i)] = struct{}{}
		list = append(list, t.at(i))
	}
	slices.Sort(list)
	return list
}

// inferTarget decides the task and the classes; the rule is documented at Load.
func (s *Schema) inferTarget(t *table, c int, task Task) error {
	for r := range t.rows() {
		if t.kind[r*t.cols()+c] == cellMissing {
			return t.fail(ErrMissing, r, c, "the target is missing (%s): remove the row, a target is never imputed",
				quoteCell(t.at(r*t.cols()+c)))
		}
	}
	numeric, err := isNumeric(t, c)
	switch {
	case err != nil && task == Classification:
		numeric = false // asked for classes, some of which look like numbers
	case err != nil && task == Auto:
		return withHint(err, ": correct it, or say data.task=classification if the target's values are names")
	case err != nil:
		return err
	case !numeric && task == Regression:
		return t.fail(ErrTarget, 0, c, "regression needs numbers and the target is text (%s)", quoteCell(t.at(c)))
	}
	if !numeric {
		return s.setClasses(t, c, distinctText(t, c))
	}
	if task == Classification {
		return s.setClasses(t, c, distinctNumbers(t, c))
	}
	if err := checkNumbers(t, c); err != nil {
		return err
	}
	if task == Auto && wholeNumbers(t, c) {
		if names := distinctNumbers(t, c); fewEnough(len(names), t.rows()) {
			s.IntegerClasses = true
			if err := checkSpellings(t, c, names); err != nil {
				return err
			}
			return s.setClasses(t, c, names)
		}
	}
	if constantNumber(t, c) {
		return t.fail(ErrTarget, 0, c, "the target is %v in every row: there is nothing to learn", t.number[c])
	}
	s.Task = Regression
	return nil
}

// checkNumbers refuses infinite and overflowing cells of a numeric column.
func checkNumbers(t *table, c int) error {
	for r := range t.rows() {
		if err := t.checkNumber(r, c); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) checkNumber(r, c int) error {
	i := r*t.cols() + c
	switch t.kind[i] {
	case cellInfinite:
		return t.fail(ErrFormat, r, c, "the value is infinite (%s)", quoteCell(t.at(i)))
	case cellOverflow:
		return t.fail(ErrFormat, r, c, "%s is too large for float32, whose largest is 3.4e38", quoteCell(t.at(i)))
	}
	return nil
}

func wholeNumbers(t *table, c int) bool {
	for i := c; i < len(t.number); i += t.cols() {
		if v := t.number[i]; v != math.Trunc(v) {
			return false
		}
	}
	return true
}

func constantNumber(t *table, c int) bool {
	for i := c; i < len(t.number); i += t.cols() {
		if t.number[i] != t.number[c] {
			return false
		}
	}
	return true
}

// fewEnough says whether that many integers in that many rows are classes.
func fewEnough(n, rows int) bool {
	return n <= fewClasses || n <= manyClasses && n*rowsPerClass <= rows
}

func (s *Schema) setClasses(t *table, c int, classes []string) error {
	switch n := len(classes); {
	case n == 1:
		return t.fail(ErrTarget, 0, c, "the target has one class only, %s: two are needed", quoteCell(classes[0]))
	case n > fewClasses && 2*n > t.rows():
		return t.fail(ErrTarget, 0, c, "the target has %d classes in %d rows: is it the right column?", n, t.rows())
	}
	s.Task, s.Classes = Classification, classes
	return nil
}
