package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/gtrain/gtrain/benchmarks"
)

// contender is a worker that passed its checks, and what it took for each work.
type contender struct {
	*process
	engine engine
	times  map[string][]float64 // ns, one for each round
	out    map[string]bool      // work that it failed, or was far behind at
}

// race is a whole measurement.
type race struct {
	o       options
	log     io.Writer
	works   []work
	engines []engine
	field   []*contender
	peak    []float64 // FLOP/s of one core, one for each round
}

// cases lists the work: every network and batch, and the products.
func cases(o options) (w []work) {
	nets, squares := slices.Clone(o.nets), benchmarks.Squares()
	if o.quick {
		squares = squares[:4]
		for i, n := range nets {
			nets[i].Batches = n.Batches[:1]
		}
	}
	for _, kind := range []string{kindTrain, kindInfer} {
		for _, n := range nets {
			for _, b := range n.Batches {
				w = append(w, work{Kind: kind, Network: n, Batch: b})
			}
		}
	}
	products := squares
	for _, p := range benchmarks.Products()[len(benchmarks.Squares()):] {
		if !o.quick && p.M > 1 && p.K > 1 { // with a batch of one there are vectors in it
			products = append(products, p)
		}
	}
	for _, p := range products {
		w = append(w, work{Kind: kindGemm, Product: p})
	}
	for _, p := range squares {
		w = append(w, work{Kind: kindGemm, Product: p, Double: true})
	}
	return slices.DeleteFunc(w, func(w work) bool { return !o.kinds[w.Kind] })
}

func (r *race) request(w work) request {
	return request{Work: w, Files: r.o.files(w.Network), Rate: benchmarks.TimedRate, Seconds: r.o.seconds}
}

// check starts every worker and holds its numbers against ours. A worker that ends, or whose numbers on any work are
// wrong, is left out; that an engine does not know an operation is said too.
func (r *race) check() error {
	want := map[string][]float32{}
	for _, e := range r.engines {
		for _, v := range e.variants {
			p, err := start(e, v, r.o)
			if err != nil {
				fmt.Fprintf(r.log, "left out: %s (%s): %v\n", e.name, v.name, err)
				continue
			}
			c := &contender{p, e, map[string][]float64{}, map[string]bool{}}
			if err := r.checkOne(c, want); err != nil {
				if e.name == r.engines[0].name {
					return err
				}
				fmt.Fprintf(r.log, "left out: %v\n", err)
				p.stop()
				continue
			}
			r.field = append(r.field, c)
		}
	}
	return nil
}

func (r *race) checkOne(c *contender, want map[string][]float32) error {
	for _, w := range r.works {
		if !c.engine.does(w) {
			continue
		}
		q := r.request(w)
		q.Check, q.Rate = true, benchmarks.CheckedRate
		a, err := c.ask(q)
		if err != nil {
			return err
		}
		if want[w.String()] == nil { // gtrain is asked first
			want[w.String()] = a.Numbers
		}
		if err := agree(a.Numbers, want[w.String()], w.tolerance()); err != nil {
			return fmt.Errorf("%v: %v: %w", c, w, err)
		}
	}
	return nil
}

// hopeless is how many times the time of its engine's best variant drops a variant out after a round.
const hopeless = 1.3

// run goes through the rounds.
func (r *race) run() error {
	for round := range r.o.rounds {
		fmt.Fprintf(r.log, "round %d of %d\n", round+1, r.o.rounds)
		if err := r.measurePeak(); err != nil {
			return err
		}
		for i, w := range r.works {
			for k := range r.field {
				c := r.field[(k+round+i)%len(r.field)]
				if !c.engine.does(w) || c.out[w.String()] {
					continue
				}
				time.Sleep(60 * time.Millisecond) // threads of the one before look for work for tens of milliseconds
				a, err := c.ask(r.request(w))
				if err != nil {
					return err
				}
				c.times[w.String()] = append(c.times[w.String()], a.Nanoseconds)
			}
			if round == 0 {
				r.drop(w)
			}
		}
	}
	return nil
}

// measurePeak asks our own worker for the limit.
func (r *race) measurePeak() error {
	q := request{Work: work{Kind: kindPeak}, Check: true}
	a, err := r.field[0].ask(q)
	if err == nil {
		r.peak = append(r.peak, float64(a.Numbers[0]))
	}
	return err
}

func (r *race) drop(w work) {
	for _, c := range r.field {
		t := c.times[w.String()]
		if len(t) > 0 && t[0] > hopeless*r.best(c.engine.name, w) {
			c.out[w.String()] = true
		}
	}
}

// best is an engine's median on some work, by its best variant, in ns; +Inf if it does not do that work.
func (r *race) best(engine string, w work) float64 {
	ns := math.Inf(1)
	for _, c := range r.field {
		if t := c.times[w.String()]; c.engine.name == engine && len(t) > 0 && !c.out[w.String()] {
			ns = min(ns, median(t))
		}
	}
	return ns
}

func (r *race) stop() {
	for _, c := range r.field {
		if err := c.process.stop(); err != nil {
			fmt.Fprintf(r.log, "%v: %v\n", c, err)
		}
	}
}
