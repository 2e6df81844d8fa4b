package kernels

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
	"time"
)

type zzShape struct {
	name    string
	ta, tb  bool
	m, n, k int
}

func TestZZGemm(t *testing.T) {
	SetThreads(1)
	defer SetThreads(0)
	if v := os.Getenv("ISA"); v != "" {
		if err := SetISA(v); err != nil {
			t.Fatal(err)
		}
	}
	shapes := []zzShape{{"32", false, false, 32, 32, 32}, {"64", false, false, 64, 64, 64}, {"128", false, false, 128, 128, 128}, {"256", false, false, 256, 256, 256}, {"512", false, false, 512, 512, 512}, {"1024", false, false, 1024, 1024, 1024}, {"2048", false, false, 2048, 2048, 2048},
		{"l1f128", false, false, 128, 300, 784}, {"l1f64", false, false, 64, 300, 784}, {"l1w128 TN", true, false, 784, 300, 128}, {"l1w128half", true, false, 392, 300, 128}, {"l2f128", false, false, 128, 100, 300}, {"l2w TN", true, false, 300, 100, 128}, {"l2i NT", false, true, 128, 300, 100}, {"l3f", false, false, 128, 10, 100}, {"l3w", true, false, 100, 10, 128}, {"l3i", false, true, 128, 100, 10}, {"l1f32", false, false, 32, 300, 784}, {"b1", false, false, 1, 300, 784}, {"m1f64", false, false, 64, 64, 100}, {"m2f64", false, false, 64, 32, 64}}
	only := os.Getenv("ONLY")
	dur := 200 * time.Millisecond
	if v := os.Getenv("DUR"); v != "" {
		d, _ := strconv.Atoi(v)
		dur = time.Duration(d) * time.Millisecond
	}
	peakBest := 0.0
	const pn = 20000
	peak := func() {
		s := time.Now()
		opsOf[float32]().peak(pn)
		d := time.Since(s).Seconds()
		lanes := 8.0
		if current.name == "avx512" {
			lanes = 16
		}
		if g := 12 * lanes * 2 * pn / d / 1e9; g > peakBest {
			peakBest = g
		}
	}
	for _, s := range shapes {
		if only != "" && only != s.name {
			continue
		}
		a, b, c := make([]float32, s.m*s.k), make([]float32, s.k*s.n), make([]float32, s.m*s.n)
		for i := range a {
			a[i] = float32(i%7) - 3
		}
		for i := range b {
			b[i] = float32(i%5) - 2
		}
		lda, ldb := s.k, s.n
		if s.ta {
			lda = s.m
		}
		if s.tb {
			ldb = s.k
		}
		flops := 2 * float64(s.m) * float64(s.n) * float64(s.k)
		reps := max(1, int(2e7/flops))
		best := math.Inf(1)
		end := time.Now().Add(dur)
		for it := 0; time.Now().Before(end) || it < 3; it++ {
			if it%8 == 0 {
				peak()
			}
			st := time.Now()
			for range reps {
				Gemm(s.ta, s.tb, s.m, s.n, s.k, 1, a, lda, b, ldb, 0, c, s.n)
			}
			best = min(best, time.Since(st).Seconds()/float64(reps))
		}
		fmt.Printf("%-12s %9.2f us %7.1f GF %5.1f%%\n", s.name, best*1e6, flops/best/1e9, flops/best/1e9/peakBest*100)
	}
	fmt.Printf("peak %.1f\n", peakBest)
}
