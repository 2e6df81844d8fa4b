package models

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/onnx"
	"github.com/gtrain/gtrain/settings"
	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Model is a network with what is needed to use it on raw data: one ONNX file holds all of it.
//
// A Model is for one goroutine at a time: its methods rewrite the network. What several goroutines use is its Predictor,
// which is independent of the model from then on, and its Schema.
type Model struct {
	Net      *network.Network
	Task     data.Task
	Classes  []string          // of a classifier, in the order of the output's columns
	Features []string          // of the input's columns
	Schema   *data.Schema      // how raw columns become features; nil for a model made elsewhere
	Split    *data.SplitInfo   // which rows training saw; nil for a model made elsewhere
	Loss     *NamedLoss        // what it was trained to minimise; nil where that is not known
	Extra    map[string]string // what else travels in the file's metadata

	offsets *data.Offsets // of a model without a schema, from its file
}

// Offsets are what is taken off raw numbers, in float64, to make the features that Net takes; nil for most models, whose
// features float32 holds as they are. Files of the others take double: Save sees to that, and who writes Net with
// onnx.Save says them in onnx.Meta.
func (m *Model) Offsets() *data.Offsets {
	if m == nil {
		return nil
	}
	if m.Schema != nil {
		return m.Schema.Offsets()
	}
	return m.offsets
}

// CheckOffsets says whether a dataset's features are those that the network takes, if they have the same names: the same
// offsets must have been taken off.
func (m *Model) CheckOffsets(d *data.Dataset) error {
	if m == nil {
		return errNoModel
	}
	if d == nil {
		return errors.New("there is no dataset (nil)")
	}
	if m.Offsets().Equal(d.Schema.Offsets()) {
		return nil
	}
	return errors.Errorf("the features of %s are numbers with other offsets than the model's; read the data by the model's "+
		"schema, or with its Offsets where it has none", d.Name)
}

// File is the name of the model's file in a run directory.
const File = "model.onnx"

const (
	keySchema = "gtrain.schema"
	keySplit  = "gtrain.split"
	keyLoss   = "gtrain.loss"
)

// errNoModel is what a nil Model gives.
var errNoModel = errors.New("there is no model (nil)")

// New describes a network by the data it was made for. Without data, nil, it is a model of which nothing else is known.
func New(net *network.Network, d *data.Dataset, split *data.SplitInfo) *Model {
	if d == nil {
		return &Model{Net: net, Split: split}
	}
	return &Model{Net: net, Task: d.Task, Classes: d.Classes, Features: d.Features, Schema: d.Schema, Split: split}
}

// With is the same model around another network, a pruned one for example. Extra is a copy, so that what is noted of
// the one is not said of the other.
func (m *Model) With(net *network.Network) *Model {
	out := *m
	out.Net = net
	out.Extra = maps.Clone(m.Extra)
	return &out
}

// TrainingLoss is the loss that the model was trained with, or its task's usual one where that is not known.
func (m *Model) TrainingLoss() (*network.Loss, error) {
	if m == nil {
		return nil, errNoModel
	}
	if m.Loss == nil {
		return Loss("", m.Task, LossOptions{})
	}
	l, err := Loss(m.Loss.Name, m.Task, m.Loss.LossOptions)
	if errors.Is(err, settings.ErrUnknown) {
		err = errors.WithMessage(err, "the loss that the model was trained with, which models.RegisterLoss makes known")
	}
	return l, err
}

