package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// byFile encodes a record the long way, as a file of one line.
func byFile(s *Schema, record map[string]string) ([]float32, error) {
	d, err := encode(textRecords(s, []map[string]string{record}), s, true)
	if err != nil {
		return nil, err
	}
	return d.X, nil
}

// Whatever a record holds, an encoder gives the bits, or the error, of a file with that line; and nothing is appended with an
// error.
func TestEncoderIsWhatReadingGives(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	cells := []string{"", "1", "-0", "+2.5", "1e3", "0.1", "123456789012345678", "NA", "?", "nan", "inf", "-Infinity", "1e39", "1e-50", "x",
		"clerk", "smith", " tailor ", "  7\t", "0x10", "1_0", ".", "-", "+.5", "5.", "007", "3.4e38", "12345678901234.5", "true", "12"}
	offset := recordSchema(ImputeMedian)
	offset.Columns[0].Offset, offset.Columns[0].Scale = 1e9, 0.5
	numbers := recordSchema(ImputeNone)
	numbers.Columns = append(numbers.Columns, Column{Name: "code", Kind: Categorical, Categories: []string{"1", "12", "x"}, Kept: []string{"x"}})
	unfitted := recordSchema(ImputeMean)
	unfitted.Columns[3].FillValue = nil
	for _, s := range []*Schema{recordSchema(ImputeNone), recordSchema(ImputeMean), offset, numbers, unfitted} {
		e64, err := s.Encoder64()
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Encoder()
		if (err != nil) != (s == offset) {
			t.Fatal(err)
		}
		errs := 0
		for range 4000 {
			record := map[string]string{}
			for _, name := range []string{"age", "job", "id", "pay", "left", "code", "more"} {
				if (name != "more" && (name != "code" || s == numbers) || rng.IntN(9) == 0) && rng.IntN(9) > 0 {
					record[name] = cells[rng.IntN(len(cells))]
				}
			}
			if rng.IntN(2) == 0 { // most of the others are wrong
				record["age"], record["job"], record["pay"] = fmt.Sprint(rng.IntN(99)), "clerk", fmt.Sprint(rng.Float64())
				if s == numbers {
					record["code"] = "12"
				}
			}
			want, wrong := byFile(s, record)
			if wrong != nil {
				errs++
			}
			wide, err := e64.AppendText([]float64{42}, record)
			if fmt.Sprint(err) != fmt.Sprint(wrong) || err != nil && (len(wide) != 1 || wide[0] != 42) {
				t.Fatalf("%q: error %v, a file gives %v; %v", record, err, wrong, wide)
			}
			again, err := s.Encode64(record)
			if fmt.Sprint(err) != fmt.Sprint(wrong) || err == nil && !sameBits(again, wide[1:]) {
				t.Fatalf("%q: Encode64 gives %v, %v", record, again, err)
			}
			o := s.Offsets()
			for i, v := range want {
				x := float64(v)
				if o != nil {
					x = float64(x*o.Scale[i]) + o.Offset[i]
				}
				if x != wide[1+i] && !(x != x && wide[1+i] != wide[1+i]) {
					t.Fatalf("%q: %v, want %v", record, wide[1:], want)
				}
			}
			if s == offset {
				continue
			}
			got, err := e.AppendText([]float32{42}, record)
			if fmt.Sprint(err) != fmt.Sprint(wrong) || err == nil && !sameBits(got[1:], want) || got[0] != 42 || err != nil && len(got) != 1 {
				t.Fatalf("%q: %v, %v; want %v, %v", record, got, err, want, wrong)
			}
		}
		if errs < 500 || errs > 3500 {
			t.Errorf("%d of 4000 records are wrong: the test says little", errs)
		}
	}
}

func sameBits[F float32 | float64](a, b []F) bool {
	return slices.EqualFunc(a, b, func(x, y F) bool { return math.Float64bits(float64(x)) == math.Float64bits(float64(y)) })
}

type person struct {
	Age  *int8   `data:"age"`
	Job  string  `data:"job"`
	Pay  float64 `data:"pay"`
	Left bool    `data:"left,target"`
	Note string  `data:"-"`
	base
}

type base struct {
	ID uint64 `data:"id"`
}

