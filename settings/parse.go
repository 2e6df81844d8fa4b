package settings

import (
	"maps"
	"math"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// errKind is the cause where a value is not of the option's kind; the message that users see says what the kind is.
var errKind = errors.New("another kind of value")

func parseFloat(v any) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case float32:
		return float64(v), nil
	case int:
		return float64(v), nil
	case int64:
		return float64(v), nil
	case uint64:
		return float64(v), nil
	case string:
		return textFloat(v)
	}
	return 0, errKind
}

// textFloat reads a number as Go and as YAML write it.
func textFloat(s string) (float64, error) {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "")
	switch strings.ToLower(s) {
	case ".nan":
		return math.NaN(), nil
	case ".inf", "+.inf":
		return math.Inf(1), nil
	case "-.inf":
		return math.Inf(-1), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, errKind
	}
	return f, nil
}

// Integer are the types that a count can have.
type Integer interface {
	~int | ~int32 | ~int64 | ~uint64
}

// parseInt takes every whole number that the type holds: seeds use all 64 bits, which float64 does not.
func parseInt[T Integer](v any) (T, error) {
	switch v := v.(type) {
	case int:
		return inType[T](int64(v))
	case int64:
		return inType[T](v)
	case uint64:
		if T(v) < 0 || uint64(T(v)) != v {
			return 0, errKind
		}
		return T(v), nil
	case string:
		s := strings.TrimSpace(v)
		if i, err := strconv.ParseInt(s, 0, 64); err == nil {
			return inType[T](i)
		}
		if u, err := strconv.ParseUint(s, 0, 64); err == nil {
			return parseInt[T](u)
		}
	}
	f, err := parseFloat(v)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, errKind
	}
	return inType[T](int64(f))
}

func inType[T Integer](i int64) (T, error) {
	if t := T(i); int64(t) == i && (t < 0) == (i < 0) {
		return t, nil
	}
	return 0, errKind
}

func parseBool[T ~bool](v any) (T, error) {
	switch v := v.(type) {
	case bool:
		return T(v), nil
	case string:
		switch s := strings.ToLower(strings.TrimSpace(v)); s {
		case "true", "yes", "on", "1":
			return true, nil
		case "false", "no", "off", "0":
			return false, nil
		}
	default:
		if f, err := parseFloat(v); err == nil && (f == 0 || f == 1) {
			return f == 1, nil
		}
	}
	return false, errKind
}

// parseText takes numbers and booleans, too: a file may say "target: 1" of a column of that name.
func parseText[T ~string](v any) (T, error) {
	switch v := v.(type) {
	case string:
		return T(v), nil
	case bool:
		return T(strconv.FormatBool(v)), nil
	case int:
		return T(strconv.Itoa(v)), nil
	case float64:
		return T(strconv.FormatFloat(v, 'g', -1, 64)), nil
	}
	return "", errKind
}

// items are the parts of a list: of a list as it is, of a text "a,b" or "[a, b]", or of a single value.
func items(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []int:
		return anySlice(v)
	case []float64:
		return anySlice(v)
	case []string:
		return anySlice(v)
	case string:
		text := strings.TrimSpace(v)
		if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
			if text = strings.TrimSuffix(inner, "]"); strings.TrimSpace(text) == "" {
				return []any{}
			}
		}
		var list []any
		for _, part := range strings.Split(text, ",") {
			list = append(list, strings.Trim(strings.TrimSpace(part), `"'`))
		}
		return list
	}
	return []any{v}
}

func anySlice[T any](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}

func parseList[T any](one func(any) (T, error)) func(any) ([]T, error) {
	return func(v any) ([]T, error) {
		from := items(v)
		list := make([]T, len(from))
		for i, x := range from {
			item, err := one(x)
			if err != nil {
				return nil, err
			}
			list[i] = item
		}
		return list, nil
	}
}

func parseMapping(v any) (map[string]any, error) {
	if m, ok := v.(map[string]any); ok {
		return maps.Clone(m), nil
	}
	return nil, errKind
}