// Check says in what a dataset does not suit the model: the number of features, the task, the classes. Names are
// compared where the model knows those of its training data.
func (m *Model) Check(d *data.Dataset) error {
	if m == nil {
		return errNoModel
	}
	if err := rowwise(m.Net); err != nil {
		return err
	}
	if d == nil {
		return errors.New("there is no dataset (nil)")
	}
	out := m.Net.Outputs[0].Shape()
	if in := InputWidth(m.Net); in != d.Width() {
		return errors.Errorf("the model takes %d features; %s has %d", in, d.Name, d.Width())
	}
	if d.Task != m.Task {
		return errors.Errorf("the model is for %v; %s is for %v", m.Task, d.Name, d.Task)
	}
	if m.Task == data.Regression {
		if out[1] != 1 {
			return errors.Errorf("the model gives %d values a row; a regression needs one", out[1])
		}
	} else if n := classes(m.Net); n != len(d.Classes) {
		return errors.Errorf("the model tells %d classes apart; %s has %d", n, d.Name, len(d.Classes))
	}
	if err := m.CheckOffsets(d); err != nil {
		return err
	}
	if m.Schema == nil {
		return nil
	}
	for _, names := range []struct {
		what      string
		ours, its []string
	}{{"feature", m.Features, d.Features}, {"class", m.Classes, d.Classes}} {
		for i := range min(len(names.ours), len(names.its)) {
			if names.ours[i] != names.its[i] {
				return errors.Errorf("%s %d of the model is %q, that of %s is %q; read the data by the model's schema",
					names.what, i+1, names.ours[i], d.Name, names.its[i])
			}
		}
	}
	return nil
}

