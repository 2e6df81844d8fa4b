package information

import (
	"math"
	"slices"
	"testing"

	"github.com/gtrain/gtrain/internal/random"
	"pgregory.net/rapid"
)

func TestSameRows(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		rows [][]float32
		want []int32
	}{
		{"none", [][]float32{{1, 2}, {2, 1}, {1, 1}}, []int32{0, 1, 2}},
		{"two", [][]float32{{1, 2}, {2, 1}, {1, 2}}, []int32{0, 1, 0}},
		{"all", [][]float32{{0, 0}, {0, 0}, {0, 0}}, []int32{0, 0, 0}},
		{"a column that is constant", [][]float32{{7, 1}, {7, 2}, {7, 1}}, []int32{0, 1, 0}},
		{"zero and minus zero", [][]float32{{0, 1}, {float32(math.Copysign(0, -1)), 1}, {3, 1}}, []int32{0, 0, 2}},
		{"a last bit", [][]float32{{1, 5}, {math.Nextafter32(1, 2), 5}, {1.001, 5}, {-1, 5}, {0, 5}}, []int32{0, 0, 2, 3, 4}},
		{"not a number", [][]float32{{nan, 1}, {nan, 1}, {2, 1}}, []int32{0, 1, 2}},
		{"infinite", [][]float32{{float32(math.Inf(1)), 1}, {2, 1}, {float32(math.Inf(1)), 1}}, []int32{0, 1, 0}},
		{"one outlier", [][]float32{{1e30}, {1}, {1.5}, {2}, {1}, {3}, {4}, {5}, {6}, {7}, {8}}, []int32{0, 1, 2, 3, 1, 5, 6, 7, 8, 9, 10}},
		{"one row", [][]float32{{1}}, []int32{0}},
	} {
		if got := SameRows(len(c.rows), func(i int) []float32 { return c.rows[i] }); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := SameRows(0, nil); len(got) != 0 {
		t.Errorf("no rows: %v", got)
	}
}

// Whatever rows there are, those that are equal are found, and no others of so coarse values.
func TestSameRowsAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 4).Draw(t, "width")
		value := rapid.SampledFrom([]float32{-3, -1, 0, 0.5, 0.75, 1, 3, 4})
		rows := rapid.SliceOfN(rapid.SliceOfN(value, width, width), 1, 60).Draw(t, "rows")
		got := SameRows(len(rows), func(i int) []float32 { return rows[i] })
		for i := range rows {
			want := slices.IndexFunc(rows, func(r []float32) bool { return slices.Equal(r, rows[i]) })
			if got[i] != int32(want) {
				t.Fatalf("row %d is that of %d, want %d", i, got[i], want)
			}
		}
	})
}

// Wide rows, in which copies differ by less than 1e-7 in every column.
func TestSameRowsOfAugmentedImages(t *testing.T) {
	r := random.New(1, "augmented images")
	const n, width = 400, 300
	rows := make([][]float32, 2*n)
	for i := range n {
		rows[i], rows[n+i] = make([]float32, width), make([]float32, width)
		for j := range width {
			v := r.Float64()
			rows[i][j], rows[n+i][j] = float32(v), float32(v+1e-7*(2*r.Float64()-1))
		}
	}
	got := SameRows(2*n, func(i int) []float32 { return rows[i] })
	for i := range n {
		if got[i] != int32(i) || got[n+i] != int32(i) {
			t.Fatalf("row %d: %d, its copy %d", i, got[i], got[n+i])
		}
	}
}
