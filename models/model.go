package models

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx"
	"github.com/pkg/errors"
)

// Model is a network with what is needed to use it on raw data: one ONNX file holds all of it.
type Model struct {
	Net      *graph.Network
	Task     data.Task
	Classes  []string          // of a classifier, in the order of the output's columns
	Features []string          // of the input's columns
	Schema   *data.Schema      // how raw columns become features; nil for a model made elsewhere
	Split    *data.SplitInfo   // which rows training saw; nil for a model made elsewhere
	Extra    map[string]string // what else travels in the file's metadata
}

// File is the name of the model's file in a run directory.
const File = "model.onnx"

const (
	keySchema = "gtrain.schema"
	keySplit  = "gtrain.split"
)

// New describes a network by the data it was made for.
func New(net *graph.Network, d *data.Dataset, split *data.SplitInfo) *Model {
	return &Model{Net: net, Task: d.Task, Classes: d.Classes, Features: d.Features, Schema: d.Schema, Split: split}
}

// With is the same model around another network, a pruned one for example.
func (m *Model) With(net *graph.Network) *Model {
	out := *m
	out.Net = net
	return &out
}

// Save writes the model as an ONNX file; an existing file is replaced as a whole or not at all.
func (m *Model) Save(path string) error {
	meta := onnx.Meta{Task: m.Task.String(), Classes: m.Classes, Features: m.Features, Properties: maps.Clone(m.Extra)}
	if meta.Properties == nil {
		meta.Properties = map[string]string{}
	}
	put := func(key string, v any) error {
		b, err := json.Marshal(v)
		if err == nil {
			meta.Properties[key] = string(b)
		}
		return errors.Wrapf(err, "save %s", path)
	}
	if m.Schema != nil {
		if err := put(keySchema, m.Schema); err != nil {
			return err
		}
	}
	if m.Split != nil {
		if err := put(keySplit, m.Split); err != nil {
			return err
		}
	}
	net, err := m.Net.Inference()
	if err != nil {
		return errors.Wrapf(err, "save %s", path)
	}
	return onnx.Save(path, net, meta)
}

// Load reads a model from an ONNX file or from a run directory. A file that another program made has its task guessed
// from its output: a softmax, or more than one column, makes a classifier.
func Load(path string) (*Model, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		dir := path
		path = filepath.Join(dir, File)
		if _, err := os.Stat(path); err != nil {
			return nil, errors.Errorf("%s holds no %s; is it a run directory?", dir, File)
		}
	}
	net, meta, err := onnx.Load(path)
	if err != nil {
		return nil, err
	}
	m := &Model{Net: net, Classes: meta.Classes, Features: meta.Features, Extra: map[string]string{}}
	for k, v := range meta.Properties {
		switch k {
		case keySchema:
			m.Schema, err = data.ParseSchema([]byte(v))
		case keySplit:
			m.Split = new(data.SplitInfo)
			err = json.Unmarshal([]byte(v), m.Split)
		default:
			m.Extra[k] = v
		}
		if err != nil {
			return nil, errors.Wrapf(err, "%s: metadata %q", path, k)
		}
	}
	return m, errors.Wrap(m.complete(meta.Task), path)
}

func (m *Model) complete(task string) error {
	if len(m.Net.Inputs) != 1 || len(m.Net.Outputs) != 1 {
		return errors.Errorf("the model has %d inputs and %d outputs; one of each is supported here", len(m.Net.Inputs), len(m.Net.Outputs))
	}
	in, out := m.Net.Inputs[0].Shape(), m.Net.Outputs[0].Shape()
	if len(in) != 2 || len(out) != 2 {
		return errors.Errorf("the model maps %v to %v; rows of features and rows of results are supported here", in, out)
	}
	switch {
	case task != "":
		var err error
		if m.Task, err = data.ParseTask(task); err != nil {
			return err
		}
	case out[1] > 1 || IsSoftmax(m.Net):
		m.Task = data.Classification
	default:
		m.Task = data.Regression
	}
	if m.Task == data.Classification {
		n := max(out[1], 2) // one column is the probability of the second of two classes
		if m.Classes == nil {
			m.Classes = numbered("%d", n)
		}
		if len(m.Classes) != n {
			return errors.Errorf("the model names %d classes but gives %d", len(m.Classes), n)
		}
	}
	if m.Features == nil {
		m.Features = numbered("x%d", in[1])
	}
	if len(m.Features) != in[1] {
		return errors.Errorf("the model names %d features but takes %d", len(m.Features), in[1])
	}
	return nil
}

func numbered(format string, n int) []string {
	s := make([]string, n)
	for i := range s {
		s[i] = fmt.Sprintf(format, i)
	}
	return s
}

// IsSoftmax tells whether the network's output are probabilities already.
func IsSoftmax(net *graph.Network) bool {
	o, ok := net.Outputs[0].Op().(*op.Operation)
	if !ok {
		return false
	}
	_, ok = o.Room.(op.SoftmaxRows)
	return ok
}