// Save writes the model as an ONNX file; an existing file is replaced as a whole or not at all.
func (m *Model) Save(path string) error {
	if m == nil {
		return errors.Wrapf(errNoModel, "save %s", path)
	}
	meta := onnx.Meta{Task: m.Task.String(), Classes: m.Classes, Features: m.Features, Properties: maps.Clone(m.Extra)}
	if meta.Properties == nil {
		meta.Properties = map[string]string{}
	}
	if o := m.Offsets(); o != nil {
		meta.InputOffset, meta.InputScale = o.Offset, o.Scale
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
	if m.Loss != nil {
		if err := put(keyLoss, m.Loss); err != nil {
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
func Load(path string) (*Model, error) { return load(path, (*Model).complete) }

// Describe is Load for a model of any inputs and outputs, also one that does not map rows of features to rows of results:
// its task is then data.Auto, and its features and classes have the names that the file gives them, if any. Only what
// looks at a model takes such a one.
func Describe(path string) (*Model, error) {
	return load(path, func(m *Model, task string) error {
		if rowwise(m.Net) != nil {
			return nil
		}
		return m.complete(task)
	})
}

func load(path string, complete func(m *Model, task string) error) (*Model, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		dir := path
		path = filepath.Join(dir, File)
		if _, err := os.Stat(path); err != nil {
			return nil, errors.Errorf("%s holds no %s; is it a run directory?", dir, File)
		}
	}
	net, meta, err := onnx.Load(path, onnx.WithOffsets())
	if err != nil {
		return nil, err
	}
	m, err := described(net, meta, complete)
	return m, errors.Wrap(err, path)
}

// Unmarshal is Load for the bytes of an ONNX file, one that is embedded in the program for example. External data is not
// read.
func Unmarshal(b []byte) (*Model, error) {
	net, meta, err := onnx.Unmarshal(b, onnx.WithOffsets())
	if err != nil {
		return nil, err
	}
	return described(net, meta, (*Model).complete)
}

// described makes a model of what a file holds.
func described(net *network.Network, meta *onnx.Meta, complete func(m *Model, task string) error) (*Model, error) {
	m := &Model{Net: net, Classes: meta.Classes, Features: meta.Features, Extra: map[string]string{}}
	for k, v := range meta.Properties {
		var err error
		switch k {
		case keySchema:
			m.Schema, err = data.ParseSchema([]byte(v))
		case keySplit:
			m.Split = new(data.SplitInfo)
			err = json.Unmarshal([]byte(v), m.Split)
		case keyLoss:
			m.Loss = new(NamedLoss)
			err = json.Unmarshal([]byte(v), m.Loss)
		default:
			m.Extra[k] = v
		}
		if err != nil {
			return nil, errors.Wrapf(err, "metadata %q", k)
		}
	}
	if meta.InputOffset != nil {
		m.offsets = &data.Offsets{Offset: meta.InputOffset, Scale: meta.InputScale}
	}
	if m.Schema != nil && !m.Schema.Offsets().Equal(m.offsets) {
		return nil, errors.New("the model takes other offsets off its input than its schema says")
	}
	if err := complete(m, meta.Task); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Model) complete(task string) error {
	if err := rowwise(m.Net); err != nil {
		return err
	}
	in, out := InputWidth(m.Net), m.Net.Outputs[0].Shape()
	switch {
	case task != "":
		var err error
		if m.Task, err = data.ParseTask(task); err != nil {
			return err
		}
		if m.Task != data.Classification && m.Task != data.Regression {
			return errors.Errorf("the model says that its task is %q; it must be classification or regression", task)
		}
	case out[1] > 1 || IsSoftmax(m.Net):
		m.Task = data.Classification
	default:
		m.Task = data.Regression
	}
	if m.Task == data.Classification {
		n := classes(m.Net)
		if m.Classes == nil {
			m.Classes = numbered("%d", n)
		}
		if len(m.Classes) != n {
			return errors.Errorf("the model names %d classes but gives %d", len(m.Classes), n)
		}
	}
	if _, err := m.TrainingLoss(); err != nil && !errors.Is(err, settings.ErrUnknown) { // predictions need none
		return errors.Wrap(err, "the model's own loss")
	}
	if m.Features == nil {
		m.Features = numbered("x%d", in)
	}
	if len(m.Features) != in {
		return errors.Errorf("the model names %d features but takes %d", len(m.Features), in)
	}
	return nil
}

// rowwise says why a network does not map rows of data to rows of results. A row of data is one of the input's
// first axis, whatever shape it has there: its features are its values in row-major order.
func rowwise(net *network.Network) error {
	if err := net.Validate(); err != nil {
		return err
	}
	if len(net.Inputs) != 1 || len(net.Outputs) != 1 {
		return errors.Errorf("the model has %d inputs and %d outputs; one of each is supported here", len(net.Inputs),
			len(net.Outputs))
	}
	if in, out := net.Inputs[0].Shape(), net.Outputs[0].Shape(); len(in) < 2 || len(out) != 2 {
		return errors.Errorf("the model maps %v to %v; rows of features and rows of results are supported here", in, out)
	}
	return nil
}

// InputWidth is the number of features in a row of the network's input: 784 for images of shape (N, 1, 28, 28).
func InputWidth(net *network.Network) int {
	if net == nil || len(net.Inputs) == 0 || net.Inputs[0] == nil || net.Inputs[0].Dims() < 2 {
		return 0
	}
	return tensor.Shape(net.Inputs[0].Shape()[1:]).TotalSize()
}

// classes is how many a classifier tells apart: one column speaks of the second of two.
func classes(net *network.Network) int { return max(net.Outputs[0].Shape()[1], 2) }

// numbered makes n names of a format that ends in %d. They share one piece of memory: images have millions of features.
func numbered(format string, n int) []string {
	prefix := strings.TrimSuffix(format, "%d")
	var all strings.Builder
	ends := make([]int, n)
	for i := range ends {
		all.WriteString(prefix)
		all.WriteString(strconv.Itoa(i))
		ends[i] = all.Len()
	}
	names, text, from := make([]string, n), all.String(), 0
	for i, to := range ends {
		names[i], from = text[from:to], to
	}
	return names
}

// IsSoftmax tells whether the network's output are probabilities already.
func IsSoftmax(net *network.Network) bool { return hasOutput(net) && op.IsSoftmax(net.Outputs[0].Op()) }

func hasOutput(net *network.Network) bool {
	return net != nil && len(net.Outputs) > 0 && net.Outputs[0] != nil
}

// IsSigmoid tells whether the network ends in a sigmoid, as a layer or as another layer's activation: one column is then
// the probability of the second class.
func IsSigmoid(net *network.Network) bool {
	if !hasOutput(net) {
		return false
	}
	last := net.Outputs[0].Op()
	if l, ok := op.As[op.Activated](last); ok {
		act, _ := l.Activation()
		return act == op.Sigmoid
	}
	return op.IsSigmoid(last)
}
