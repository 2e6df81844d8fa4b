package jobs

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/settings"
	"github.com/gtrain/gtrain/threads"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// Predictions are what a model says of every row of some data, in the rows' order.
type Predictions struct {
	Model   string
	Dataset string
	Classes []string  // nil for a regression
	Outputs []float32 // rows × classes: probabilities; or one value a row
	// Values are those of a regression in full where float32 is too coarse for them; nil otherwise.
	Values []float64
}

// Predict reads data, with or without the target column, and gives the model's predictions. Of a directory of IDX files
// with a test part, part says whose rows to take; "all", the default, are those of the training files.
func Predict(ctx context.Context, path, source, part string, limit int, rep Reporter) (*Predictions, error) {
	if err := checkSplit(part); err != nil {
		return nil, err
	}
	threads.Set(limit)
	m, err := loadModel(path, rep)
	if err != nil {
		return nil, err
	}
	labelled := part != "" && part != "all"
	d, err := LoadFor(m, source, "", !labelled)
	if err != nil {
		return nil, err
	}
	if n := d.Missing(); n > 0 {
		return nil, errors.Errorf("%s has %d missing values, and the model was trained without imputation", d.Name, n)
	}
	if err := interrupted(ctx, "prediction"); err != nil {
		return nil, err
	}
	rows := every(d, "all")
	if labelled {
		if rows, err = selectRows(m, d, part, rep); err != nil {
			return nil, err
		}
	}
	loss, err := models.Loss("", m.Task, models.LossOptions{})
	if err != nil {
		return nil, err
	}
	e, err := training.NewEvaluator(m, loss)
	if err != nil {
		return nil, err
	}
	p := &Predictions{Model: path, Dataset: d.Name}
	if models.Target(m.Net).Wide {
		if p.Values, err = e.Predict64(rows.data, rows.index); err != nil {
			return nil, err
		}
	}
	if p.Outputs, err = e.Predict(rows.data, rows.index); err != nil {
		return nil, err
	}
	for i, v := range p.Outputs {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errors.Errorf("%s: the model gives %v for row %d: its values lie far outside those of training",
				d.Name, v, i/max(1, len(m.Classes))+1)
		}
	}
	if m.Task == data.Classification {
		p.Classes = m.Classes
	}
	return p, nil
}

// Rows is the number of rows.
func (p *Predictions) Rows() int { return len(p.Outputs) / max(1, len(p.Classes)) }

// row is the i-th row's outputs and its class, the most probable one.
func (p *Predictions) row(i int) (class string, out []float32) {
	n := max(1, len(p.Classes))
	out = p.Outputs[i*n : (i+1)*n]
	if p.Classes != nil {
		best := 0
		for c, v := range out {
			if v > out[best] {
				best = c
			}
		}
		class = p.Classes[best]
	}
	return class, out
}

// A Format is how predictions are written.
type Format string

// The formats.
const (
	CSV   Format = "csv"   // class,p(NAME),…, or value
	JSONL Format = "jsonl" // {"class":…,"probabilities":{NAME:…}}, or {"value":…}, one line a row
)

// Formats is the table of formats.
var Formats = settings.NewChoices("format",
	settings.Named[Format]{Name: CSV, Doc: "class,p(NAME),…, or value"},
	settings.Named[Format]{Name: JSONL, Doc: "one object a line"})

// ParseFormat reads a format's name.
func ParseFormat(name string) (Format, error) {
	f, err := Formats.Lookup(name)
	return f.Name, config.Usage(err)
}

// FormatOf is the format that the name of a file asks for, .gz aside.
func FormatOf(path string) (Format, error) {
	switch base := strings.TrimSuffix(path, ".gz"); {
	case strings.HasSuffix(base, ".csv"):
		return CSV, nil
	case strings.HasSuffix(base, ".jsonl"):
		return JSONL, nil
	}
	return "", config.Usage(errors.Errorf("%s: the name ends in neither .csv nor .jsonl; say which with format=csv or format=jsonl", path))
}

// Write writes the predictions. Numbers have as many digits as a float32 needs, or a float64 where float32 is too coarse.
func (p *Predictions) Write(w io.Writer, f Format) error {
	b := bufio.NewWriter(w)
	var err error
	if f == JSONL {
		for i := 0; i < p.Rows() && err == nil; i++ {
			var line []byte
			if line, err = p.object(i); err == nil {
				_, err = b.Write(append(line, '\n'))
			}
		}
	} else {
		err = p.writeCSV(b)
	}
	if err == nil {
		err = b.Flush()
	}
	return errors.Wrap(err, "write predictions")
}

// WriteFile writes the predictions to a file, whole or not at all, compressed if its name ends in .gz.
func (p *Predictions) WriteFile(path string, f Format) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		if !strings.HasSuffix(path, ".gz") {
			return p.Write(w, f)
		}
		z := gzip.NewWriter(w)
		if err := p.Write(z, f); err != nil {
			return err
		}
		return z.Close()
	})
}

func digits(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// value is the text of what a regression says of the i-th row.
func (p *Predictions) value(i int) string {
	if p.Values != nil {
		v, form := p.Values[i], byte('f') // as JavaScript writes numbers: a timestamp has no exponent
		if a := math.Abs(v); a != 0 && a < 1e-6 || a >= 1e21 {
			form = 'e'
		}
		return strconv.FormatFloat(v, form, -1, 64)
	}
	return digits(p.Outputs[i])
}

func (p *Predictions) writeCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	record := []string{"value"}
	if p.Classes != nil {
		record = []string{"class"}
		for _, c := range p.Classes {
			record = append(record, "p("+c+")")
		}
	}
	err := out.Write(record)
	for i := 0; i < p.Rows() && err == nil; i++ {
		class, values := p.row(i)
		record = record[:0]
		if p.Classes != nil {
			record = append(record, class)
		}
		if p.Classes == nil {
			record = append(record, p.value(i))
			values = nil
		}
		for _, v := range values {
			record = append(record, digits(v))
		}
		err = out.Write(record)
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

// object is a row as JSON, with the classes in the model's order.
func (p *Predictions) object(i int) ([]byte, error) {
	class, values := p.row(i)
	if p.Classes == nil {
		return []byte(`{"value":` + p.value(i) + "}"), nil
	}
	name, err := json.Marshal(class)
	if err != nil {
		return nil, err
	}
	b := append([]byte(`{"class":`), name...)
	b = append(b, `,"probabilities":{`...)
	for c, v := range values {
		if c > 0 {
			b = append(b, ',')
		}
		if name, err = json.Marshal(p.Classes[c]); err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), digits(v)...)
	}
	return append(b, "}}"...), nil
}

// MarshalJSON is one object that holds every row as JSONL writes it.
func (p *Predictions) MarshalJSON() ([]byte, error) {
	all := struct {
		Model       string            `json:"model"`
		Dataset     string            `json:"dataset"`
		N           int               `json:"n"`
		Classes     []string          `json:"classes,omitempty"`
		Predictions []json.RawMessage `json:"predictions"`
	}{p.Model, p.Dataset, p.Rows(), p.Classes, []json.RawMessage{}}
	for i := range p.Rows() {
		row, err := p.object(i)
		if err != nil {
			return nil, err
		}
		all.Predictions = append(all.Predictions, row)
	}
	return json.Marshal(all)
}
