package criteria

import (
	"math"
	"testing"
)

func TestInformationGain(t *testing.T) {
	// Quinlan's weather: outlook, humidity, wind → play (9 of 14). Published gains in bits: 0.246, 0.151, 0.048.
	rows := [14][4]float32{ // outlook: 1 sunny, 2 overcast, 3 rain; humidity: 1 high, 2 normal; wind: 1 weak, 2 strong
		{1, 1, 1, 0}, {1, 1, 2, 0}, {2, 1, 1, 1}, {3, 1, 1, 1}, {3, 2, 1, 1}, {3, 2, 2, 0}, {2, 2, 2, 1},
		{1, 1, 1, 0}, {1, 2, 1, 1}, {3, 2, 1, 1}, {1, 2, 2, 1}, {2, 1, 2, 1}, {2, 2, 1, 1}, {3, 1, 2, 0},
	}
	s := UnitStats{Units: 3, Labels: []int{}, Classes: 2}
	for _, r := range rows {
		s.Activations = append(s.Activations, r[:3]...)
		s.Labels = append(s.Labels, int(r[3]))
	}
	got, err := informationGain.Score(s, Options{Estimator: PlugIn})
	near(t, "weather", got, err, []float64{0.2467 * math.Ln2, 0.1518 * math.Ln2, 0.0481 * math.Ln2}, 5e-5)

	// Both binned estimators of mutual-information are this criterion.
	s = layer(300, 8, 3)
	for _, s := range []UnitStats{s, regression(s)} {
		for _, e := range []Estimator{PlugIn, MillerMadow} {
			gain := score(t, informationGain, s, Options{Estimator: e})
			got, err := mutualInformation.Score(s, Options{Estimator: e})
			near(t, "mutual information, "+string(e), got, err, gain, 1e-12)
		}
	}
}
