package jobs

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/jobs/config"
	"github.com/gtrain/gtrain/models"
	"github.com/gtrain/gtrain/threads"
	"github.com/gtrain/gtrain/training"
	"github.com/pkg/errors"
)

// BenchOptions say how to measure a model.
type BenchOptions struct {
	Batches []int         // sizes; 1, 32 and 128 if empty
	Count   int           // samples of each size, 5 if 0: what benchstat compares
	Time    time.Duration // of a sample, 200 ms if 0
	Threads int
}

// BenchReport is how long a model's inference takes on this machine. Its JSON names are stable.
type BenchReport struct {
	Model   string        `json:"model"`
	Params  int           `json:"params"`
	MACs    int64         `json:"macs"` // of one row
	OS      string        `json:"os"`
	Arch    string        `json:"arch"`
	Kernels string        `json:"kernels"` // instruction set in use
	Threads int           `json:"threads"`
	Samples []BenchSample `json:"samples"`
}

// BenchSample is one measurement.
type BenchSample struct {
	Batch     int     `json:"batch"`
	Runs      int     `json:"runs"`
	LatencyUS float64 `json:"latency_us"` // mean of one run
	RowsPerS  float64 `json:"throughput"` // rows a second
	Bytes     int64   `json:"bytes_op"`   // allocated by a run
	Allocs    int64   `json:"allocs_op"`
}

// Bench measures inference of the model at path. The sizes take turns, so that what else the machine does meets all.
func Bench(ctx context.Context, path string, opt BenchOptions, rep Reporter) (*BenchReport, error) {
	if len(opt.Batches) == 0 {
		opt.Batches = []int{1, 32, 128}
	}
	for _, n := range opt.Batches {
		if n < 1 || n > maxBenchBatch {
			return nil, config.Usage(errors.Errorf("batch size %d: must be from 1 to %d", n, maxBenchBatch))
		}
	}
	if opt.Count == 0 {
		opt.Count = 5
	}
	if opt.Time == 0 {
		opt.Time = 200 * time.Millisecond
	}
	if opt.Count < 0 || opt.Time < 0 {
		return nil, config.Usage(errors.Errorf("%d samples of %v: neither can be negative", opt.Count, opt.Time))
	}
	threads.Set(opt.Threads)
	m, err := loadModel(path, rep)
	if err != nil {
		return nil, err
	}
	r := &BenchReport{Model: path, OS: runtime.GOOS, Arch: runtime.GOARCH, Kernels: kernels.ISA(),
		Threads: threads.Limit()}
	r.Params, _ = m.Net.ParamCount()
	one, err := m.Net.Rebatch(1)
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	cost, err := one.Cost()
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	r.MACs = cost.MACs
	var sizes []*benched
	for _, n := range opt.Batches {
		b, err := newBenched(m, n)
		if err != nil {
			return nil, errors.Wrap(err, path)
		}
		sizes = append(sizes, b)
	}
	rep.Begin("bench", opt.Count*len(sizes))
	defer rep.End()
	for range opt.Count {
		for _, b := range sizes {
			if ctx.Err() != nil {
				return nil, errors.Wrap(training.ErrInterrupted, "bench")
			}
			s, err := b.sample(opt.Time)
			if err != nil {
				return nil, errors.Wrap(err, path)
			}
			r.Samples = append(r.Samples, s)
			rep.Step(0)
		}
	}
	return r, nil
}

// maxBenchBatch keeps a slip of the keyboard from filling the memory.
const maxBenchBatch = 1 << 20

// benched is a model at one batch size.
type benched struct {
	runner *network.Runner
	batch  int
	x, out []float32
}

func newBenched(m *models.Model, batch int) (*benched, error) {
	r, err := network.NewRunner(m.Net, batch)
	if err != nil {
		return nil, err
	}
	if err := r.Freeze(); err != nil {
		return nil, err
	}
	b := &benched{runner: r, batch: batch, x: network.Sample(m.Net, batch), out: make([]float32, batch*r.Width(0))}
	for range 3 { // compiled, and in the caches
		if err := b.runner.Run(b.x, b.out); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *benched) sample(long time.Duration) (BenchSample, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runs, start, took := 0, time.Now(), time.Duration(0)
	for took < long || runs == 0 {
		for range max(1, runs/8) { // so that the clock is read seldom
			if err := b.runner.Run(b.x, b.out); err != nil {
				return BenchSample{}, err
			}
			runs++
		}
		took = time.Since(start)
	}
	runtime.ReadMemStats(&after)
	each := took.Seconds() / float64(runs)
	return BenchSample{Batch: b.batch, Runs: runs, LatencyUS: each * 1e6, RowsPerS: float64(b.batch) / each,
		Bytes:  int64(after.TotalAlloc-before.TotalAlloc) / int64(runs),
		Allocs: int64(after.Mallocs-before.Mallocs) / int64(runs)}, nil
}

// WriteLines writes the samples as lines of a Go benchmark. The model stands in a comment alone: benchstat compares lines
// of one name and configuration.
func (r *BenchReport) WriteLines(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %d parameters, %d MACs a row\n", r.Model, r.Params, r.MACs)
	fmt.Fprintf(&b, "goos: %s\ngoarch: %s\npkg: github.com/gtrain/gtrain\ncpu: %s\n", r.OS, r.Arch, r.Kernels)
	for _, s := range r.Samples {
		fmt.Fprintf(&b, "BenchmarkPredict/batch=%d-%d\t%8d\t%12.1f ns/op\t%12.0f rows/s\t%8d B/op\t%8d allocs/op\n", s.Batch,
			r.Threads, s.Runs, s.LatencyUS*1e3, s.RowsPerS, s.Bytes, s.Allocs)
	}
	_, err := io.WriteString(w, b.String())
	return errors.Wrap(err, "write result")
}
