package main

import (
	"errors"
	"testing"
)

func TestRequireComparesAsWritten(t *testing.T) {
	value := func(string) (float64, error) { return 0.5, nil }
	for text, met := range map[string]bool{
		"loss>=0.5": true, "loss>0.5": false, "loss<=0.5": true, "loss<0.5": false, "loss==0.5": true,
		"loss>=0.51": false, "loss>0.49": true, "loss<=0.49": false, "loss<0.51": true, "loss==0.51": false,
		" loss >= 5e-1 ": true,
	} {
		ts, err := parseRequire([]string{text}, []string{"loss"})
		if err != nil {
			t.Fatal(err)
		}
		if err := ts.check(value); (err == nil) != met || err != nil && !errors.Is(err, errTarget) {
			t.Errorf("%s at 0.5: %v", text, err)
		}
	}
	for _, text := range []string{"loss", "loss=1", "loss>=", ">=1", "loss>=NaN", "loss>=x", "los>=1", "loss>=1 2", ""} {
		var usage usageError
		if _, err := parseRequire([]string{text}, []string{"loss"}); !errors.As(err, &usage) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
