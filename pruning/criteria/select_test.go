package criteria

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/suggest"
	"pgregory.net/rapid"
)

func drawLayers(t *rapid.T) []LayerScores {
	value := rapid.OneOf(rapid.Float64Range(0, 5), rapid.SampledFrom([]float64{0, 1, 2}))
	layers := make([]LayerScores, rapid.IntRange(1, 5).Draw(t, "layers"))
	for i := range layers {
		layers[i] = LayerScores{fmt.Sprint("layer", i), rapid.SliceOfN(value, 1, 15).Draw(t, "scores")}
	}
	return layers
}

func TestSelectLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layers := drawLayers(t)
		o := SelectOptions{
			Amount: rapid.Float64Range(0, 0.999).Draw(t, "amount"),
			Scope:  rapid.SampledFrom([]Scope{"", ScopeLayer, ScopeGlobal}).Draw(t, "scope"),
			Floor:  rapid.IntRange(0, 4).Draw(t, "floor"),
		}
		floor := max(1, o.Floor)
		s, err := Select(layers, o)
		if err != nil {
			t.Fatal(err)
		}
		total, spare, removed := 0, 0, 0
		for i, l := range s.Layers {
			n := len(layers[i].Scores)
			total += n
			spare += max(0, n-floor)
			removed += len(l.Removed)
			if l.Layer != layers[i].Layer || !slices.IsSorted(l.Kept) || !slices.IsSorted(l.Removed) {
				t.Fatalf("layer %d: %+v", i, l)
			}
			union := slices.Sorted(slices.Values(slices.Concat(l.Kept, l.Removed)))
			for u := range n {
				if len(union) != n || union[u] != u {
					t.Fatalf("kept %v and removed %v are not the %d units", l.Kept, l.Removed, n)
				}
			}
			if len(l.Kept) < min(n, floor) {
				t.Fatalf("layer %d keeps %d of %d, floor %d", i, len(l.Kept), n, floor)
			}
			if o.Scope != ScopeGlobal {
				if want := min(whole(o.Amount*float64(n)), max(0, n-floor)); len(l.Removed) != want {
					t.Fatalf("layer %d loses %d, want %d", i, len(l.Removed), want)
				}
			}
			for _, gone := range l.Removed {
				for _, kept := range l.Kept {
					a, b := layers[i].Scores[gone], layers[i].Scores[kept]
					if a > b || a == b && gone > kept {
						t.Fatalf("layer %d: unit %d (%v) goes and unit %d (%v) stays", i, gone, a, kept, b)
					}
				}
			}
		}
		if s.Units != total || len(s.Removed) != removed || math.Abs(s.Asked-o.Amount*float64(total)) > 1e-9 {
			t.Fatalf("%d units, %d removed, asked %v", s.Units, len(s.Removed), s.Asked)
		}
		if !slices.IsSortedFunc(s.Removed, func(a, b Removal) int { return cmp.Compare(a.Score, b.Score) }) {
			t.Fatalf("removals are not in order: %v", s.Removed)
		}
		if o.Scope == ScopeGlobal {
			if want := min(whole(s.Asked), spare); removed != want {
				t.Fatalf("%d removed, want %d", removed, want)
			}
			checkGlobal(t, layers, s, floor)
		}
		// There is a warning exactly where what goes is not what was asked, whole units aside.
		silent := true
		for i, l := range s.Layers {
			if o.Scope != ScopeGlobal {
				asked := o.Amount * float64(len(layers[i].Scores))
				silent = silent && len(l.Removed) == whole(asked) && (asked == 0 || whole(asked) > 0)
			}
		}
		if o.Scope == ScopeGlobal {
			silent = removed == whole(s.Asked) && (s.Asked == 0 || removed > 0)
		}
		if silent != (len(s.Warnings()) == 0) {
			t.Fatalf("warnings %q", s.Warnings())
		}
	})
}

// No unit goes while a lower one stays in a layer that is above its floor.
func checkGlobal(t *rapid.T, layers []LayerScores, s Selection, floor int) {
	for _, gone := range s.Removed {
		for i, l := range s.Layers {
			if len(l.Kept) <= floor {
				continue
			}
			for _, kept := range l.Kept {
				if layers[i].Scores[kept] < gone.Score {
					t.Fatalf("%+v goes and %s unit %d (%v) stays", gone, l.Layer, kept, layers[i].Scores[kept])
				}
			}
		}
	}
}

