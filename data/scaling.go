package data

import (
	"math"

	"github.com/gtrain/gtrain/settings"
)

// Method names a way of scaling features; Scalings lists them.
type Method string

const (
	NoScaling         Method = "none"
	Standardize       Method = "standardise"
	StandardizeGlobal Method = "standardise-global"
	MinMax            Method = "minmax"
	MinMaxGlobal      Method = "minmax-global"
)

// ScalingMethod is one row of the table of methods.
type ScalingMethod struct {
	Name Method
	Doc  string
	fit  func(m *moments) (shift, scale float64)
	// one statistic for all features together: right for images, where a pixel that is hardly ever lit must not be
	// blown up
	global bool
}

var scalings = settings.NewRegistry("scaling", func(s ScalingMethod) string { return string(s.Name) },
	ScalingMethod{NoScaling, "features as they are", func(*moments) (float64, float64) { return 0, 1 }, false},
	ScalingMethod{Standardize, "mean 0 and standard deviation 1 for each feature", (*moments).standard, false},
	ScalingMethod{StandardizeGlobal, "mean 0 and standard deviation 1 over all features together", (*moments).standard, true},
	ScalingMethod{MinMax, "from 0 to 1 for each feature", (*moments).minMax, false},
	ScalingMethod{MinMaxGlobal, "from 0 to 1 over all features together", (*moments).minMax, true})

// TargetScalings is the table of ways of scaling the targets of a regression.
var TargetScalings = settings.NewChoices("target scaling",
	settings.Named[Method]{Name: NoScaling, Doc: "targets as they are"},
	settings.Named[Method]{Name: Standardize, Doc: "mean 0 and standard deviation 1"})

// Scalings lists the methods.
func Scalings() []ScalingMethod { return scalings.All() }

// ParseMethod reads a method's name.
func ParseMethod(s string) (Method, error) {
	m, err := scalings.Lookup(s)
	return m.Name, asOption(err)
}

// Scaling maps each feature x to (x − Mean) / Scale. Its JSON names are stable.
//
//	none                 Mean 0, Scale 1
//	standardise          mean and population standard deviation (divisor n), as scikit-learn's StandardScaler
//	minmax               minimum and maximum − minimum, as scikit-learn's MinMaxScaler
//	…-global             the same of all features together, one value for all
//
// A feature that is constant over the rows has Scale 1.
type Scaling struct {
	Method Method    `json:"method"`
	Mean   []float64 `json:"mean"`  // what is subtracted, one for each feature
	Scale  []float64 `json:"scale"` // what is divided by, one for each feature, never 0
}

// FitScaling computes the statistics over the given rows, which should be training rows. It fails with ErrOption for an
// unknown method, no rows or a row that does not exist, with ErrMissing before Impute, and with ErrFormat for a range
// that float32 cannot hold.
func FitScaling(method Method, d *Dataset, rows []int) (*Scaling, error) {
	how, err := scalings.Lookup(string(method))
	if err != nil {
		return nil, asOption(err)
	}
	if err := d.ValidateShape(); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fail(ErrOption, "no rows of %s to take the statistics of", d.Name)
	}
	w := d.Width()
	step := 1
	if how.global {
		step = 0
	}
	columns, err := statistics(d, rows, how.global)
	if err != nil {
		return nil, err
	}
	s := &Scaling{Method: method, Mean: make([]float64, w), Scale: make([]float64, w)}
	for j := range w {
		m := &columns[j*step]
		s.Mean[j], s.Scale[j] = how.fit(m)
		if scale := float32(s.Scale[j]); method != NoScaling && (m.max-m.min > math.MaxFloat32 || scale == 0) {
			return nil, fail(ErrFormat, "%s: feature %q goes from %v to %v, which float32 cannot scale", d.Name,
				d.Features[j], m.min, m.max)
		}
	}
	return s, nil
}

// Apply scales rows of features in place, x being rows × len(Mean), in float32 arithmetic: bit for bit what a model
// does whose first ops subtract float32(Mean) and divide by float32(Scale). It fails with ErrOption if x is not whole
// rows.
func (s *Scaling) Apply(x []float32) error {
	w := len(s.Mean)
	if w == 0 || len(s.Scale) != w || len(x)%w != 0 {
		return fail(ErrOption, "%d values cannot be scaled by %d means and %d scales", len(x), w, len(s.Scale))
	}
	for j := range w {
		mean, scale := float32(s.Mean[j]), float32(s.Scale[j])
		for i := j; i < len(x); i += w {
			x[i] = (x[i] - mean) / scale
		}
	}
	return nil
}
