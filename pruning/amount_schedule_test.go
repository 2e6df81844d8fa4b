package pruning

import (
	"math"
	"strings"
	"testing"
)

func TestAmountSchedule(t *testing.T) {
	for _, c := range []struct {
		g    AmountSchedule
		want [4]float64
	}{
		{LinearAmount, [4]float64{0.2, 0.4, 0.6, 0.8}},
		{CubicAmount, [4]float64{0.8 * (1 - 27.0/64), 0.8 * (1 - 8.0/64), 0.8 * (1 - 1.0/64), 0.8}},
		{ExponentialAmount, [4]float64{1 - math.Pow(0.2, 0.25), 1 - math.Sqrt(0.2), 1 - math.Pow(0.2, 0.75), 0.8}},
	} {
		for r, want := range c.want {
			if got := c.g.At(0.8, r+1, 4); math.Abs(got-want) > 1e-15 {
				t.Errorf("%s, round %d: %v, want %v", c.g, r+1, got, want)
			}
		}
		if got := c.g.At(0.7, 1, 1); got != 0.7 {
			t.Errorf("%s in one shot: %v", c.g, got)
		}
		if got, err := AmountSchedules.Parse(string(c.g), LinearAmount); err != nil || got != c.g {
			t.Errorf("%v, %v", got, err)
		}
	}
	if g, err := AmountSchedules.Parse("", CubicAmount); err != nil || g != CubicAmount {
		t.Errorf("%v, %v", g, err)
	}
	if _, err := AmountSchedules.Parse("linea", CubicAmount); err == nil || !strings.Contains(err.Error(), `"linear"`) {
		t.Errorf("%v", err)
	}
	if m, err := Methods.Parse("", RemoveUnits); err != nil || m != RemoveUnits {
		t.Errorf("%v, %v", m, err)
	}
}