// Numbers are taken as numbers, from maps, slices and structs alike.
func TestEncoderTakesNumbers(t *testing.T) {
	s := recordSchema(ImputeMean)
	e, err := s.Encoder()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.Columns(), []string{"age", "job", "pay"}) || e.Width() != 5 {
		t.Errorf("columns %v, width %d", e.Columns(), e.Width())
	}
	age := int8(30)
	type years int
	for _, c := range []struct {
		values map[string]any
		record any
		want   []float32
	}{
		{map[string]any{"age": 30, "job": "tailor", "pay": 1.5e3, "id": uint64(math.MaxUint64), "left": true},
			person{Age: &age, Job: "tailor", Pay: 1500, base: base{ID: math.MaxUint64}}, []float32{30, 0, 0, 1, 1500}},
		{map[string]any{"job": "clerk", "pay": math.NaN()}, &person{Job: "clerk", Pay: math.NaN()}, []float32{36, 1, 0, 0, 36}},
		{map[string]any{"age": years(7), "job": nil, "pay": float32(0.1)}, struct {
			Age years   `data:"age"`
			Job *string `data:"job"`
			Pay float32 `data:"pay"`
		}{Age: 7, Pay: 0.1}, []float32{7, 0, 1, 0, 0.1}},
		{map[string]any{"age": " 12 ", "job": &[]string{"smith"}[0], "pay": math.Copysign(0, -1)}, struct {
			Age string  `data:"age"`
			Job string  `data:"job"`
			Pay float64 `data:"pay"`
		}{" 12 ", "smith", math.Copysign(0, -1)}, []float32{12, 0, 1, 0, 0}},
	} {
		got, err := e.AppendValues(nil, c.values)
		if err != nil || !sameBits(got, c.want) {
			t.Errorf("%v: %v, %v; want %v", c.values, got, err, c.want)
		}
		if got, err = e.AppendStruct(nil, c.record); err != nil || !sameBits(got, c.want) {
			t.Errorf("%+v: %v, %v; want %v", c.record, got, err, c.want)
		}
	}
	plain := numericSchema([]string{"a", "b"}, "y", Regression, nil)
	p, err := plain.Encoder()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.AppendNumbers([]float32{9}, []float64{1.5, math.Copysign(0, -1)}); err != nil || !sameBits(got, []float32{9, 1.5, 0}) {
		t.Errorf("%v, %v", got, err)
	}
	fail := func(err error, kind error, want string) {
		t.Helper()
		wantError(t, err, kind, want)
	}
	_, err = p.AppendNumbers(nil, []float64{1})
	fail(err, ErrSchema, "record: 1 values for 2 columns")
	_, err = p.AppendNumbers(nil, []float64{1, math.NaN()})
	fail(err, ErrMissing, `record:1: column "b": the value is missing (""): remove the row, or ask for imputation (mean, median or `+
		`most-frequent) when training`)
	_, err = p.AppendNumbers(nil, []float64{1, math.Inf(-1)})
	fail(err, ErrFormat, `record:1: column "b": the value is infinite ("-Inf")`)
	_, err = p.AppendNumbers(nil, []float64{1e39, 1})
	fail(err, ErrFormat, `record:1: column "a": "1e+39" is too large for float32, whose largest is 3.4e38`)
	_, err = e.AppendNumbers(nil, []float64{1, 2, 3})
	fail(err, ErrSchema, `record: column "job": it holds texts: take AppendValues, AppendText or AppendStruct`)
	_, err = e.AppendValues(nil, map[string]any{"age": 1, "job": "taylor", "pay": 2})
	fail(err, ErrSchema, `record:1: column "job": category "taylor" was not in the training data (did you mean "tailor"?): it had `+
		`"clerk", "smith", "tailor"`)
	_, err = e.AppendValues(nil, map[string]any{"age": 1, "job": []int{1}, "pay": 2})
	fail(err, ErrFormat, `record:1: column "job": a value is []int: numbers, texts, booleans and pointers to them are read`)
	_, err = e.AppendValues(nil, map[string]any{"aeg": 1, "job": "smith", "pay": 2})
	fail(err, ErrSchema, `record: a record has "aeg", which training had not: remove what is extra`)
	_, err = e.AppendStruct(nil, struct{ Age float64 }{1})
	fail(err, ErrSchema, `record: a record has "Age", which training had not: remove what is extra`)
	_, err = e.AppendStruct(nil, 5)
	fail(err, ErrFormat, "record: a row is int: a struct is needed")
	_, err = e.AppendStruct(nil, (*person)(nil))
	fail(err, ErrFormat, "record: it is a nil pointer: a struct is needed")
	_, err = e.AppendStruct(nil, nil)
	fail(err, ErrFormat, "record: it is nil: a struct is needed")
}

