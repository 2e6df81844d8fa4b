package kernels

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func scratchRun[T Float](spec string, secs float64) {
	peakf := opsOf[T]().peak
	for _, sp := range strings.Split(spec, ",") {
		f := strings.Split(sp, "-")
		d := strings.Split(f[1], "x")
		m, _ := strconv.Atoi(d[0])
		n, _ := strconv.Atoi(d[1])
		k, _ := strconv.Atoi(d[2])
		a, x, c := make([]T, m*k), make([]T, k*n), make([]T, m*n)
		Fill(a, 0.5)
		Fill(x, 0.25)
		ta, tb, lda, ldb := false, false, k, n
		switch f[0] {
		case "NT":
			tb, ldb = true, k
		case "TN":
			ta, lda = true, m
		}
		fl := 2 * float64(m) * float64(n) * float64(k)
		reps := max(1, int(50e-6/(fl/200e9+3e-7)))
		bt, bp := 1e9, 1e9
		start := time.Now()
		for it := 0; it < 5 || time.Since(start).Seconds() < secs; it++ {
			t0 := time.Now()
			peakf(20000)
			t1 := time.Now()
			for range reps {
				Gemm(ta, tb, m, n, k, 1, a, lda, x, ldb, 0, c, n)
			}
			t2 := time.Now()
			bp = min(bp, t1.Sub(t0).Seconds())
			bt = min(bt, t2.Sub(t1).Seconds()/float64(reps))
		}
		peak := 20000 * 12 * 2 * float64(opsOf[T]().tiles.lanes) / bp
		fmt.Printf("%-22s %9.2f us %7.1f GF  %5.1f%% of %.0f\n", sp, bt*1e6, fl/bt/1e9, 100*fl/bt/peak, peak/1e9)
	}
}

func TestScratch(t *testing.T) {
	spec := os.Getenv("SHAPES")
	if spec == "" {
		return
	}
	th, _ := strconv.Atoi(os.Getenv("TH"))
	if th == 0 {
		th = 1
	}
	SetThreads(th)
	if s := os.Getenv("ISA"); s != "" {
		if err := SetISA(s); err != nil {
			t.Fatal(err)
		}
	}
	secs := 0.3
	if os.Getenv("F64") != "" {
		scratchRun[float64](spec, secs)
	} else {
		scratchRun[float32](spec, secs)
	}
}
