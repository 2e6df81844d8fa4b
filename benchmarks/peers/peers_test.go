package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gtrain/gtrain/benchmarks"
)

// Every library in Go does gtrain's work: the same losses while training, the same probabilities, the same products.
func TestLibrariesAgree(t *testing.T) {
	mlx, err := newGoMLX()
	if err != nil {
		t.Fatal(err)
	}
	n := benchmarks.Networks()[0]
	works := []work{
		{Kind: kindTrain, Network: n, Batch: 1},
		{Kind: kindTrain, Network: n, Batch: 32},
		{Kind: kindInfer, Network: n, Batch: 32},
		{Kind: kindGemm, Product: benchmarks.Squares()[1]},
		{Kind: kindGemm, Product: benchmarks.Squares()[1], Double: true},
	}
	for _, p := range benchmarks.Products() {
		if strings.HasPrefix(p.Name, n.Name+"/batch=32/") { // with A or B transposed
			works = append(works, work{Kind: kindGemm, Product: p})
		}
	}
	peers := []struct {
		name  string
		lib   library
		kinds string
	}{
		{"gorgonia", tapeMachine{}, kindTrain + kindInfer + kindGemm},
		{"gomlx", mlx, kindTrain + kindInfer},
		{"openblas", newOpenBLAS(1), kindGemm},
	}
	for _, w := range works {
		q := request{Work: w, Check: true, Rate: benchmarks.CheckedRate}
		want, err := answer(gtrain{}, nil, q)
		if err != nil {
			t.Fatal(err)
		}
		if w.Kind == kindTrain && !(want.Numbers[2] < want.Numbers[0]) {
			t.Errorf("%v: losses %v", w, want.Numbers)
		}
		for _, p := range peers {
			if !strings.Contains(p.kinds, w.Kind) {
				continue
			}
			got, err := answer(p.lib, nil, q)
			if err == nil {
				err = agree(got.Numbers, want.Numbers, w.tolerance())
			}
			if err != nil {
				t.Errorf("%s: %v: %v", p.name, w, err)
			}
		}
	}
}

func TestAgree(t *testing.T) {
	want := []float32{2, 1e-6}
	for _, c := range []struct {
		got []float32
		ok  bool
	}{
		{[]float32{2, 1e-6}, true},
		{[]float32{2.0001, -1e-6}, true}, // to within the largest
		{[]float32{2.001, 1e-6}, false},
		{[]float32{2, 1e-3}, false},
		{[]float32{2}, false},
		{[]float32{float32(math.NaN()), 1e-6}, false},
	} {
		if err := agree(c.got, want, 1e-4); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.got, err)
		}
	}
}

// scripted is a library whose steps take a known time.
type scripted struct{ prepared int }

func (s *scripted) prepare(r request) (job, error) {
	s.prepared++
	switch r.Work.Batch {
	case 13:
		return job{}, errors.New("unlucky")
	case 14:
		panic("worse")
	}
	return job{func() error { time.Sleep(time.Millisecond); return nil }, func() []float32 { return []float32{7} }}, nil
}

func TestServe(t *testing.T) {
	var in, out bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, q := range []request{
		{Work: work{Kind: kindTrain, Batch: 1}, Check: true},
		{Work: work{Kind: kindInfer, Batch: 1}, Check: true},
		{Work: work{Kind: kindInfer, Batch: 1}, Seconds: 0.01},
		{Work: work{Kind: kindInfer, Batch: 1}, Seconds: 0.01}, // made ready once
		{Work: work{Kind: kindInfer, Batch: 13}, Seconds: 0.01},
		{Work: work{Kind: kindInfer, Batch: 14}, Check: true},
	} {
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	lib := &scripted{}
	if err := serve(lib, &in, &out); err != nil {
		t.Fatal(err)
	}
	var got []response
	for dec := json.NewDecoder(&out); ; {
		var a response
		if err := dec.Decode(&a); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, a)
	}
	if len(got) != 6 || len(got[0].Numbers) != 3 || len(got[1].Numbers) != 1 || lib.prepared != 5 {
		t.Fatalf("answers %+v after %d preparations", got, lib.prepared)
	}
	for _, a := range got[2:4] {
		if a.Error != "" || a.Nanoseconds < 1e6 || a.Nanoseconds > 1e8 {
			t.Errorf("a step of 1 ms: %+v", a)
		}
	}
	if got[4].Error != "unlucky" || !strings.Contains(got[5].Error, "worse") {
		t.Errorf("errors %q, %q", got[4].Error, got[5].Error)
	}
}

// made is a race that is over: each engine's variants with their times.
func made(works []work, times map[string][][]float64) *race {
	r := &race{o: options{threads: 2}, works: works, peak: []float64{100e9, 90e9, 110e9}}
	for name, variants := range times {
		for _, t := range variants {
			c := &contender{&process{engine: name}, engine{name: name}, map[string][]float64{}, map[string]bool{}}
			for _, w := range works {
				c.times[w.String()] = t
			}
			r.field = append(r.field, c)
		}
	}
	return r
}

func TestTable(t *testing.T) {
	n := benchmarks.Network{Name: "net", Widths: []int{1000, 1000}, Input: []int{1000}, Classes: 1000} // 2 MFLOP a row
	r := made([]work{{Kind: kindInfer, Network: n, Batch: 10}}, map[string][][]float64{
		"gtrain":  {{1e6, 200_000, 190_000}},            // 20 MFLOP in 200 µs: 100 GFLOP/s, half of two cores' limit
		"PyTorch": {{400_000, 500_000, 600_000}, {9e6}}, // its best variant counts
	})
	var out strings.Builder
	r.print(&out)
	for _, want := range []string{
		"| network | batch | gtrain | of the limit | PyTorch | ratio |\n", // nobody who was not measured
		"| net | 10 | 200 | 50% | 500 | 2.50× |\n",
		"One core's limit, measured beside them: 100 GFLOP/s",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}

	p := benchmarks.Product{Name: "p", TransB: true, M: 100, N: 100, K: 50} // 1 MFLOP
	r = made([]work{{Kind: kindGemm, Product: p}}, map[string][][]float64{
		"gtrain": {{10_000}}, "gtrain, 1 thread": {{20_000}}, "gonum": {{1e6}},
		"OpenBLAS": {{50_000}}, "OpenBLAS, 1 thread": {{25_000}}, // small: better alone
	})
	out.Reset()
	r.print(&out)
	want := "| p ABᵀ | 100×100×50 | 50.0 | 50% | 40.0 | 1.25× | 100.0 | 40.0 | 2.50× | 1.0 | 100× |\n"
	if !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}

func TestDrop(t *testing.T) {
	w := work{Kind: kindTrain}
	r := made([]work{w}, map[string][][]float64{"peer": {{100}, {129}, {131}}, "other": {{1}}})
	r.drop(w)
	for _, c := range r.field {
		if got, want := c.out[w.String()], c.times[w.String()][0] == 131; got != want {
			t.Errorf("%s with %v dropped: %v", c.engine.name, c.times[w.String()], got)
		}
	}
}

func TestMicros(t *testing.T) {
	cases := map[float64]string{444: "0.44", 12_340: "12.3", 1_234_567: "1,235", 3.4e9: "3,400,000", math.Inf(1): "–"}
	for ns, want := range cases {
		if got := micros(ns); got != want {
			t.Errorf("%v ns: %q, want %q", ns, got, want)
		}
	}
}
