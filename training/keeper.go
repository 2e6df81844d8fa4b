package training

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/optimizers"
	"github.com/pkg/errors"
)

// moment is all that a checkpoint holds, copied: training goes on while it is written.
type moment struct {
	record    record
	weights   snapshot
	iterate   snapshot // see Trainer
	optimizer *optimizers.State
}

// keeper writes checkpoints. Most are written beside the next epoch, by a model of the keeper's own, and not more often
// than interval; whoever needs one on the disk calls flush. At every instant the two folders can be resumed from: last/
// is written before best/ where both are of one epoch, for Resume makes best/ of it; where the best epoch is an earlier
// one that was not written, it passes through last/.
type keeper struct {
	dir      string
	model    *models.Model // with a network of its own
	interval time.Duration

	latest, best *moment
	unwritten    bool      // latest is not on the disk
	bestOnDisk   int       // epoch of best/, 0 for none
	began        time.Time // the last writing

	writing chan error // receives the outcome of a writing in progress; nil if there is none
}

func newKeeper(m *models.Model, cfg *Config) (*keeper, error) {
	own := *m
	var err error
	if own.Net, err = m.Net.Clone(); err != nil {
		return nil, err
	}
	interval := cfg.CheckpointInterval
	if interval == 0 {
		interval = time.Second
	}
	return &keeper{dir: cfg.Checkpoints, model: &own, interval: interval}, nil
}

// keep takes the state at the end of an epoch. An error is that of an earlier writing.
func (k *keeper) keep(m *moment, best bool) error {
	k.latest, k.unwritten = m, true
	if best {
		k.best = m
	}
	if k.interval < 0 {
		return k.flush()
	}
	select {
	case err := <-k.writing: // never, if it is nil
		k.writing = nil
		if err != nil {
			return err
		}
	default:
	}
	if k.writing == nil && time.Since(k.began) >= k.interval {
		k.began, k.unwritten = time.Now(), false
		k.writing = make(chan error, 1)
		go func(latest, best *moment, outcome chan<- error) { outcome <- k.write(latest, best) }(k.latest, k.best, k.writing)
	}
	return nil
}

// flush returns when the state that was kept last is on the disk.
func (k *keeper) flush() error {
	if k.writing != nil {
		err := <-k.writing
		if k.writing = nil; err != nil {
			return err
		}
	}
	if !k.unwritten {
		return nil
	}
	k.began, k.unwritten = time.Now(), false
	return k.write(k.latest, k.best)
}

func (k *keeper) write(latest, best *moment) error {
	last := filepath.Join(k.dir, lastDir)
	save := func(m *moment) error {
		return errors.Wrapf(replaceDir(last, func(dir string) error { return k.fill(dir, m) }), "checkpoint %s", last)
	}
	if best != nil && best.record.BestEpoch != k.bestOnDisk {
		if err := save(best); err != nil {
			return err
		}
		dir := filepath.Join(k.dir, bestDir)
		if err := replaceDir(dir, func(fresh string) error { return copyFiles(fresh, last) }); err != nil {
			return errors.Wrapf(err, "checkpoint %s", dir)
		}
		k.bestOnDisk = best.record.BestEpoch
		if best == latest {
			return nil
		}
	}
	return save(latest)
}

// fill writes the files of a checkpoint.
func (k *keeper) fill(dir string, m *moment) error {
	m.weights.restore(k.model.Net)
	if err := k.model.Save(filepath.Join(dir, models.File)); err != nil {
		return err
	}
	if m.iterate != nil {
		m.iterate.restore(k.model.Net)
		if err := k.model.Save(filepath.Join(dir, iterateFile)); err != nil {
			return err
		}
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, optimizerFile), func(w io.Writer) error {
		_, err := m.optimizer.WriteTo(w)
		return err
	}); err != nil {
		return err
	}
	return m.record.write(dir)
}

// copyFiles copies what a checkpoint consists of.
func copyFiles(to, from string) error {
	for _, name := range []string{models.File, iterateFile, optimizerFile, progressFile} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if os.IsNotExist(err) && name == iterateFile {
			continue
		}
		if err != nil {
			return err
		}
		err = atomicfile.WriteFile(filepath.Join(to, name), func(w io.Writer) error {
			_, err := w.Write(b)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
