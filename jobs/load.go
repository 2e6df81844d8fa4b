package jobs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/internal/lockfile"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/jobs/rundir"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// LoadModel reads a model from an ONNX file, a run directory or the directory of a checkpoint, see FindModel.
func LoadModel(path string) (*models.Model, error) { return loadModel(path, Silent{}) }

func loadModel(path string, rep Reporter) (*models.Model, error) {
	return loadBy(models.Load, path, rep)
}

// describeModel is LoadModel for what only looks at a model.
func describeModel(path string) (*models.Model, error) {
	return loadBy(models.Describe, path, Silent{})
}

func loadBy(load func(path string) (*models.Model, error), path string, rep Reporter) (*models.Model, error) {
	found, err := FindModel(path, rep)
	if err != nil {
		return nil, err
	}
	return load(found)
}

// FindModel says what models.Load is to read for a path that a user gave. That is the path itself, or, of a run that has
// no model yet, because its training is running, was interrupted or has diverged, the checkpoint of its best epoch; the
// reporter is told. The files of a checkpoint must belong together.
func FindModel(path string, rep Reporter) (string, error) {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return "", config.Usage(errors.Errorf("model %s: no such file or run directory", path))
	case err != nil || !info.IsDir():
		return path, nil // models.Load says what is wrong with it
	}
	if err := training.CheckCheckpoint(path); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(path, models.File)); !os.IsNotExist(err) {
		return path, nil
	}
	if !training.HasCheckpoint(path) {
		if entries, err := os.ReadDir(path); err == nil && rundir.IsRun(entries) {
			return "", errors.Errorf("%s holds no model: its training has not finished an epoch, or diverged in the first", path)
		}
		return path, nil
	}
	best, epoch, err := training.BestCheckpoint(path)
	if err != nil {
		return "", errors.Wrapf(err, "%s holds no %s, and no model of an epoch", path, models.File)
	}
	state := "the training did not finish"
	if pid, running := lockfile.Holder(filepath.Join(path, rundir.LockFile)); running {
		state = fmt.Sprintf("the training is still running, as process %d", pid)
	}
	rep.Note("%s: %s; its best checkpoint, of epoch %d, is used", path, state, epoch)
	return best, nil
}

// LoadFor reads data in the form that a model expects, and optionally its test part from a file of its own. Without a
// schema, as in a file of another program, columns are taken as they come. ignoreTarget reads data to predict: the
// target may be there or not.
func LoadFor(m *models.Model, source, test string, ignoreTarget bool) (*data.Dataset, error) {
	opt := data.Options{Schema: m.Schema, IgnoreTarget: ignoreTarget}
	if m.Schema == nil {
		opt = data.Options{Task: m.Task, Offsets: &data.Offsets{}}
		if o := m.Offsets(); o != nil {
			opt.Offsets = o
		}
		if ignoreTarget {
			var err error
			if opt.Schema, err = columnsAsTheyCome(m, source); err != nil {
				return nil, dataErr(err)
			}
			if opt.Schema != nil {
				opt.Task, opt.IgnoreTarget, opt.Offsets = data.Auto, true, nil
			}
		}
	}
	var d *data.Dataset
	var err error
	if test != "" {
		d, err = data.LoadWithTest(source, test, opt)
	} else {
		d, err = data.Load(source, opt)
	}
	if err != nil {
		return nil, dataErr(err)
	}
	if d.Width() != len(m.Features) {
		return nil, errors.Errorf("%s has %d features; the model takes %d", d.Name, d.Width(), len(m.Features))
	}
	if m.Task == data.Classification && d.Labeled() && len(d.Classes) != len(m.Classes) {
		return nil, errors.Errorf("%s has %d classes; the model knows %d", d.Name, len(d.Classes), len(m.Classes))
	}
	return d, nil
}

// columnsAsTheyCome makes a schema for a CSV file that a model without one is to predict from: as many columns as the
// model has inputs, all of numbers, and perhaps a target behind them. It returns nil for data that is no CSV file.
func columnsAsTheyCome(m *models.Model, source string) (*data.Schema, error) {
	header, err := data.Header(source)
	if header == nil || err != nil {
		return nil, err
	}
	s := &data.Schema{Task: m.Task, Classes: m.Classes}
	switch n := len(m.Features); len(header) {
	case n:
		for s.Target = "target"; slices.Contains(header, s.Target); s.Target += "_" {
		}
	case n + 1:
		s.Target, header = header[n], header[:n]
	default:
		return nil, errors.Errorf("%s has %d columns; the model takes %d features", source, len(header), n)
	}
	for i, name := range header {
		c := data.Column{Name: name, Kind: data.Numeric}
		if o := m.Offsets(); o != nil && i < len(o.Offset) {
			c.Offset, c.Scale = o.Offset[i], o.Scale[i]
		}
		s.Columns = append(s.Columns, c)
	}
	return s, nil
}
