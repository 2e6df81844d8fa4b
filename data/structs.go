package data

import (
	"reflect"
	"strings"
	"sync"
)

// FromStructs makes a dataset of structs, or pointers to structs: each exported field is a column, of the field's name or the
// one that its tag `data:"name"` gives; `data:"-"` leaves it out, and fields of embedded structs count as the struct's own.
// Fields are numbers, strings, booleans, or pointers to them, of which nil is a missing value. The target is the one of the
// options, else the field with `data:"name,target"`, else the last, as in a file. The rules are those of [FromRecords]; columns
// are in the order of the fields.
func FromStructs[T any](name string, rows []T, opt Options) (*Dataset, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	fields, err := fieldsOf(reflect.TypeFor[T]())
	if err != nil {
		return nil, withFile(err, name)
	}
	if opt.Target == "" && opt.Schema == nil {
		opt.Target = fields.target
	}
	t := &table{file: name, records: true}
	for i := range fields.list {
		t.header = append(t.header, fields.list[i].name)
	}
	if err := t.begin(len(rows)); err != nil {
		return nil, err
	}
	words := opt.Schema == nil
	for r := range rows {
		v, ok := structValue(reflect.ValueOf(&rows[r]))
		if !ok {
			return nil, &Error{Kind: ErrFormat, File: name, Line: r + 1, Message: "the row is nil"}
		}
		for i := range fields.list {
			t.append(fields.list[i].cell(v, words))
		}
	}
	return fromTable(t, opt)
}

// structFields are the columns that a type of structs has.
type structFields struct {
	list   []structField
	byName map[string]*structField
	target string // the field that a tag names as the target, if any
}

type structField struct {
	name  string
	index []int
	float bool // the struct's own, and a float64 or float32
}

// cell is the field's in a struct; missing where an embedded pointer is nil.
func (f *structField) cell(v reflect.Value, words bool) cell {
	if len(f.index) == 1 {
		v = v.Field(f.index[0])
	} else {
		var err error
		if v, err = v.FieldByIndexErr(f.index); err != nil {
			return cell{kind: cellMissing}
		}
	}
	c, _ := reflectedCell(v, words)
	return c
}

// values are a struct's columns as a record.
func (s *structFields) values(v reflect.Value) map[string]any {
	record := make(map[string]any, len(s.list))
	for i := range s.list {
		f := &s.list[i]
		if at, err := v.FieldByIndexErr(f.index); err == nil {
			record[f.name] = at.Interface()
		}
	}
	return record
}

// structTypes has the fields of types that were met.
var structTypes sync.Map // of reflect.Type: *structFields

// structValue is the struct behind pointers; false where one is nil.
func structValue(v reflect.Value) (reflect.Value, bool) {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
	}
	return v, true
}

func fieldsOf(t reflect.Type) (*structFields, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s, ok := structTypes.Load(t); ok {
		return s.(*structFields), nil
	}
	if t.Kind() != reflect.Struct {
		return nil, fail(ErrFormat, "a row is %v: a struct is needed", t)
	}
	s := &structFields{byName: map[string]*structField{}}
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("data")
		if !f.IsExported() || tag == "-" || f.Anonymous && embeds(f.Type) {
			continue
		}
		name, more, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		if !readable(f.Type) {
			return nil, &Error{Kind: ErrFormat, Column: name, Message: "the field is " + f.Type.String() +
				": numbers, strings, booleans and pointers to them are read; `data:\"-\"` leaves it out"}
		}
		switch more {
		case "":
		case "target":
			if s.target != "" {
				return nil, &Error{Kind: ErrFormat, Column: name, Message: "a second target: " + s.target + " is one already"}
			}
			s.target = name
		default:
			return nil, &Error{Kind: ErrFormat, Column: name, Message: "the tag says " + more + ": target is the only word it may say"}
		}
		s.list = append(s.list, structField{name, f.Index, len(f.Index) == 1 && (f.Type.Kind() == reflect.Float64 || f.Type.Kind() == reflect.Float32)})
	}
	for i := range s.list {
		f := &s.list[i]
		if s.byName[f.name] != nil {
			return nil, fail(ErrFormat, "two fields are named %q: rename one", f.name)
		}
		s.byName[f.name] = f
	}
	structTypes.Store(t, s)
	return s, nil
}

// embeds tells whether an embedded type has fields that count as the struct's own.
func embeds(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct
}

// readable tells whether reflectedCell reads values of a type.
func readable(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch k := t.Kind(); {
	case k == reflect.String, k == reflect.Bool, k >= reflect.Int && k <= reflect.Uint64, k == reflect.Float32, k == reflect.Float64:
		return true
	}
	return false
}

// withFile names what an error of this package is about.
func withFile(err error, file string) error {
	if e, ok := err.(*Error); ok && e.File == "" {
		more := *e
		more.File = file
		return &more
	}
	return err
}
