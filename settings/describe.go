package settings

import (
	"fmt"
	"reflect"
	"strings"
)

// Choices are the names that a choice, or each item of a list, can be; nil where any text will do.
func (r Row) Choices() []string {
	if r.choices == nil {
		return nil
	}
	return r.choices()
}

// Words are the texts that stand for special values.
func (r Row) Words() []string {
	var out []string
	for _, w := range r.words {
		out = append(out, w.text)
	}
	return out
}

// Want says what the option takes: "a number in [0, 1)".
func (r Row) Want() string {
	what := map[Kind]string{KindNumber: "a number", KindCount: "a whole number", KindFlag: "true or false", KindText: "text",
		KindPath: "a path", KindChoice: "a name", KindNumbers: "a list of numbers", KindCounts: "a list of whole numbers",
		KindTexts: "a list", KindList: "a list", KindMapping: "a group of settings"}[r.Kind]
	if r.Ascending {
		what = "ascending whole numbers"
	}
	if s := r.Range.String(); s != "" {
		what += " " + s
	}
	for _, w := range r.words {
		what += ", or " + w.text
	}
	return what
}

// DefaultText is the default on one line, empty where there is none.
func (r Row) DefaultText() string {
	if r.Default == nil {
		return ""
	}
	for _, w := range r.words {
		if reflect.DeepEqual(w.value, r.Default) {
			return w.text
		}
	}
	return text(r.Default)
}

func text(v any) string {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice {
		parts := make([]string, rv.Len())
		for i := range parts {
			parts[i] = fmt.Sprint(rv.Index(i).Interface())
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v)
}

// show writes a value as its giver may have written it.
func show(v any) string {
	switch v := v.(type) {
	case string:
		if _, err := textFloat(v); err == nil {
			return strings.TrimSpace(v)
		}
		return fmt.Sprintf("%q", v)
	case nil:
		return "nothing"
	}
	if s := text(v); s != "" {
		return s
	}
	return "empty"
}
