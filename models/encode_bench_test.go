package models

import (
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"github.com/gtrain/gtrain/data"
)

// sixtyFour is a model of 64 columns, and a row of them in every form that a schema encodes.
func sixtyFour(b *testing.B) (p *Predictor, s *data.Schema, text map[string]string, values map[string]any, numbers []float64,
	record any) {
	b.Helper()
	d, err := data.Load("digits", data.Options{})
	if err != nil {
		b.Fatal(err)
	}
	spec, err := Parse("mlp:32")
	if err != nil {
		b.Fatal(err)
	}
	if spec, err = spec.For(d.Shape(), d.Task, len(d.Classes), nil); err != nil {
		b.Fatal(err)
	}
	net, err := spec.Build(Options{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	if p, err = New(net, d, nil).Predictor(); err != nil {
		b.Fatal(err)
	}
	text, values = map[string]string{}, map[string]any{}
	var fields []reflect.StructField
	for j, name := range d.Features {
		v := float64(d.Row(3)[j]) + 0.25
		text[name], values[name], numbers = strconv.FormatFloat(v, 'g', -1, 64), v, append(numbers, v)
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", j), Type: reflect.TypeFor[float64](),
			Tag: reflect.StructTag(fmt.Sprintf(`data:"%s"`, name))})
	}
	v := reflect.New(reflect.StructOf(fields))
	for j := range fields {
		v.Elem().Field(j).SetFloat(numbers[j])
	}
	return p, d.Schema, text, values, numbers, v.Interface()
}

// What it costs to make features of a record of 64 columns, beside the prediction that follows.
func BenchmarkEncode64Columns(b *testing.B) {
	p, s, text, values, numbers, record := sixtyFour(b)
	e, err := s.Encoder()
	if err != nil {
		b.Fatal(err)
	}
	x := make([]float32, 0, 64)
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"prediction", func() error { _, err := p.Predict(x[:64]); return err }},
		{"Schema.Encode", func() error { _, err := s.Encode(text); return err }},
		{"text", func() error { _, err := e.AppendText(x[:0], text); return err }},
		{"values", func() error { _, err := e.AppendValues(x[:0], values); return err }},
		{"numbers", func() error { _, err := e.AppendNumbers(x[:0], numbers); return err }},
		{"struct", func() error { _, err := e.AppendStruct(x[:0], record); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
