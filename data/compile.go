package data

import (
	"math"
	"runtime"
	"sync"
	"weak"
)

// compiled is a schema made ready to encode cells: what files, records and datasets of slices are encoded by. It is never
// written once it is made.
type compiled struct {
	schema  *Schema // a copy
	columns []columnCode
	quick   []quickColumn // the same, as the usual case needs them
	others  []string      // names that a record may have beside: ignored columns and the target
	width   int           // of a row of features
	shifted *Column       // the first with an offset, nil if there is none

	first       *Column // of the schema that it was made of: another place, or another count, means other columns
	columnCount int
	fields      sync.Map // of reflect.Type: *recordFields, see AppendStruct
}

// quickColumn is what encoding needs of a column of numbers that are features as they are.
type quickColumn struct {
	name  string
	at    int
	plain bool // it is one
}

// columnCode encodes the cells of one column that becomes features.
type columnCode struct {
	*Column
	place     int // in the schema's columns
	at, width int // its features
	imputed   bool
	fitted    bool
	fill      float32        // replaces a missing number
	fillCode  int            // replaces a missing text
	codes     map[string]int // category → its place among the features, or none
}

// What a text becomes where no feature is 1, and where all are missing.
const (
	none    = -1
	unknown = -2
)

// problem says why a cell cannot be encoded.
type problem uint8

const (
	fine problem = iota
	missing
	notNumber
	notFinite
	tooFar
	noCategory
)

// compile makes a schema ready; it must be valid.
func compile(s *Schema) *compiled {
	c := &compiled{schema: s.Clone(), columnCount: len(s.Columns)}
	if len(s.Columns) > 0 {
		c.first = &s.Columns[0]
	}
	imputed, fitted := s.Impute != ImputeNone, s.Fitted()
	for i := range c.schema.Columns {
		column := &c.schema.Columns[i]
		if column.Kind == Ignored {
			c.others = append(c.others, column.Name)
			continue
		}
		code := columnCode{Column: column, place: i, at: c.width, width: column.width(), imputed: imputed, fitted: fitted, fillCode: none}
		if column.Kind == Categorical {
			code.codes = make(map[string]int, len(column.Categories))
			for _, v := range column.Categories {
				code.codes[v] = none
			}
			for j, v := range column.features() {
				if code.codes[v] = j; v == column.FillCategory {
					code.fillCode = j
				}
			}
		} else {
			if column.FillValue != nil {
				code.fill = *column.FillValue
			}
			if c.shifted == nil && column.shifted() {
				c.shifted = column
			}
		}
		c.columns = append(c.columns, code)
		c.quick = append(c.quick, quickColumn{column.Name, code.at, column.Kind == Numeric && !column.shifted()})
		c.width += code.width
	}
	c.others = append(c.others, s.Target)
	return c
}

// encode gives the feature of a number, or which feature of a text is 1.
func (c *columnCode) encode(kind cellKind, number float64, text string) (v float32, one int, p problem) {
	switch {
	case kind == cellMissing:
		switch {
		case !c.imputed:
			return 0, 0, missing
		case !c.fitted:
			return nan32, unknown, fine
		}
		return c.fill, c.fillCode, fine
	case c.codes != nil:
		one, ok := c.codes[text]
		if !ok {
			return 0, 0, noCategory
		}
		return 0, one, fine
	case kind == cellNumber:
		if v = c.narrow(number); math.IsInf(float64(v), 0) {
			return 0, 0, tooFar
		}
		return v, 0, fine
	case kind == cellText:
		return 0, 0, notNumber
	}
	return 0, 0, notFinite
}

// put encodes a cell into a row of features, which are all 0 before. wide gives numbers their offset back.
func put[F float32 | float64](row []F, c *columnCode, kind cellKind, number float64, text string, wide bool) problem {
	v, one, p := c.encode(kind, number, text)
	switch {
	case p != fine:
		return p
	case c.codes == nil && wide:
		row[c.at] = F(c.widen(v))
	case c.codes == nil:
		row[c.at] = F(v)
	case one >= 0:
		row[c.at+one] = 1
	case one == unknown:
		for j := range c.width {
			row[c.at+j] = F(nan32)
		}
	}
	return fine
}

// The compiled schemas, each as long as its schema is in use.
var (
	compiledLock sync.RWMutex
	compiledOf   = map[weak.Pointer[Schema]]*compiled{}
)

// compiled is the schema made ready, which is done once.
func (s *Schema) compiled() (*compiled, error) {
	if s == nil {
		return nil, errNoSchema
	}
	key := weak.Make(s)
	compiledLock.RLock()
	c := compiledOf[key]
	compiledLock.RUnlock()
	if c != nil && len(s.Columns) == c.columnCount && c.columnCount > 0 && &s.Columns[0] == c.first && s.Impute == c.schema.Impute &&
		s.Target == c.schema.Target {
		return c, nil
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	known := c != nil
	c = compile(s)
	compiledLock.Lock()
	compiledOf[key] = c
	compiledLock.Unlock()
	if !known {
		runtime.AddCleanup(s, func(key weak.Pointer[Schema]) {
			compiledLock.Lock()
			delete(compiledOf, key)
			compiledLock.Unlock()
		}, key)
	}
	return c, nil
}
