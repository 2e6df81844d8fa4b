package models

import "testing"

// A predictor that nobody made says so.
func TestNoPredictor(t *testing.T) {
	for _, p := range []*Predictor{nil, {}} {
		_, predict := p.Predict([]float32{1})
		_, predict64 := p.Predict64([]float64{1})
		_, classify := p.Classify([]float32{1})
		_, classify64 := p.Classify64([]float64{1})
		for _, err := range []error{predict, predict64, classify, classify64} {
			if err != errNoPredictor {
				t.Error(err)
			}
		}
		if p.Width() != 0 {
			t.Error(p.Width())
		}
	}
}