// What a smaller amount removes, a larger one removes as well.
func TestSelectIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layers := drawLayers(t)
		scope := rapid.SampledFrom([]Scope{ScopeLayer, ScopeGlobal}).Draw(t, "scope")
		a := rapid.Float64Range(0, 0.999).Draw(t, "a")
		b := rapid.Float64Range(a, 0.999).Draw(t, "b")
		less, err := Select(layers, SelectOptions{Amount: a, Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		more, err := Select(layers, SelectOptions{Amount: b, Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range less.Removed {
			if !slices.Contains(more.Removed, r) {
				t.Fatalf("%v goes at %v and stays at %v", r, a, b)
			}
		}
	})
}

// With a normalisation, the units of measurement of a layer do not matter.
func TestSelectForgetsScale(t *testing.T) {
	a := []LayerScores{{"a", []float64{1, 2, 3, 4}}, {"b", []float64{5, 1.5, 7, 2.5}}}
	b := []LayerScores{{"a", []float64{1000, 2000, 3000, 4000}}, {"b", []float64{5, 1.5, 7, 2.5}}}
	for _, how := range []Normalization{NormalizeMean, NormalizeMax, NormalizeL2} {
		o := SelectOptions{Amount: 0.5, Scope: ScopeGlobal, Normalization: how}
		x, err := Select(a, o)
		if err != nil {
			t.Fatal(err)
		}
		y, err := Select(b, o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range x.Layers {
			if !slices.Equal(x.Layers[i].Kept, y.Layers[i].Kept) {
				t.Errorf("%s: kept %v and, scaled, %v", how, x.Layers[i], y.Layers[i])
			}
		}
		for _, r := range y.Removed {
			if r.Layer == "a" && r.Score < 1000 {
				t.Errorf("%s: removal %+v does not carry the score given", how, r)
			}
		}
	}
	raw, err := Select(b, SelectOptions{Amount: 0.5, Scope: ScopeGlobal})
	if err != nil {
		t.Fatal(err)
	}
	if len(raw.Layers[1].Kept) != 1 || len(raw.Layers[0].Removed) != 1 {
		t.Errorf("without one, the small layer goes down to its floor: %+v", raw.Layers)
	}
}

func TestSelectByHand(t *testing.T) {
	for name, c := range map[string]struct {
		layers   []LayerScores
		o        SelectOptions
		removed  string
		warnings string
	}{
		"ties go by layer, then index": {
			[]LayerScores{{"b", []float64{1, 1, 1}}, {"a", []float64{1, 1, 1}}},
			SelectOptions{Amount: 0.5, Scope: ScopeGlobal}, "[{b 0 1} {b 1 1} {a 0 1}]", "[]"},
		"an emptied layer keeps its best, others give": {
			[]LayerScores{{"low", []float64{1, 3, 2}}, {"high", []float64{10, 30, 20}}},
			SelectOptions{Amount: 0.5, Scope: ScopeGlobal}, "[{low 0 1} {low 2 2} {high 0 10}]", "[]"},
		"more than there is": {
			[]LayerScores{{"x", []float64{1, 3}}, {"y", []float64{2}}},
			SelectOptions{Amount: 0.9, Scope: ScopeGlobal}, "[{x 0 1}]",
			"[all layers: 3 of 3 units asked, 1 removed; every layer keeps at least 1]"},
		"rounds to none": {
			[]LayerScores{{"x", []float64{1, 3, 2, 4}}, {"y", make([]float64, 8)}},
			SelectOptions{Amount: 0.1}, "[{y 0 0}]",
			`[layer "x": 0.4 of 4 units rounds to none; nothing is removed]`},
		"rounds to none everywhere": {
			[]LayerScores{{"x", []float64{1, 3}}, {"y", []float64{2, 4}}},
			SelectOptions{Amount: 0.05, Scope: ScopeGlobal}, "[]",
			"[all layers: 0.2 of 4 units rounds to none; nothing is removed]"},
		"floor of a layer": {
			[]LayerScores{{"x", []float64{1, 3, 2, 4}}},
			SelectOptions{Amount: 0.75, Floor: 3}, "[{x 0 1}]",
			`[layer "x": 3 of 4 units asked, 1 removed; every layer keeps at least 3]`},
		"halves stay": {
			[]LayerScores{{"x", []float64{5, 4, 3, 2, 1}}},
			SelectOptions{Amount: 0.5}, "[{x 4 1} {x 3 2}]", "[]"},
		"0.15 of 10": {
			[]LayerScores{{"x", []float64{5, 4, 3, 2, 1, 6, 7, 8, 9, 10}}},
			SelectOptions{Amount: 0.15}, "[{x 4 1}]", "[]"},
		"0.07 of 50, in binary fractions more than 3.5": {
			[]LayerScores{{"x", slices.Repeat([]float64{1}, 50)}},
			SelectOptions{Amount: 0.07}, "[{x 0 1} {x 1 1} {x 2 1}]", "[]"},
		"nothing asked": {
			[]LayerScores{{"x", []float64{5}}}, SelectOptions{}, "[]", "[]"},
	} {
		s, err := Select(c.layers, c.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprint(s.Removed); got != c.removed {
			t.Errorf("%s: removed %s, want %s", name, got, c.removed)
		}
		if got := fmt.Sprint(s.Warnings()); got != c.warnings {
			t.Errorf("%s: warnings %s, want %s", name, got, c.warnings)
		}
	}
	s, err := Select([]LayerScores{{"low", []float64{1, 3, 2}}, {"high", []float64{10, 30, 20}}},
		SelectOptions{Amount: 0.5, Scope: ScopeGlobal})
	if err != nil || !s.Layers[0].Floored || s.Layers[1].Floored {
		t.Errorf("floored: %+v, %v", s.Layers, err)
	}
}

func TestSelectErrors(t *testing.T) {
	fine := []LayerScores{{"x", []float64{1, 2}}}
	for name, c := range map[string]struct {
		layers []LayerScores
		o      SelectOptions
		want   error
	}{
		"amount 1":       {fine, SelectOptions{Amount: 1}, ErrSelection},
		"amount −0.1":    {fine, SelectOptions{Amount: -0.1}, ErrSelection},
		"amount NaN":     {fine, SelectOptions{Amount: math.NaN()}, ErrSelection},
		"floor −1":       {fine, SelectOptions{Floor: -1}, ErrSelection},
		"scope":          {fine, SelectOptions{Scope: "globl"}, suggest.ErrUnknown},
		"normalisation":  {fine, SelectOptions{Scope: ScopeGlobal, Normalization: "mx"}, suggest.ErrUnknown},
		"without effect": {fine, SelectOptions{Scope: ScopeLayer, Normalization: NormalizeMax}, ErrSelection},
		"no layers":      {nil, SelectOptions{}, ErrSelection},
		"no units":       {[]LayerScores{{"x", nil}}, SelectOptions{}, ErrSelection},
		"twice":          {[]LayerScores{fine[0], fine[0]}, SelectOptions{}, ErrSelection},
		"NaN":            {[]LayerScores{{"x", []float64{1, math.NaN()}}}, SelectOptions{}, ErrSelection},
		"Inf":            {[]LayerScores{{"x", []float64{math.Inf(1)}}}, SelectOptions{}, ErrSelection},
	} {
		if _, err := Select(c.layers, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
	}
	_, err := Select(fine, SelectOptions{Scope: "globl"})
	if !strings.Contains(err.Error(), `did you mean "global"`) {
		t.Error(err)
	}
}

// 2% of the layer and the number of classes, whichever is more, but at most half of the layer.
func TestAutoFloor(t *testing.T) {
	for _, c := range []struct{ units, classes, want int }{
		{256, 10, 10}, {128, 10, 10}, {1000, 10, 20}, {1001, 10, 21}, {800, 2, 16}, {100, 0, 2}, {50, 0, 1}, {51, 0, 2},
		{20, 10, 10}, {19, 10, 9}, {11, 10, 5}, {3, 10, 1}, {2, 10, 1}, {1, 10, 1}, {16, 3, 3}, {4096, 1000, 1000},
	} {
		if got := AutoFloor(c.units, c.classes); got != c.want {
			t.Errorf("%d units, %d classes: %d, want %d", c.units, c.classes, got, c.want)
		}
	}
}

// Each layer keeps its own floor; what it does not give, others do.
func TestFloors(t *testing.T) {
	layers := []LayerScores{{"a", []float64{1, 2, 3, 4}}, {"b", []float64{10, 20, 30, 40, 50, 60}}, {"c", []float64{5}}}
	for _, c := range []struct {
		floors []int
		amount float64
		kept   [3]int
		says   string
	}{
		{[]int{2, 1, 1}, 5. / 11, [3]int{2, 3, 1}, ""},
		{[]int{3, 2, 0}, 6. / 11, [3]int{3, 2, 0}, ""},
		{[]int{4, 6, 1}, 0.5, [3]int{4, 6, 1}, "every layer keeps its floor"},
		{[]int{9, 1, 1}, 3. / 11, [3]int{4, 3, 1}, ""},
		{[]int{1, 4, 1}, 0.9, [3]int{1, 4, 1}, "10 of 11 units asked, 5 removed"},
	} {
		s, err := Select(layers, SelectOptions{Amount: c.amount, Scope: ScopeGlobal, Floors: c.floors})
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range s.Layers {
			if len(l.Kept) != c.kept[i] || l.Floor != c.floors[i] {
				t.Errorf("floors %v: %s keeps %d, want %d", c.floors, l.Layer, len(l.Kept), c.kept[i])
			}
		}
		if w := strings.Join(s.Warnings(), "\n"); !strings.Contains(w, c.says) || c.says == "" && w != "" {
			t.Errorf("floors %v: warnings %q, want %q", c.floors, w, c.says)
		}
	}
	for says, o := range map[string]SelectOptions{
		"2 floors for 3 layers": {Floors: []int{1, 1}},
		"floor -1":              {Floors: []int{1, -1, 1}},
	} {
		if _, err := Select(layers, o); !errors.Is(err, ErrSelection) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}
