package data

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/internal/random"
)

// Statistics are those of plain loops, over one part and many, and the same bits for any number of threads.
func TestStatistics(t *testing.T) {
	defer kernels.SetThreads(0)
	rng := random.New(1, "statistics")
	for _, rows := range []int{1, 2, 255, 256, 257, 300 * fitParts} {
		for _, width := range []int{1, 3, 9} {
			d := &Dataset{X: make([]float32, rows*width)}
			for j := range width {
				d.Features = append(d.Features, strconv.Itoa(j))
			}
			for i := range d.X {
				d.X[i] = float32(1000 + rng.NormFloat64()*float64(1+i%width))
			}
			chosen := rng.Perm(rows)[:(rows+1)/2]
			for _, global := range []bool{false, true} {
				kernels.SetThreads(0)
				got, err := statistics(d, chosen, global)
				if err != nil {
					t.Fatal(err)
				}
				kernels.SetThreads(1)
				if again, err := statistics(d, chosen, global); err != nil || !slices.Equal(again, got) {
					t.Fatalf("%d × %d: one thread gives %v, more %v", rows, width, again, got)
				}
				for j := range got {
					var x []float64
					for _, r := range chosen {
						for c, v := range d.Row(r) {
							if global || c == j {
								x = append(x, float64(v))
							}
						}
					}
					want := moments{n: float64(len(x)), min: slices.Min(x), max: slices.Max(x)}
					for _, v := range x {
						want.mean += v / want.n
					}
					for _, v := range x {
						want.square += (v - want.mean) * (v - want.mean)
					}
					g := got[j]
					if g.n != want.n || g.min != want.min || g.max != want.max || math.Abs(g.mean-want.mean) > 1e-9 ||
						math.Abs(g.square-want.square) > 1e-9*(1+want.square) {
						t.Fatalf("%d × %d, global %v, column %d: %+v, want %+v", rows, width, global, j, g, want)
					}
				}
			}
		}
	}
}
