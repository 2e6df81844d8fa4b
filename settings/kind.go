package settings

import (
	"math"
	"strconv"
)

// Kind is what kind of value an option takes.
type Kind int

// The kinds.
const (
	KindNumber  Kind = iota + 1
	KindCount        // a whole number
	KindFlag         // true or false
	KindText         // any text
	KindPath         // a file or a directory
	KindChoice       // one of several names
	KindNumbers      // a list of numbers
	KindCounts       // a list of whole numbers
	KindTexts        // a list of texts
	KindList         // a list of other things
	KindMapping      // options of something else, by name
)

var kindNames = [...]string{"", "number", "count", "flag", "text", "path", "choice", "numbers", "list", "texts", "things", "mapping"}

// String is the word that lists of options show.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return ""
	}
	return kindNames[k]
}

// Range is the set of allowed values of a number, or of each number of a list. The zero value allows every finite number.
type Range struct {
	Low, High         float64
	OpenLow, OpenHigh bool // the end itself is not allowed
}

// Ranges that many options have.
var (
	NonNegative = Range{Low: 0, High: math.Inf(1), OpenHigh: true}
	Positive    = Range{Low: 0, High: math.Inf(1), OpenLow: true, OpenHigh: true}
	Fraction    = Range{Low: 0, High: 1, OpenHigh: true}                // [0, 1)
	Unit        = Range{Low: 0, High: 1}                                // [0, 1]
	Inner       = Range{Low: 0, High: 1, OpenLow: true, OpenHigh: true} // (0, 1)
	AboveOne    = Range{Low: 1, High: math.Inf(1), OpenLow: true, OpenHigh: true}
)

// AtLeast allows low and every finite number above it.
func AtLeast(low float64) Range { return Range{Low: low, High: math.Inf(1), OpenHigh: true} }

// Between allows low, high and what lies between them.
func Between(low, high float64) Range { return Range{Low: low, High: high} }

// Has tells whether a number is allowed.
func (r Range) Has(v float64) bool {
	if r == (Range{}) {
		return !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	return (v > r.Low || v == r.Low && !r.OpenLow) && (v < r.High || v == r.High && !r.OpenHigh)
}

// String is ">= 0", "> 1", "in [0, 1)"; empty for the zero value.
func (r Range) String() string {
	switch {
	case r == (Range{}):
		return ""
	case math.IsInf(r.High, 1) && r.OpenLow:
		return "> " + numberText(r.Low)
	case math.IsInf(r.High, 1):
		return ">= " + numberText(r.Low)
	case math.IsInf(r.Low, -1) && r.OpenHigh:
		return "< " + numberText(r.High)
	case math.IsInf(r.Low, -1):
		return "<= " + numberText(r.High)
	}
	open, end := "[", "]"
	if r.OpenLow {
		open = "("
	}
	if r.OpenHigh {
		end = ")"
	}
	return "in " + open + numberText(r.Low) + ", " + numberText(r.High) + end
}

func numberText(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
