package initializers

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/settings"
)

// Initializer is a rule by which weights get their first values. The zero value is no rule: Fill refuses it.
type Initializer struct {
	Name      string
	Parameter string  // what its parameter is: "gain", "std", "value", or "" for none
	Value     float64 // the parameter's value; in the table, its default
	Summary   string  // one line, with the formula
	Source    string

	fill func(dst []float64, fan Fan, parameter float64, r *rand.Rand) error
}

// Fan tells an initializer where a weight stands: how many inputs feed one unit (In), how many units one input feeds
// (Out), both times the receptive field for convolutions, and the weight's row-major layout as a matrix of Rows × Cols,
// which only orthogonal needs. [Dense] and [Conv] make one. Biases and scales, which take zeros or constant, need none:
// Fan{}.
type Fan struct{ In, Out, Rows, Cols int }

// Dense is the fan of a dense layer's weight of shape (in, out), as in y = x·W. A weight kept as (out, in) has the same
// fans with Rows and Cols exchanged.
func Dense(in, out int) Fan { return Fan{In: in, Out: out, Rows: in, Cols: out} }

// Conv is the fan of a convolution's filters of shape (filters, channels, kernel...), channels being those that one
// filter sees: input channels divided by groups. In = channels × receptive field, Out = filters × receptive field.
func Conv(filters, channels int, kernel ...int) Fan {
	field := 1
	for _, k := range kernel {
		field *= k
	}
	return Fan{In: channels * field, Out: filters * field, Rows: filters, Cols: channels * field}
}

// Stream is the generator for the initial values of the parameter with this name.
func Stream(seed uint64, parameter string) *rand.Rand {
	return random.New(seed, "initializer", parameter)
}

// Fill overwrites dst with values drawn by the rule. It returns an error, with dst unchanged, for a parameter out of
// range, for a fan that is missing or does not match dst, and for values beyond float32 if dst is that.
func Fill[F float32 | float64](dst []F, init Initializer, fan Fan, r *rand.Rand) error {
	if init.fill == nil {
		return errors.New("fill: no initializer (the zero Initializer); take one from initializers.Lookup")
	}
	if err := init.check(); err != nil {
		return err
	}
	if r == nil {
		return errors.Errorf("%s: no generator; take one from initializers.Stream", init.Name)
	}
	if size := fan.Rows * fan.Cols; (fan.Rows != 0 || fan.Cols != 0) && size != len(dst) {
		return errors.Errorf("%s: a fan of %d×%d values for a weight of %d", init.Name, fan.Rows, fan.Cols, len(dst))
	}
	values, inPlace := any(dst).([]float64)
	if !inPlace {
		values = make([]float64, len(dst))
	}
	if err := init.fill(values, fan, init.Value, r); err != nil {
		return errors.Wrap(err, init.Name)
	}
	if inPlace {
		return nil
	}
	for _, v := range values {
		if math.Abs(v) > math.MaxFloat32 {
			return errors.Errorf("%s: %g is beyond float32", init, v)
		}
	}
	for i, v := range values {
		dst[i] = F(v)
	}
	return nil
}

// With returns the rule with another value of its parameter.
func (i Initializer) With(value float64) (Initializer, error) {
	if i.Parameter == "" {
		return Initializer{}, errors.Errorf("initializer %s takes no parameter, got %g", i.Name, value)
	}
	i.Value = value
	return i, i.check()
}

// Rows is the rule's parameter, if it has one.
func (i *Initializer) Rows() settings.Rows {
	if i.Parameter == "" {
		return nil
	}
	var allowed settings.Range
	if i.Parameter != "value" { // a factor, which 0 is none
		allowed = settings.Positive
	}
	return settings.Rows{settings.Number(i.Parameter, &i.Value, "written "+i.Name+":"+i.Parameter).In(allowed).Or(i.Value)}
}

func (i Initializer) check() error {
	if math.Abs(i.Value) > math.MaxFloat32 {
		return errors.Errorf("initializer %s: %s %g is beyond float32", i.Name, i.Parameter, i.Value)
	}
	return errors.WithMessagef(i.Rows().Check(), "initializer %s", i.Name)
}

// String is the form that Parse reads: the name, and the parameter where it is not the default.
func (i Initializer) String() string {
	if known, err := Lookup(i.Name); i.Parameter == "" || err == nil && known.Value == i.Value {
		return i.Name
	}
	return i.Name + ":" + strconv.FormatFloat(i.Value, 'g', -1, 64)
}

// Parse reads "name" or "name:parameter", such as "he_normal", "glorot_uniform:1.6667" (gain) or "constant:0.1".
func Parse(text string) (Initializer, error) {
	name, parameter, given := strings.Cut(text, ":")
	i, err := Lookup(name)
	if err != nil || !given {
		return i, err
	}
	value, err := strconv.ParseFloat(parameter, 64)
	if err != nil {
		return Initializer{}, errors.Errorf("initializer %q: %q is not a number", text, parameter)
	}
	return i.With(value)
}

// registry is made anew for each caller: rules look themselves up in it.
func registry() *settings.Registry[Initializer] {
	return settings.NewRegistry("initializer", func(i Initializer) string { return i.Name }, table()...).Aliases(aliases)
}

// Lookup finds a rule by its exact name. The error for another name suggests the nearest known one.
func Lookup(name string) (Initializer, error) { return registry().Lookup(name) }

// aliases are the names of other libraries, for the error message: a rule has one name in files.
var aliases = map[string]string{
	"xavier": "glorot_uniform", "xavier_uniform": "glorot_uniform", "xavier_normal": "glorot_normal",
	"kaiming": "he_normal", "kaiming_uniform": "he_uniform", "kaiming_normal": "he_normal",
	"trunc_normal": "truncated_normal", "ones": "constant:1",
}

// All returns the rules in the order of their table, with default parameters.
func All() []Initializer { return registry().All() }

// Names returns the names of [All], in its order.
func Names() []string { return registry().Names() }

// MarshalText writes String's form, for configuration files.
func (i Initializer) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads Parse's form.
func (i *Initializer) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*i = parsed
	return nil
}
