package training

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// The folders and files of checkpoints.
const (
	lastDir       = "last"
	bestDir       = "best"
	optimizerFile = "optimizer.state"
	progressFile  = "progress.json"
)

// ErrCheckpoint is the cause where a checkpoint cannot be resumed from.
var ErrCheckpoint = errors.New("unusable checkpoint")

// record is progress.json: where training stood, and what must be the same to go on.
type record struct {
	progress
	Optimizer   string  `json:"optimizer"`
	Batch       int     `json:"batch"`
	Seed        uint64  `json:"seed"`
	Fingerprint string  `json:"fingerprint"`
	TrainRows   int     `json:"train_rows"`
	History     History `json:"history"`
	Seconds     float64 `json:"seconds"`
}

// checkpoint writes a folder as a whole: under another name first, every file synced, then renamed. If the disk fills
// up, what was there before stays.
func (t *Trainer) checkpoint(name string) error {
	dir := filepath.Join(t.cfg.Checkpoints, name)
	return errors.Wrapf(replaceDir(dir, t.writeCheckpoint), "checkpoint %s", dir)
}

func (t *Trainer) writeCheckpoint(dir string) error {
	if err := t.model.Save(filepath.Join(dir, models.File)); err != nil {
		return err
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, optimizerFile), func(w io.Writer) error {
		_, err := t.cfg.Optimizer.State().WriteTo(w)
		return err
	}); err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, progressFile), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(record{progress: t.state, Optimizer: t.cfg.Optimizer.Name(), Batch: t.cfg.Batch, Seed: t.cfg.Seed,
			Fingerprint: t.data.Fingerprint, TrainRows: len(t.parts.Train), History: t.history, Seconds: t.seconds})
	})
}

// replaceDir fills a new folder and puts it in dir's place. A folder cannot be replaced by one rename; between the two
// the old one has the name dir.old, where Resume finds it.
func replaceDir(dir string, fill func(dir string) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return err
	}
	fresh, old := dir+".new", dir+".old"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o777); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(fresh)
		}
	}()
	if err := fill(fresh); err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
		if err := os.Rename(dir, old); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		return err
	}
	return os.RemoveAll(old)
}

// Resume continues the training that wrote checkpoints to Config.Checkpoints: weights, optimizer, position, history and
// best weights. What must not have changed since (data, batch size, seed, optimizer) is checked. The trainer must be
// fresh, built for the same model.
func (t *Trainer) Resume() error {
	if t.cfg.Checkpoints == "" {
		return errors.Wrap(ErrCheckpoint, "no directory of checkpoints is given")
	}
	dir := filepath.Join(t.cfg.Checkpoints, lastDir)
	if _, err := os.Stat(dir); err != nil {
		if _, err := os.Stat(dir + ".old"); err != nil {
			return errors.Wrapf(ErrCheckpoint, "%s: there is none", dir)
		}
		dir += ".old"
	}
	var r record
	b, err := os.ReadFile(filepath.Join(dir, progressFile))
	if err != nil {
		return errors.Wrapf(ErrCheckpoint, "%v", err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return errors.Wrapf(ErrCheckpoint, "%s: %v", filepath.Join(dir, progressFile), err)
	}
	for _, c := range []struct {
		what      string
		was, have any
	}{
		{"data", short(r.Fingerprint), short(t.data.Fingerprint)},
		{"number of training rows", r.TrainRows, len(t.parts.Train)},
		{"batch size", r.Batch, t.cfg.Batch},
		{"seed", r.Seed, t.cfg.Seed},
		{"optimizer", r.Optimizer, t.cfg.Optimizer.Name()},
	} {
		if c.was != c.have {
			return errors.Wrapf(ErrCheckpoint, "%s: the %s was %v and is now %v", dir, c.what, c.was, c.have)
		}
	}
	state, err := readOptimizer(filepath.Join(dir, optimizerFile))
	if err != nil {
		return err
	}
	last, err := weights(t.model, filepath.Join(dir, models.File))
	if err != nil {
		return err
	}
	var best snapshot
	if r.BestEpoch > 0 {
		if best, err = weights(t.model, filepath.Join(t.cfg.Checkpoints, bestDir, models.File)); err != nil {
			return err
		}
	}
	if err := t.batches.Seek(r.Cursor); err != nil {
		return errors.Wrapf(ErrCheckpoint, "%s: %v", dir, err)
	}
	if err := t.cfg.Optimizer.SetState(state); err != nil {
		return errors.Wrapf(ErrCheckpoint, "%s: %v", dir, err)
	}
	last.restore(t.model.Net)
	t.state, t.history, t.seconds = r.progress, r.History, r.Seconds
	t.good = last
	t.best = best
	return nil
}

func short(fingerprint string) string { return fingerprint[:min(12, len(fingerprint))] }

func readOptimizer(path string) (*optimizers.State, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrapf(ErrCheckpoint, "%v", err)
	}
	defer f.Close()
	s, err := optimizers.ReadState(f)
	return s, errors.Wrap(err, path)
}

// weights reads a checkpoint's model and returns its parameters in the order of m's.
func weights(m *models.Model, path string) (snapshot, error) {
	saved, err := models.Load(path)
	if err != nil {
		return nil, err
	}
	s := make(snapshot, len(m.Net.Params))
	for i, p := range m.Net.Params {
		q := saved.Net.Param(p.Name())
		if q == nil || !slices.Equal(q.Shape(), p.Shape()) || q.Dtype() != p.Dtype() {
			return nil, errors.Wrapf(ErrCheckpoint, "%s: parameter %q %v of the model is not in it", path, p.Name(), p.Shape())
		}
		v, err := gorgonia.CloneValue(q.Value())
		if err != nil {
			return nil, errors.Wrap(err, path)
		}
		s[i] = v
	}
	return s, nil
}
