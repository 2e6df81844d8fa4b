package training

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"slices"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// ErrCheckpoint is the cause where a checkpoint cannot be resumed from.
var ErrCheckpoint = errors.New("unusable checkpoint")

// checkpointError keeps the cause in reach of errors.Is, next to ErrCheckpoint.
type checkpointError struct {
	dir   string
	cause error
}

func (e checkpointError) Error() string {
	return fmt.Sprintf("%v %s: %v", ErrCheckpoint, e.dir, e.cause)
}
func (e checkpointError) Is(target error) bool { return target == ErrCheckpoint }
func (e checkpointError) Unwrap() error        { return e.cause }

// Resume continues the training that wrote checkpoints to Config.Checkpoints: weights, optimizer, position, history and
// best weights. What must not have changed since is checked: data, rows, model, batch size, seed, monitor, optimizer.
// The trainer must be fresh. Every error is ErrCheckpoint, and then nothing has changed; one of what must not have changed is
// ErrSettings, too.
func (t *Trainer) Resume() error {
	dir := filepath.Join(t.cfg.Checkpoints, lastDir)
	if err := t.resume(dir); err != nil {
		return checkpointError{dir, err}
	}
	return nil
}

func (t *Trainer) resume(dir string) error {
	if t.cfg.Checkpoints == "" {
		return errors.New("no directory of checkpoints is given")
	}
	dir, ok := present(dir)
	if !ok {
		return errors.New("there is none")
	}
	r, err := readCheckpoint(dir)
	if err != nil {
		return err
	}
	if err := t.compare(r); err != nil {
		return err
	}
	state, err := readOptimizer(filepath.Join(dir, optimizerFile))
	if err != nil {
		return err
	}
	last, err := weights(t.model, filepath.Join(dir, models.File))
	if err != nil {
		return err
	}
	var iterate snapshot
	if path := filepath.Join(dir, iterateFile); t.evaluation != nil {
		if iterate, err = weights(t.model, path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err // older checkpoints of such an optimizer have none: their model's weights are the iterate
		}
	}
	best, err := t.bestOf(r, dir, last)
	if err != nil {
		return err
	}
	before := t.batches.Cursor()
	if err := t.batches.Seek(r.Cursor); err != nil {
		return err
	}
	if err := t.cfg.Optimizer.SetState(state); err != nil {
		if back := t.batches.Seek(before); back != nil {
			return back
		}
		return err
	}
	last.restore(t.model.Net)
	t.state, t.history, t.seconds = r.progress, r.History, r.Seconds
	if t.state.Stopped { // another patience may go on
		t.state.Stopped = !t.state.patient(t.state.Cursor.Epoch, t.cfg.Patience)
		t.history.Stopped = t.state.Stopped
	}
	t.good, t.best, t.iterate = last, best, iterate
	t.notes = t.remarks(r)
	if r.Run != "" {
		t.run = r.Run
	}
	t.checkpoints.bestOnDisk = r.BestEpoch // see bestOf
	return nil
}

// compare says what is not as it was when a record was written.
func (t *Trainer) compare(r *record) error {
	now := t.record()
	var other error
	if r.Run != "" && r.Run != t.run {
		other = errors.New("it is of another run than the settings (config.yaml in a run directory)")
	}
	if t.cfg.Run != "" && other != nil {
		return other
	}
	for _, c := range []struct {
		what      string
		was, have any
	}{
		{"data", summed(r.Fingerprint), summed(now.Fingerprint)},
		{"choice of training and validation rows", summed(r.Rows), summed(now.Rows)},
		{"model", summed(r.Model), summed(now.Model)},
		{"batch size", r.Batch, now.Batch},
		{"seed", r.Seed, now.Seed},
		{"monitor", r.Monitor, now.Monitor},
		{"optimizer", r.Optimizer, now.Optimizer},
	} {
		if c.was == c.have {
			continue
		}
		if _, ok := c.was.(summed); ok { // which says nothing to people
			return settingsErr(errors.Errorf("the %s was another; go on with what it was, or begin anew", c.what))
		}
		return settingsErr(errors.Errorf("the %s was %v and is now %v; go on with what it was, or begin anew", c.what, c.was, c.have))
	}
	return other // which a default identity says less well
}

