package settings

import (
	"strings"
)

func row[T any](name string, kind Kind, at *T, doc string, parse func(any) (T, error)) Row {
	return Row{Name: name, Doc: doc, Kind: kind, at: bound[T]{at, parse}}
}

// Number is an option that is a number.
func Number(name string, at *float64, doc string) Row {
	return row(name, KindNumber, at, doc, parseFloat)
}

// Count is an option that is a whole number.
func Count[T Integer](name string, at *T, doc string) Row {
	return row(name, KindCount, at, doc, parseInt[T])
}

// Flag is an option that is true or false; false unless it is set.
func Flag[T ~bool](name string, at *T, doc string) Row {
	return row(name, KindFlag, at, doc, parseBool[T]).Or(false)
}

// Text is an option that is any text.
func Text[T ~string](name string, at *T, doc string) Row {
	return row(name, KindText, at, doc, parseText[T])
}

// Path is an option that names a file or a directory.
func Path(name string, at *string, doc string) Row {
	return row(name, KindPath, at, doc, parseText[string])
}

// Choice is an option that is one of several names; see [Row.From] for names that are not known here.
func Choice[T ~string](name string, at *T, doc string, choices ...T) Row {
	r := row(name, KindChoice, at, doc, parseText[T])
	if len(choices) > 0 {
		kind := strings.ReplaceAll(name[strings.LastIndex(name, ".")+1:], "_", " ")
		r = r.From(kind, func() []string {
			names := make([]string, len(choices))
			for i, c := range choices {
				names[i] = string(c)
			}
			return names
		})
	}
	return r
}

// Numbers is an option that is a list of numbers.
func Numbers(name string, at *[]float64, doc string) Row {
	return row(name, KindNumbers, at, doc, parseList(parseFloat))
}

// Counts is an option that is a list of whole numbers.
func Counts[T Integer](name string, at *[]T, doc string) Row {
	return row(name, KindCounts, at, doc, parseList(parseInt[T]))
}

// Texts is an option that is a list of texts.
func Texts(name string, at *[]string, doc string) Row {
	return row(name, KindTexts, at, doc, parseList(parseText[string]))
}

// Mapping is an option that holds options of something else, by name.
func Mapping(name string, at *map[string]any, doc string) Row {
	return row(name, KindMapping, at, doc, parseMapping)
}

// Custom is an option with a Value of the program's own; kind is what it takes in a file.
func Custom(name string, kind Kind, at Value, doc string) Row {
	return Row{Name: name, Doc: doc, Kind: kind, at: at}
}
