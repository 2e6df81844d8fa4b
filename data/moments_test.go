package data

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/workers"
)

// Statistics are those of plain loops, over one part and many, and the same bits for any number of threads.
func TestStatistics(t *testing.T) {
	defer workers.Set(0)
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
				workers.Set(0)
				got, err := statistics(d, chosen, global)
				if err != nil {
					t.Fatal(err)
				}
				workers.Set(1)
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

// Rows added with fewer comparisons are, bit for bit, those added with all of them: zeros of both signs, infinities and
// NaN among them.
func TestAddAll(t *testing.T) {
	rng := random.New(1, "addAll")
	inf := float32(math.Inf(1))
	special := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, nan32, 1, -1, math.MaxFloat32, 1e-45}
	for round := range 3000 {
		var got, want moments
		for range 4 {
			row := make([]float32, rng.IntN(13))
			for i := range row {
				row[i] = float32(rng.IntN(7) - 3)
				if round%3 > 0 && rng.IntN(4) == 0 {
					row[i] = special[rng.IntN(len(special)-round%2*4)]
				}
			}
			got.addAll(row)
			want.addAllPlain(row)
			for _, p := range [][2]float64{{got.n, want.n}, {got.mean, want.mean}, {got.min, want.min}, {got.max, want.max}} {
				if math.Float64bits(p[0]) != math.Float64bits(p[1]) && (p[0] == p[0] || p[1] == p[1]) {
					t.Fatalf("%v: %+v, want %+v", row, got, want)
				}
			}
		}
	}
}

// addAllPlain compares every value.
func (m *moments) addAllPlain(row []float32) {
	if m.n == 0 && len(row) > 0 {
		m.min, m.max = float64(row[0]), float64(row[0])
	}
	m.n += float64(len(row))
	low, high := float32(m.min), float32(m.max)
	var sums [4]float64
	for ; len(row) >= 4; row = row[4:] {
		for k := range sums {
			sums[k] += float64(row[k])
		}
		low = least(least(row[0], row[1]), least(least(row[2], row[3]), low))
		high = greatest(greatest(row[0], row[1]), greatest(greatest(row[2], row[3]), high))
	}
	for _, v := range row {
		sums[0] += float64(v)
		low, high = least(v, low), greatest(v, high)
	}
	m.mean += (sums[0] + sums[1]) + (sums[2] + sums[3])
	m.min, m.max = float64(low), float64(high)
}