// summed is a digest of what is compared.
type summed string

// bestOf finds the weights of the best epoch. If that is the one which last/ ends, they are last's, and best/, which is
// written after it, is made of it where it was not.
func (t *Trainer) bestOf(r *record, lastDir string, last snapshot) (snapshot, error) {
	if r.BestEpoch == 0 {
		return nil, nil
	}
	dir := filepath.Join(t.cfg.Checkpoints, bestDir)
	best, err := t.savedBest(dir, r)
	if err == nil {
		return best, nil
	}
	if r.Cursor != (data.Cursor{Epoch: r.BestEpoch}) {
		return nil, errors.Wrapf(err, "weights of the best epoch, %d", r.BestEpoch)
	}
	return last, replaceDir(dir, func(fresh string) error { return os.CopyFS(fresh, os.DirFS(lastDir)) })
}

func (t *Trainer) savedBest(dir string, last *record) (snapshot, error) {
	dir, _ = present(dir)
	r, err := readCheckpoint(dir)
	if err != nil {
		return nil, err
	}
	if err := last.follows(r); err != nil {
		return nil, errors.Wrap(err, dir)
	}
	return weights(t.model, filepath.Join(dir, models.File))
}

// sameButOnes compares shapes without their axes of size 1: a file has a bias (1, n) of a Gorgonia program as (n).
func sameButOnes(a, b tensor.Shape) bool {
	long := func(s tensor.Shape) []int {
		return slices.DeleteFunc(slices.Clone(s), func(n int) bool { return n == 1 })
	}
	return slices.Equal(long(a), long(b))
}

func rowsDigest(p *data.Parts) string {
	h := sha256.New()
	for _, rows := range [][]int{p.Train, p.Val} {
		hashInts(h, len(rows))
		hashInts(h, rows...)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hashInts(h hash.Hash, x ...int) {
	buf := make([]byte, 0, 8*len(x))
	for _, v := range x {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(v))
	}
	h.Write(buf)
}

// structure identifies a network, its weights aside: operations with their parameters in the order of computation,
// names, shapes and types, and the values of constants.
func structure(net *network.Network) string {
	h := sha256.New()
	order, err := net.Order()
	if err != nil { // a network whose program was compiled has none
		return ""
	}
	number := map[*gorgonia.Node]int{}
	for i, n := range order {
		number[n] = i
		what := n.Name()
		if o := n.Op(); o != nil {
			what = o.String()
		}
		fmt.Fprintf(h, "%q %v %v", what, n.Shape(), n.Dtype())
		for _, k := range op.Children(n) {
			hashInts(h, number[k])
		}
	}
	for _, c := range net.Constants {
		fmt.Fprintf(h, "%q %v", c.Name(), c.Value().Data())
	}
	return hex.EncodeToString(h.Sum(nil))
}

func readOptimizer(path string) (*optimizers.State, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := optimizers.ReadState(f)
	return s, errors.Wrap(err, path)
}

// weights reads a model of a checkpoint and returns its parameters and states in the order of m's.
func weights(m *models.Model, path string) (snapshot, error) {
	saved, err := models.Load(path)
	if err != nil {
		return nil, err
	}
	s := make(snapshot, len(trained(m.Net)))
	for i, p := range trained(m.Net) {
		q := saved.Net.Param(p.Name())
		if q == nil || !sameButOnes(q.Shape(), p.Shape()) || q.Dtype() != p.Dtype() {
			return nil, errors.Errorf("%s: parameter %q %v of the model is not in it", path, p.Name(), p.Shape())
		}
		if _, err := op.Floats[float32](q.Value()); err != nil {
			if _, err := op.Floats[float64](q.Value()); err != nil {
				return nil, errors.Wrap(err, path)
			}
		}
		if s[i], err = gorgonia.CloneValue(q.Value()); err != nil {
			return nil, errors.Wrap(err, path)
		}
		if d, ok := s[i].(*tensor.Dense); ok && !slices.Equal(d.Shape(), p.Shape()) {
			if err := d.Reshape(p.Shape()...); err != nil {
				return nil, errors.Wrap(err, path)
			}
		}
	}
	return s, nil
}
