package jobs

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
)

func eval(t *testing.T, model string, opt EvalOptions) (*EvalReport, string) {
	t.Helper()
	n := &notes{}
	r, err := Eval(context.Background(), model, opt, n)
	if err != nil {
		t.Fatal(err)
	}
	return r, n.text()
}

// The rows that eval takes by itself are those that the training held out, and give the training's own figures.
func TestEvalTakesTheRowsOfTheReport(t *testing.T) {
	trainReport, dir := trained(t, "wine", nil)
	r, said := eval(t, dir, EvalOptions{Source: "wine"})
	if r.Split != "test" || r.N != trainReport.N || r.Loss != trainReport.Loss || r.Accuracy != trainReport.Accuracy {
		t.Errorf("eval %+v\ntrain %+v", r, trainReport)
	}
	if !strings.Contains(said, "only the 36 rows that training never saw") {
		t.Error(said)
	}
	sum := 0
	for _, part := range []string{"train", "val", "test"} {
		r, _ := eval(t, dir, EvalOptions{Source: "wine", Split: part})
		if r.Split != part {
			t.Errorf("split %q", r.Split)
		}
		sum += r.N
	}
	if all, _ := eval(t, dir, EvalOptions{Source: "wine", Split: "all"}); all.N != sum || all.N != 178 {
		t.Errorf("%d rows, the parts have %d", all.N, sum)
	}
	_, err := Eval(context.Background(), dir, EvalOptions{Source: "wine", Split: "tset"}, Silent{})
	mentions(t, err, `did you mean "test"`)
}

// The loss is the one that the model was trained with.
func TestEvalReportsTheLossOfTheTraining(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		with func(c *config.Config)
	}{
		"label smoothing": {"wine", func(c *config.Config) { c.Train.Smoothing = 0.3 }},
		"huber":           {"diabetes", func(c *config.Config) { c.Train.Loss, c.Train.Delta = "huber", 20 }},
	} {
		usual, _ := trained(t, c.data, nil)
		report, dir := trained(t, c.data, c.with)
		if r, _ := eval(t, dir, EvalOptions{Source: c.data}); r.Loss != report.Loss || r.Loss == usual.Loss {
			t.Errorf("%s: eval reports a loss of %v, training of %v", name, r.Loss, report.Loss)
		}
	}
}

func TestEvalJSONIsFlat(t *testing.T) {
	_, dir := trained(t, "diabetes", nil)
	r, _ := eval(t, dir, EvalOptions{Source: "diabetes"})
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if m["split"] != "test" || m["n"] != float64(r.N) || m["loss"] != r.Loss || m["rmse"] != r.RMSE || m["r2"] != *r.R2 {
		t.Errorf("%s", b)
	}
}

