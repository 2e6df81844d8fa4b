package pruning

import (
	"strings"
	"testing"

	"github.com/gtrain/gtrain/pruning/criteria"
)

func TestCopiesAreSaid(t *testing.T) {
	mi, err := criteria.Lookup("mutual-information")
	if err != nil {
		t.Fatal(err)
	}
	l2, err := criteria.Lookup("l2")
	if err != nil {
		t.Fatal(err)
	}
	some := []int32{0, 1, 2, 1, 4, 0, 6, 7, 8, 9}
	few := make([]int32, 100)
	for i := range few {
		few[i] = int32(i)
	}
	few[99] = 0
	for _, c := range []struct {
		name      string
		criterion criteria.Criterion
		options   criteria.Options
		rows      []int32
		want      string
	}{
		{"two of ten", mi, criteria.Options{}, some, "2 of the 10 rows"},
		{"one of a hundred", mi, criteria.Options{}, few, ""},
		{"none", mi, criteria.Options{}, few[:99], ""},
		{"bins do not mind", mi, criteria.Options{Estimator: criteria.PlugIn}, some, ""},
		{"weights do not mind", l2, criteria.Options{}, some, ""},
		{"not known", mi, criteria.Options{}, nil, ""},
	} {
		p := &pruner{criterion: c.criterion, cfg: Config{Options: c.options}}
		got := strings.Join(p.copies([]criteria.UnitStats{{Rows: c.rows}}), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	if got := (&pruner{criterion: mi}).copies(nil); got != nil {
		t.Errorf("no layers: %q", got)
	}
}
