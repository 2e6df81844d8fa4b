package data

import (
	"encoding/json"
	stderrors "errors"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// cellKind is what one cell of a table holds.
type cellKind uint8

const (
	cellText     cellKind = iota
	cellNumber            // a finite number that float32 can hold
	cellMissing           // empty, NA, N/A, nan, null or ?, in any case
	cellInfinite          // inf or infinity, written out
	cellOverflow          // a number too large for float32
)

// cell is one of a table. A number that was no text has none until it is asked for.
type cell struct {
	kind   cellKind
	number float64
	text   string
}

// textCell parses a text, blanks around it aside.
func textCell(s string) cell {
	c := cell{text: trim(s)}
	c.kind, c.number = parseCell(c.text)
	return c
}

// wordCell takes a text of a program for a text, even where it looks like a number.
func wordCell(s string) cell {
	c := textCell(s)
	if c.kind != cellMissing {
		c.kind = cellText
	}
	return c
}

// numberCell tells what a number of a program is.
func numberCell(v float64) (cellKind, float64) {
	switch {
	case v != v:
		return cellMissing, 0
	case v-v != 0:
		return cellInfinite, v
	case math.IsInf(float64(float32(v)), 0):
		return cellOverflow, v
	}
	return cellNumber, v + 0 // -0 + 0 is 0
}

// asText writes a number out where its text is needed.
func (c *cell) asText(needed bool) {
	if needed && c.text == "" && c.kind != cellMissing {
		c.text = numberText(c.number)
	}
}

// numberText is how a number of a program is spelled: as few digits as give it again, whole numbers without a fraction.
func numberText(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// wholeCell is the cell of a whole number, which keeps its digits where float64 would lose some.
func wholeCell[I int64 | uint64](v I) cell {
	c := cell{kind: cellNumber, number: float64(v)}
	if math.Abs(c.number) >= 1<<53 {
		if v < 0 {
			c.text = strconv.FormatInt(int64(v), 10)
		} else {
			c.text = strconv.FormatUint(uint64(v), 10)
		}
	}
	return c
}

// floatCell is the cell of a number.
func floatCell(v float64) (c cell) {
	c.kind, c.number = numberCell(v)
	return c
}

// cellOf is the cell of a Go value: a number, a text, a boolean, nil, or a pointer to one of them. Of a text that looks like a
// number, words says that it is none.
func cellOf(value any, words bool) (cell, error) {
	switch v := value.(type) { // what needs no reflection, which takes longer
	case nil:
		return cell{kind: cellMissing}, nil
	case float64:
		return floatCell(v), nil
	case int:
		return wholeCell(int64(v)), nil
	case string:
		if words {
			return wordCell(v), nil
		}
		return textCell(v), nil
	case json.Number:
		return textCell(string(v)), nil
	}
	c, ok := reflectedCell(reflect.ValueOf(value), words)
	if !ok {
		return c, fail(ErrFormat, "a value is %T: numbers, texts, booleans and pointers to them are read", value)
	}
	return c, nil
}

// reflectedCell is the same for any type whose kind is one of these; ok is false for others.
func reflectedCell(v reflect.Value, words bool) (c cell, ok bool) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return cell{kind: cellMissing}, true
		}
		v = v.Elem()
	}
	switch {
	case v.CanFloat():
		return floatCell(v.Float()), true
	case v.CanInt():
		return wholeCell(v.Int()), true
	case v.CanUint():
		return wholeCell(v.Uint()), true
	case v.Kind() == reflect.Bool:
		return cell{text: strconv.FormatBool(v.Bool())}, true
	case v.Type() == reflect.TypeFor[json.Number]():
		return textCell(v.String()), true
	case v.Kind() == reflect.String && words:
		return wordCell(v.String()), true
	case v.Kind() == reflect.String:
		return textCell(v.String()), true
	}
	return c, false
}

// parseCell tells what a trimmed cell holds. Numbers are decimal, with an optional exponent.
func parseCell(s string) (cellKind, float64) {
	if v, ok := shortDecimal(s); ok {
		return cellNumber, v
	}
	switch len(s) {
	case 0:
		return cellMissing, 0
	case 1, 2, 3, 4, 8, 9:
		switch word := strings.ToLower(s); word {
		case "na", "n/a", "null", "?":
			return cellMissing, 0
		default:
			switch strings.TrimLeft(word, "+-") {
			case "nan":
				return cellMissing, 0
			case "inf", "infinity":
				return cellInfinite, 0
			}
		}
	}
	for i := range len(s) { // strconv also takes hexadecimal and underscores
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return cellText, 0
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case stderrors.Is(err, strconv.ErrRange) || err == nil && math.IsInf(float64(float32(v)), 0):
		return cellOverflow, v
	case err != nil:
		return cellText, 0
	}
	return cellNumber, v + 0 // -0 + 0 is 0: one zero, one class, one fingerprint
}

var powersOf10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortDecimal parses a number of at most 15 characters without an exponent, as strconv does: digits and power of ten are exact in
// float64, so that their quotient is the number nearest to the text (Clinger 1990).
func shortDecimal(s string) (float64, bool) {
	i := 0
	if len(s) > 1 && (s[0] == '-' || s[0] == '+') {
		i = 1
	}
	if n := len(s) - i; n < 1 || n > 15 {
		return 0, false
	}
	start, mantissa := i, uint64(0)
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			break
		}
		mantissa = mantissa*10 + uint64(c)
	}
	v := float64(int64(mantissa))
	if i < len(s) {
		if s[i] != '.' {
			return 0, false
		}
		whole := i - start
		i++
		fraction := i
		for ; i < len(s); i++ {
			c := s[i] - '0'
			if c > 9 {
				return 0, false
			}
			mantissa = mantissa*10 + uint64(c)
		}
		if fraction = len(s) - fraction; whole+fraction == 0 {
			return 0, false
		}
		v = float64(int64(mantissa)) / powersOf10[fraction]
	}
	if s[0] == '-' {
		v = 0 - v // and 0 for -0
	}
	return v, true
}