// Predictions of all rows, compared with the labels, have the accuracy that eval reports.
func TestPredictAgreesWithEval(t *testing.T) {
	_, dir := trained(t, "iris", nil)
	r, _ := eval(t, dir, EvalOptions{Source: "iris", Split: "all"})
	p, err := Predict(context.Background(), dir, "iris", "", 0, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Write(&b, CSV); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"class", "p(setosa)", "p(versicolor)", "p(virginica)"}; !reflect.DeepEqual(records[0], want) {
		t.Errorf("header %v", records[0])
	}
	d, err := data.Load("iris", data.Options{})
	if err != nil || len(records) != d.Rows()+1 {
		t.Fatal(err, len(records))
	}
	hits := 0
	for i, rec := range records[1:] {
		sum := 0.0
		for _, v := range rec[1:] {
			f, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += f
		}
		if sum < 0.999 || sum > 1.001 {
			t.Errorf("row %d sums to %v", i, sum)
		}
		if rec[0] == d.Classes[d.Labels[i]] {
			hits++
		}
	}
	if got := float64(hits) / 150; got != r.Accuracy {
		t.Errorf("predictions have accuracy %v, eval says %v", got, r.Accuracy)
	}
	b.Reset()
	if err := p.Write(&b, JSONL); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		var row struct {
			Class         string             `json:"class"`
			Probabilities map[string]float32 `json:"probabilities"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		class, values := p.row(i)
		if row.Class != class || row.Class != records[i+1][0] || row.Probabilities["virginica"] != values[2] {
			t.Errorf("row %d: %s", i, line)
		}
	}
	test, err := Predict(context.Background(), dir, "iris", "test", 0, Silent{})
	if err != nil || test.Rows() != 30 {
		t.Errorf("%d rows, %v", test.Rows(), err)
	}
}

// A model of another program has no schema: columns are taken as they come.
func TestModelWithoutSchema(t *testing.T) {
	_, dir := trained(t, "iris", nil)
	m, err := LoadModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	m.Schema, m.Split, m.Features = nil, nil, nil
	foreign := filepath.Join(t.TempDir(), "foreign.onnx")
	if err := m.Save(foreign); err != nil {
		t.Fatal(err)
	}
	want, err := Predict(context.Background(), dir, "iris", "", 0, Silent{})
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.ReadFile("../data/embedded/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	var bare []string
	for _, line := range strings.Split(strings.TrimSpace(string(full)), "\n") {
		bare = append(bare, line[:strings.LastIndexByte(line, ',')])
	}
	tmp := t.TempDir()
	fullFile, bareFile := write(t, tmp, "full.csv", string(full)), write(t, tmp, "bare.csv", strings.Join(bare, "\n"))
	for _, path := range []string{"iris", fullFile, bareFile} {
		p, err := Predict(context.Background(), foreign, path, "", 0, Silent{})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p.Outputs, want.Outputs) {
			t.Errorf("%s: other predictions", path)
		}
	}
	r, said := eval(t, foreign, EvalOptions{Source: "iris"})
	if r.Split != "all" || r.N != 150 || !strings.Contains(said, "not the data that the model was trained on") {
		t.Errorf("%+v %s", r, said)
	}
	narrow := write(t, tmp, "narrow.csv", "a,b\n1,2\n")
	_, err = Predict(context.Background(), foreign, narrow, "", 0, Silent{})
	mentions(t, err, "narrow.csv has 2 columns; the model takes 4 features")
	_, err = Eval(context.Background(), foreign, EvalOptions{Source: "wine"}, Silent{})
	mentions(t, err, "wine has 13 features; the model takes 4")
	_, err = Predict(context.Background(), foreign, filepath.Join(tmp, "no.csv"), "", 0, Silent{})
	mentions(t, err, "no such file")
}

func TestPredictionFiles(t *testing.T) {
	p := &Predictions{Outputs: []float32{1.5, -2e-9}}
	for name, want := range map[string]string{
		"a.csv": "value\n1.5\n-2e-09\n", "a.jsonl": "{\"value\":1.5}\n{\"value\":-2e-09}\n",
	} {
		f, err := FormatOf(name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := p.WriteFile(path, f); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(path); string(b) != want {
			t.Errorf("%s holds %q", name, b)
		}
	}
	if f, err := FormatOf("x.jsonl.gz"); f != JSONL || err != nil {
		t.Error(f, err)
	}
	_, err := FormatOf("x.txt")
	mentions(t, err, "x.txt")
	odd := &Predictions{Classes: []string{`a"b`, "c,d"}, Outputs: []float32{0.25, 0.75}}
	var b bytes.Buffer
	if err := odd.Write(&b, CSV); err != nil || b.String() != "class,\"p(a\"\"b)\",\"p(c,d)\"\n\"c,d\",0.25,0.75\n" {
		t.Errorf("%q %v", b.String(), err)
	}
	b.Reset()
	want := `{"class":"c,d","probabilities":{"a\"b":0.25,"c,d":0.75}}` + "\n"
	if err := odd.Write(&b, JSONL); err != nil || b.String() != want {
		t.Errorf("%q %v", b.String(), err)
	}
}

func TestInspectAddsUp(t *testing.T) {
	_, dir := trained(t, "wine", func(c *config.Config) { c.Model.Name = "mlp:6,5" })
	in, err := Inspect(dir)
	if err != nil {
		t.Fatal(err)
	}
	params, bytes := 0, int64(0)
	for _, l := range in.Layers {
		params += l.Params
		bytes += l.Bytes
		if l.Output[0] != "N" {
			t.Errorf("%+v", l)
		}
	}
	if want := 13*6 + 6 + 6*5 + 5 + 5*3 + 3; params != want || in.Params != want || in.MACs != 13*6+6*5+5*3 {
		t.Errorf("%d parameters in layers, %d in all, %d MACs", params, in.Params, in.MACs)
	}
	if bytes != in.Bytes || bytes != int64(4*(params+2*13)) {
		t.Errorf("%d bytes in layers, %d in all", bytes, in.Bytes)
	}
	if len(in.Groups) != 2 || in.Groups[0].Units != 6 || in.Groups[1].Units != 5 || len(in.Frozen) == 0 {
		t.Errorf("%+v %+v", in.Groups, in.Frozen)
	}
	if in.Sparsity != 0 {
		t.Errorf("sparsity %v", in.Sparsity)
	}

	m, err := LoadModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Net.Param("dense1.weight").Value().Data().([]float32)
	clear(w[:39])
	path := filepath.Join(t.TempDir(), models.File)
	if err := m.Save(path); err != nil {
		t.Fatal(err)
	}
	if in, err = Inspect(path); err != nil || in.NonzeroParams != params-39 {
		t.Fatalf("%+v %v", in, err)
	}
	for _, l := range in.Layers {
		if want := 39.0 / (13*6 + 6); l.Name == "dense1" && l.Sparsity != want {
			t.Errorf("sparsity %v, want %v", l.Sparsity, want)
		}
	}
	picture, err := Dot(path)
	if err != nil || strings.Count(picture, " -> ") != 3+3*3+1+1 ||
		!strings.Contains(picture, `dense1\nDense(relu)\nN×6`) {
		t.Errorf("%v\n%s", err, picture)
	}
	if got := dotText(`a"b\c`, "d\ne"); got != `a\"b\\c\nd e` {
		t.Errorf("%s", got)
	}
}

func TestLoadModelSaysWhatIsMissing(t *testing.T) {
	_, err := LoadModel("nosuch.onnx")
	mentions(t, err, "model nosuch.onnx: no such file or run directory")
	_, err = LoadModel(t.TempDir())
	mentions(t, err, "is it a run directory?")
}
