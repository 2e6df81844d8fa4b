package pruning

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/pruning/criteria"
)

// What is said of layers that little is left of.
func TestThinLayersAreNamed(t *testing.T) {
	const floor, few = "that is its floor; by their scores more of them would have gone", "a higher floor or a smaller amount"
	for name, c := range map[string]struct {
		scope   criteria.Scope
		classes int
		total   []int // units of each layer at first
		gone    []int
		floored []int // layers
		want    []string
	}{
		"nothing thin":               {criteria.ScopeGlobal, 3, []int{16, 8}, []int{8, 4}, nil, nil},
		"at its floor":               {criteria.ScopeGlobal, 3, []int{16, 8}, []int{13, 4}, []int{0}, []string{`layer "a" is left with 3 of 16 units: ` + floor}},
		"at a floor below":           {criteria.ScopeGlobal, 10, []int{64, 32}, []int{63, 20}, []int{0}, []string{`layer "a" is left with 1 of 64 units, fewer than the 10 classes: ` + floor}},
		"fewer than classes":         {criteria.ScopeGlobal, 10, []int{64, 32}, []int{20, 30}, nil, []string{`layer "b" is left with 2 of 32 units, fewer than the 10 classes; ` + few}},
		"of each layer too":          {criteria.ScopeLayer, 10, []int{64, 32}, []int{60, 30}, []int{0}, []string{`layer "a" is left with 4 of 64 units, fewer`, `layer "b" is left with 2 of 32 units, fewer`}},
		"narrow before, no less now": {criteria.ScopeGlobal, 10, []int{64, 4}, []int{20, 0}, []int{1}, nil},
		"narrow before":              {criteria.ScopeLayer, 10, []int{64, 4}, []int{20, 2}, nil, nil},
		"a regression":               {criteria.ScopeGlobal, 0, []int{64, 4}, []int{63, 3}, []int{1}, []string{`layer "b" is left with 1 of 4 units: ` + floor}},
		"many":                       {criteria.ScopeGlobal, 10, []int{64, 64, 64, 64, 64}, []int{60, 60, 60, 60, 60}, nil, []string{`layer "a" is left with 4 of 64 units, fewer than the 10 classes; and 4 more layers; ` + few}},
	} {
		p := &pruner{cfg: Config{Scope: c.scope}, data: &data.Dataset{Classes: make([]string, c.classes)},
			original: map[string][]int{}, total: map[string]int{}}
		var list []candidate
		floored := map[string]bool{}
		for i, n := range c.total {
			layer := string(rune('a' + i))
			p.original[layer], p.total[layer] = make([]int, n), n
			for range c.gone[i] {
				list = append(list, candidate{layer: layer})
			}
		}
		for _, i := range c.floored {
			floored[string(rune('a'+i))] = true
		}
		got := p.thin(list, floored)
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: %q, want %q", name, got[i], c.want[i])
			}
		}
	}
}
