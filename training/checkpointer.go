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

// checkpointer writes checkpoints. Most are written beside the next epoch, by a model of its own, and not more often
// than interval; whoever needs one on the disk calls flush. At every instant the two folders can be resumed from: last/
// is written before best/ where both are of one epoch, for Resume makes best/ of it; where the best epoch is an earlier
// one that was not written, it passes through last/.
type checkpointer struct {
	dir      string
	model    *models.Model // with a network of its own
	interval time.Duration

	latest, best *moment
	unwritten    bool      // latest is not on the disk
	bestOnDisk   int       // epoch of best/, 0 for none
	began        time.Time // the last writing

	writing chan error // receives the outcome of a writing in progress; nil if there is none
}

func newCheckpointer(m *models.Model, cfg *Config) (*checkpointer, error) {
	own := *m
	var err error
	if own.Net, err = m.Net.Clone(); err != nil {
		return nil, err
	}
	interval := cfg.CheckpointInterval
	if interval == 0 {
		interval = time.Second
	}
	return &checkpointer{dir: cfg.Checkpoints, model: &own, interval: interval}, nil
}

// keep takes the state at the end of an epoch. An error is that of an earlier writing.
func (c *checkpointer) keep(m *moment, best bool) error {
	c.latest, c.unwritten = m, true
	if best {
		c.best = m
	}
	if c.interval < 0 {
		return c.flush()
	}
	select {
	case err := <-c.writing: // never, if it is nil
		c.writing = nil
		if err != nil {
			return err
		}
	default:
	}
	if c.writing == nil && time.Since(c.began) >= c.interval {
		c.began, c.unwritten = time.Now(), false
		c.writing = make(chan error, 1)
		go func(latest, best *moment, outcome chan<- error) { outcome <- c.write(latest, best) }(c.latest, c.best, c.writing)
	}
	return nil
}

// flush returns when the state that was kept last is on the disk.
func (c *checkpointer) flush() error {
	if c.writing != nil {
		err := <-c.writing
		if c.writing = nil; err != nil {
			return err
		}
	}
	if !c.unwritten {
		return nil
	}
	c.began, c.unwritten = time.Now(), false
	return c.write(c.latest, c.best)
}

func (c *checkpointer) write(latest, best *moment) error {
	last := filepath.Join(c.dir, lastDir)
	save := func(m *moment) error {
		return errors.Wrapf(replaceDir(last, func(dir string) error { return c.fill(dir, m) }), "checkpoint %s", last)
	}
	if best != nil && best.record.BestEpoch != c.bestOnDisk {
		if err := save(best); err != nil {
			return err
		}
		dir := filepath.Join(c.dir, bestDir)
		if err := replaceDir(dir, func(fresh string) error { return copyFiles(fresh, last) }); err != nil {
			return errors.Wrapf(err, "checkpoint %s", dir)
		}
		c.bestOnDisk = best.record.BestEpoch
		if best == latest {
			return nil
		}
	}
	return save(latest)
}

// fill writes the files of a checkpoint.
func (c *checkpointer) fill(dir string, m *moment) error {
	m.weights.restore(c.model.Net)
	if err := c.model.Save(filepath.Join(dir, models.File)); err != nil {
		return err
	}
	if m.iterate != nil {
		m.iterate.restore(c.model.Net)
		if err := c.model.Save(filepath.Join(dir, iterateFile)); err != nil {
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