// A row costs no memory but that of the result.
func TestEncoderAllocates(t *testing.T) {
	var names []string
	text, values, numbers := map[string]string{}, map[string]any{}, []float64{}
	for j := range 64 {
		name := fmt.Sprintf("x%d", j)
		names = append(names, name)
		numbers = append(numbers, float64(j)+0.25)
		text[name], values[name] = strconv.FormatFloat(numbers[j], 'g', -1, 64), numbers[j]
	}
	s := numericSchema(names, "y", Regression, nil)
	e, err := s.Encoder()
	if err != nil {
		t.Fatal(err)
	}
	people, err := recordSchema(ImputeMean).Encoder()
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 0, 64)
	job := map[string]string{"job": "clerk", "pay": "7.5"}
	jobs := map[string]any{"job": "clerk", "pay": 7.5}
	one := &person{Job: "smith", Pay: 3}
	for _, c := range []struct {
		name string
		most float64
		run  func() error
	}{
		{"Encode", 1, func() error { _, err := s.Encode(text); return err }},
		{"text", 0, func() error { _, err := e.AppendText(x, text); return err }},
		{"values", 0, func() error { _, err := e.AppendValues(x, values); return err }},
		{"numbers", 0, func() error { _, err := e.AppendNumbers(x, numbers); return err }},
		{"texts of people", 0, func() error { _, err := people.AppendText(x, job); return err }},
		{"values of people", 0, func() error { _, err := people.AppendValues(x, jobs); return err }},
		{"a person", 0, func() error { _, err := people.AppendStruct(x, one); return err }},
	} {
		if err := c.run(); err != nil {
			t.Fatal(c.name, err)
		}
		if n := testing.AllocsPerRun(100, func() { c.run() }); n > c.most {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// A schema is compiled once, by whoever comes first, a copy of it for itself, and what is compiled goes with it.
func TestEncoderIsShared(t *testing.T) {
	s := recordSchema(ImputeMean)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if x, err := s.Encode(map[string]string{"job": "clerk", "pay": "7"}); err != nil || x[0] != 36 {
					t.Error(x, err)
				}
			}
		})
	}
	all.Wait()
	first, _ := s.compiled()
	if second, _ := s.compiled(); first != second {
		t.Error("compiled twice")
	}
	other := s.Clone()
	other.Columns[0].FillValue = other.Columns[3].FillValue
	if x, err := other.Encode(map[string]string{"job": "clerk", "pay": "7"}); err != nil || x[0] != 36 {
		t.Error(x, err)
	}
	fill := float32(5)
	more := s.Clone()
	more.Columns[0].FillValue = &fill
	copied := *s // by value, and changed
	copied.Columns = more.Columns
	if x, err := copied.Encode(map[string]string{"job": "clerk", "pay": "7"}); err != nil || x[0] != 5 {
		t.Error(x, err)
	}
	s.Columns = more.Columns // other columns are noticed
	if x, err := s.Encode(map[string]string{"job": "clerk", "pay": "7"}); err != nil || x[0] != 5 {
		t.Error(x, err)
	}
	count := func() int {
		compiledLock.RLock()
		defer compiledLock.RUnlock()
		return len(compiledOf)
	}
	for range 200 {
		recordSchema(ImputeMean).Encode(map[string]string{"job": "clerk", "pay": "7"})
	}
	for range 20 {
		if runtime.GC(); count() < 100 {
			break
		}
	}
	if n := count(); n > 100 {
		t.Errorf("%d compiled schemas of dead ones are kept", n)
	}
	runtime.KeepAlive(s)
}

// Short numbers are parsed as strconv parses them.
func FuzzShortDecimal(f *testing.F) {
	for _, s := range []string{"", "0", "-0", "+1", "1.", ".5", "-.5", ".", "-", "+", "--1", "1.2.3", "123456789012345", "0.1", "1e5", "9007199254740993",
		"0000000000.0001", "99999999999999.9", "1_0", "٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := shortDecimal(s)
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(s, 64)
		if err != nil || math.Float64bits(want+0) != math.Float64bits(got) || strings.ContainsAny(s, "eExX_nN") {
			t.Fatalf("%q is %v, and strconv says %v, %v", s, got, want, err)
		}
	})
}

func TestShortDecimal(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	taken := 0
	for range 200_000 {
		s := strconv.FormatFloat(math.Pow(10, 16*rng.Float64()-8)*(rng.Float64()-0.5), 'f', rng.IntN(12), 64)
		got, ok := shortDecimal(s)
		if !ok {
			continue
		}
		taken++
		if want, err := strconv.ParseFloat(s, 64); err != nil || math.Float64bits(want+0) != math.Float64bits(got) {
			t.Fatalf("%q is %v, and strconv says %v", s, got, want)
		}
	}
	if taken < 100_000 {
		t.Errorf("only %d were taken", taken)
	}
}
