package data

import (
	"cmp"
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
	if s.Task, s.Classes, err = inferTarget(t, target, opt.Task); err != nil {
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
// taken for mistakes and the first is reported: thousands of one-hot features out of one typing error help nobody.
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
			quoteCell(t.text[first*t.cols()+c]), numbers, numbers+texts)
	}
	return false, nil
}

// distinctText lists the texts of a column, sorted by bytes.
func distinctText(t *table, c int) []string {
	seen := map[string]struct{}{}
	var list []string
	for r := range t.rows() {
		i := r*t.cols() + c
		if _, ok := seen[t.text[i]]; t.kind[i] == cellMissing || ok {
			continue
		}
		seen[t.text[i]] = struct{}{}
		list = append(list, t.text[i])
	}
	slices.Sort(list)
	return list
}

// distinctNumbers lists the numbers of a column, sorted.
func distinctNumbers(t *table, c int) []float64 {
	seen := map[float64]struct{}{}
	var list []float64
	for r := range t.rows() {
		v := t.number[r*t.cols()+c]
		if _, ok := seen[v]; !ok {
			seen[v] = struct{}{}
			list = append(list, v)
		}
	}
	slices.SortFunc(list, cmp.Compare[float64])
	return list
}

// inferTarget decides the task and the classes; the rule is documented at Load.
func inferTarget(t *table, c int, task Task) (Task, []string, error) {
	for r := range t.rows() {
		if t.kind[r*t.cols()+c] == cellMissing {
			return 0, nil, t.fail(ErrMissing, r, c,
				"the target is missing (%s): remove the row, a target is never imputed",
				quoteCell(t.text[r*t.cols()+c]))
		}
	}
	numeric, err := isNumeric(t, c)
	switch {
	case err != nil && task == Classification:
		numeric = false // asked for classes, some of which look like numbers
	case err != nil:
		return 0, nil, err
	case !numeric && task == Regression:
		return 0, nil, t.fail(ErrTarget, 0, c, "regression needs numbers and the target is text (%s)",
			quoteCell(t.text[c]))
	}
	if !numeric {
		return checkClasses(t, c, distinctText(t, c))
	}
	if err := checkNumbers(t, c); err != nil {
		return 0, nil, err
	}
	values := distinctNumbers(t, c)
	if task == Classification || task == Auto && looksLikeClasses(values, t.rows()) {
		classes := make([]string, len(values))
		for i, v := range values {
			classes[i] = numberName(v)
		}
		return checkClasses(t, c, classes)
	}
	if len(values) == 1 {
		return 0, nil, t.fail(ErrTarget, 0, c, "the target is %v in every row: there is nothing to learn", values[0])
	}
	return Regression, nil, nil
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
		return t.fail(ErrFormat, r, c, "the value is infinite (%s)", quoteCell(t.text[i]))
	case cellOverflow:
		return t.fail(ErrFormat, r, c, "%s is too large for float32, whose largest is 3.4e38", quoteCell(t.text[i]))
	}
	return nil
}

func looksLikeClasses(values []float64, rows int) bool {
	for _, v := range values {
		if v != math.Trunc(v) {
			return false
		}
	}
	n := len(values)
	return n <= fewClasses || n <= manyClasses && n*rowsPerClass <= rows
}

func checkClasses(t *table, c int, classes []string) (Task, []string, error) {
	switch n := len(classes); {
	case n == 1:
		return 0, nil, t.fail(ErrTarget, 0, c, "the target has one class only, %s: two are needed",
			quoteCell(classes[0]))
	case n > fewClasses && 2*n > t.rows():
		return 0, nil, t.fail(ErrTarget, 0, c, "the target has %d classes in %d rows: is it the right column?", n,
			t.rows())
	}
	return Classification, classes, nil
}

// numberName is the name of the class that a number stands for: "3" for 3 and 3.0.
func numberName(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
