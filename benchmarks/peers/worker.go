package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// library makes work ready. threads is the number that the library may use.
type library interface {
	prepare(r request) (job, error)
}

// job is work that is ready to run.
type job struct {
	step    func() error
	numbers func() []float32 // after a step: the loss, the probabilities, or elements of the product
}

// serve answers requests until in ends. What was made ready for timing is kept for the next round.
func serve(lib library, in io.Reader, out io.Writer) error {
	dec, enc := json.NewDecoder(in), json.NewEncoder(out)
	ready := map[string]job{}
	for {
		var r request
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a, err := answer(lib, ready, r)
		if err != nil {
			a.Error = err.Error()
		}
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
}

func answer(lib library, ready map[string]job, r request) (a response, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if r.Check {
		j, err := lib.prepare(r)
		if err != nil {
			return a, err
		}
		for range checkedSteps(r.Work) {
			if err := j.step(); err != nil {
				return a, err
			}
			a.Numbers = append(a.Numbers, j.numbers()...)
		}
		return a, nil
	}
	j, ok := ready[r.Work.String()]
	if !ok {
		if j, err = lib.prepare(r); err != nil {
			return a, err
		}
		ready[r.Work.String()] = j
	}
	a.Nanoseconds, err = measure(j.step, time.Duration(r.Seconds*float64(time.Second)))
	return a, err
}

// checkedSteps is how many steps a check takes: three losses show that the update is right.
func checkedSteps(w work) int {
	if w.Kind == kindTrain {
		return 3
	}
	return 1
}

// measure returns the median time of a step, in nanoseconds, over samples that are long enough for the clock.
// pytorch.py does the same.
func measure(step func() error, budget time.Duration) (float64, error) {
	const shortest = 50 * time.Microsecond
	run := func(n int) (time.Duration, error) {
		start := time.Now()
		for range n {
			if err := step(); err != nil {
				return 0, err
			}
		}
		return time.Since(start), nil
	}
	begin := time.Now()
	n := 1
	for { // warm up, and find how many steps make a sample
		d, err := run(n)
		if err != nil {
			return 0, err
		}
		if d < shortest {
			n *= 2
		} else if time.Since(begin) > budget/5 {
			break
		}
	}
	var samples []float64
	for begin = time.Now(); len(samples) == 0 || time.Since(begin) < budget; {
		d, err := run(n)
		if err != nil {
			return 0, err
		}
		samples = append(samples, float64(d)/float64(n))
	}
	return median(samples), nil
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	if len(s)%2 == 1 {
		return s[len(s)/2]
	}
	return (s[len(s)/2-1] + s[len(s)/2]) / 2
}

// sampled picks some elements of a product's result for a check.
func sampled[T float32 | float64](c []T) []float32 {
	const most = 64
	var out []float32
	for i := 0; i < len(c); i += max(1, len(c)/most) {
		out = append(out, float32(c[i]))
	}
	return out
}
