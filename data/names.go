package data

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Names of classes are what the file says, letter for letter: "007", "1E2" and "7.0" are names. That a number stands
// behind a name decides three things only: the order of classes, whether two spellings of one number are a mistake, and
// which class a later file means that spells it in another way.

// exactNumber is the value of a decimal number as text, the same for all its spellings and no others: "7e0" for 7, 07 and
// 7.0. It is exact where float64 is not, so that ids of 16 digits and more stay apart. s has been taken for a number by
// parseCell; ok is false for an exponent beyond all reason.
func exactNumber(s string) (value string, ok bool) {
	sign := ""
	switch s[0] {
	case '-':
		sign, s = "-", s[1:]
	case '+':
		s = s[1:]
	}
	exponent := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(s[i+1:]); err != nil {
			return "", false
		}
		s = s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	exponent -= len(fraction)
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0e0", true
	}
	short := strings.TrimRight(digits, "0")
	return sign + short + "e" + strconv.Itoa(exponent+len(digits)-len(short)), true
}

// isNumberKind says whether a cell was taken for a number, whatever its size.
func isNumberKind(k cellKind) bool { return k == cellNumber || k == cellOverflow }

// withoutFraction drops what programs add when they write a whole number as a float, ".0", and the sign of a zero.
func withoutFraction(s string) string {
	if whole, fraction, ok := strings.Cut(s, "."); ok && whole != "" && strings.Trim(fraction, "0") == "" {
		s = whole
	}
	if strings.Trim(s, "-0") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// distinctNumbers lists the texts of a column of numbers, in order of value; texts of one value by their bytes.
func distinctNumbers(t *table, c int) []string {
	value := map[string]float64{}
	var list []string
	for r := range t.rows() {
		i := r*t.cols() + c
		if _, ok := value[t.at(i)]; !ok {
			v := t.number[i]
			if t.kind[i] == cellInfinite {
				if v = math.Inf(1); t.at(i)[0] == '-' {
					v = math.Inf(-1)
				}
			}
			value[t.at(i)] = v
			list = append(list, t.at(i))
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(cmp.Compare(value[a], value[b]), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	return list
}

// spellings groups the names that are one number in several spellings.
func spellings(names []string) (groups [][]string) {
	at := map[string]int{}
	for _, n := range names {
		if k, _ := parseCell(n); !isNumberKind(k) {
			continue
		}
		v, ok := exactNumber(n)
		if !ok {
			continue
		}
		if i, seen := at[v]; seen {
			groups[i] = append(groups[i], n)
			continue
		}
		at[v] = len(groups)
		groups = append(groups, []string{n})
	}
	return slices.DeleteFunc(groups, func(g []string) bool { return len(g) == 1 })
}

// checkSpellings refuses a whole number that is written with a point in one row and without in another, as files come
// out that were put together from integers and floats: whether the two are two classes is not known.
func checkSpellings(t *table, c int, classes []string) error {
	for _, group := range spellings(classes) {
		first := map[string]string{}
		for _, name := range group {
			plain := withoutFraction(name)
			other, seen := first[plain]
			if !seen {
				first[plain] = name
				continue
			}
			a, b := t.rowOf(c, other), t.rowOf(c, name)
			if a > b {
				a, b, other, name = b, a, name, other
			}
			return t.fail(ErrTarget, b, c, "class %s is the number that is written %s in line %d: write it in one way, "+
				"or say data.task=classification where they are two classes", quoteCell(name), quoteCell(other), t.line(a, c))
		}
	}
	return nil
}

// rowOf is the first row of column c with a text.
func (t *table) rowOf(c int, text string) int {
	for r := range t.rows() {
		if t.at(r*t.cols()+c) == text {
			return r
		}
	}
	return 0
}

// spellingNotes says which classes are one number in several spellings.
func spellingNotes(target string, classes []string) (notes []string) {
	for _, group := range spellings(classes) {
		notes = append(notes, fmt.Sprintf("column %q: %s are spellings of one number and count as %d classes", target,
			quoteList(group, 6), len(group)))
	}
	return notes
}

// integerNotes says that integers were taken for classes where they do not look like the numbers of classes, because they
// have gaps or begin elsewhere than at -1, 0 or 1, nor like names, as "007" does. Of two, such as -1 and 1, it says nothing.
func integerNotes(s *Schema) []string {
	if !s.IntegerClasses || len(s.Classes) < 3 {
		return nil
	}
	amounts, last := false, 0
	for i, name := range s.Classes {
		v, err := strconv.Atoi(name)
		if err != nil || strconv.Itoa(v) != name {
			return nil
		}
		amounts = amounts || i > 0 && v != last+1 || i == 0 && (v < -1 || v > 1)
		last = v
	}
	if !amounts {
		return nil
	}
	return []string{fmt.Sprintf("column %q: its integers are taken for %d classes: data.task=regression if they are amounts",
		s.Target, len(s.Classes))}
}

// classIndex finds classes by name.
type classIndex struct {
	name  map[string]int
	value map[string]int // by exact number; -1 where several classes are spellings of it
}

func newClassIndex(classes []string) *classIndex {
	x := &classIndex{name: make(map[string]int, len(classes)), value: map[string]int{}}
	for i, n := range classes {
		x.name[n] = i
		if k, _ := parseCell(n); !isNumberKind(k) {
			continue
		}
		if v, ok := exactNumber(n); ok {
			if _, several := x.value[v]; several {
				i = -1
			}
			x.value[v] = i
		}
	}
	return x
}

// find returns the class of a name, or of the one class that is the same number in another spelling.
func (x *classIndex) find(name string) (int, bool) {
	if i, ok := x.name[name]; ok {
		return i, true
	}
	if k, _ := parseCell(name); isNumberKind(k) {
		if v, ok := exactNumber(name); ok {
			i, known := x.value[v]
			return i, known && i >= 0
		}
	}
	return 0, false
}
