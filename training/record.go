package training

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gtrain/gtrain/data"
	"github.com/pkg/errors"
)

// readCheckpoint reads a checkpoint's record and makes sure that the files beside it are those that it was written with.
func readCheckpoint(dir string) (*record, error) {
	r, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		path := filepath.Join(dir, name)
		sum, err := fileDigest(path)
		if err != nil {
			return nil, err
		}
		if sum != r.Files[name] {
			return nil, errors.Errorf("%s is not the file that %s was written with: it is of another epoch or run, or damaged",
				path, filepath.Join(dir, progressFile))
		}
	}
	return r, nil
}

func readRecord(dir string) (*record, error) {
	path := filepath.Join(dir, progressFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, errors.Wrap(err, path)
	}
	// What was hashed is the text without spaces and with an empty checksum, so that records which other versions wrote,
	// with more fields or fewer, can be checked too.
	var text bytes.Buffer
	if err := json.Compact(&text, b); err != nil {
		return nil, errors.Wrap(err, path)
	}
	bare, found := bytes.CutSuffix(text.Bytes(), fmt.Appendf(nil, `"checksum":"%s"}`, r.Checksum))
	if !found || digest(append(bare, `"checksum":""}`...)) != r.Checksum {
		return nil, errors.Errorf("%s is damaged: its checksum does not match", path)
	}
	r.History.summarise()
	return &r, nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// identity is the default of Config.Run.
func (t *Trainer) identity() string {
	return digest(fmt.Appendf(nil, "%q %q %q %d %d %q", t.data.Fingerprint, t.rows, t.structure, t.cfg.Seed, t.cfg.Batch,
		t.cfg.Optimizer.Name()))
}

// follows says why the training of record r cannot have had best as its best epoch's.
func (r *record) follows(best *record) error {
	n := best.BestEpoch
	switch {
	case r.Run != "" && best.Run != "" && r.Run != best.Run:
		return errors.New("it is of another run")
	case n != r.BestEpoch:
		return errors.Errorf("it holds epoch %d, and the best is %d", n, r.BestEpoch)
	case best.Cursor != (data.Cursor{Epoch: n}) || len(best.History.Epochs) != n:
		return errors.Errorf("it does not hold the end of epoch %d", n)
	case len(r.History.Epochs) < n:
		return errors.Errorf("it holds epoch %d, which the training has not come to", n)
	}
	was, err := json.Marshal(best.History.Epochs)
	if err != nil {
		return err
	}
	is, err := json.Marshal(r.History.Epochs[:n])
	if err != nil {
		return err
	}
	if !bytes.Equal(was, is) {
		return errors.Errorf("it is of another run: its %d epochs went otherwise", n)
	}
	return nil
}

// remarks are what whoever resumes from a record should know.
func (t *Trainer) remarks(r *record) []string {
	var notes []string
	if r.Files == nil || r.Run == "" {
		notes = append(notes, "the checkpoint was written by an earlier version, which did not record which files belong "+
			"together: that they do is not checked")
	}
	now := t.record()
	for _, c := range []struct{ what, was, is string }{
		{"instruction set", r.Kernels, now.Kernels}, {"processor", r.Arch, now.Arch}, {"program", r.Program, now.Program},
	} {
		if c.was != "" && c.is != "" && c.was != c.is {
			notes = append(notes, fmt.Sprintf("the checkpoint was computed with another %s, %s, and this is %s: the result may "+
				"not have the bits of a training in one piece", c.what, c.was, c.is))
		}
	}
	return notes
}

// ResumeNotes says, a line each, what whoever called Resume should know: that the training goes on with other arithmetic
// than before, and so will end in other bits, or that the checkpoint is too old to be checked.
func (t *Trainer) ResumeNotes() []string { return t.notes }

// Done tells whether nothing is left to train: the epochs are over, or early stopping has decided.
func (t *Trainer) Done() bool { return t.state.Cursor.Epoch >= t.cfg.Epochs || t.state.Stopped }

// Run is the identity of the training; that of the checkpoint after Resume.
func (t *Trainer) Run() string { return t.run }

// HasCheckpoint tells whether a directory holds a checkpoint.
func HasCheckpoint(dir string) bool {
	_, last := present(filepath.Join(dir, lastDir))
	_, best := present(filepath.Join(dir, bestDir))
	return last || best
}

// BestCheckpoint finds the checkpoint of the best epoch in a directory of checkpoints, which a training may be writing to
// meanwhile. Its files are checked. The error is ErrCheckpoint.
func BestCheckpoint(dir string) (path string, epoch int, err error) {
	for tries := 0; ; tries++ {
		path, epoch, err = bestCheckpoint(dir)
		if err == nil || tries == 5 {
			break
		}
		time.Sleep(20 * time.Millisecond) // a folder is being put in another's place
	}
	if err != nil {
		return "", 0, checkpointError{path, err}
	}
	return path, epoch, nil
}

func bestCheckpoint(dir string) (path string, epoch int, err error) {
	last, _ := present(filepath.Join(dir, lastDir))
	r, err := readRecord(last)
	if err != nil {
		return last, 0, err
	}
	if r.BestEpoch == 0 {
		return last, 0, errors.New("it is of the first epoch, which has not ended")
	}
	path, _ = present(filepath.Join(dir, bestDir))
	best, err := readCheckpoint(path)
	if err == nil {
		err = r.follows(best)
	}
	if err != nil && r.Cursor == (data.Cursor{Epoch: r.BestEpoch}) { // best/ is written after last/
		path = last
		_, err = readCheckpoint(last)
	}
	return path, r.BestEpoch, err
}

// CheckCheckpoint says why the files of a checkpoint's folder do not belong together. A folder without a record, which is
// no checkpoint, has nothing to say.
func CheckCheckpoint(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, progressFile)); os.IsNotExist(err) {
		return nil
	}
	if _, err := readCheckpoint(dir); err != nil {
		return checkpointError{dir, err}
	}
	return nil
}
