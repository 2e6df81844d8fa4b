package initializers

import (
	"errors"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/suggest"
)

func lookup(t *testing.T, text string) Initializer {
	t.Helper()
	i, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func draw[F float32 | float64](t *testing.T, i Initializer, fan Fan, n int, r *rand.Rand) []F {
	t.Helper()
	dst := make([]F, n)
	for j := range dst {
		dst[j] = F(math.NaN()) // a value left alone shows
	}
	if err := Fill(dst, i, fan, r); err != nil {
		t.Fatal(err)
	}
	return dst
}

// What one seed gives is part of what a run is: these values change only on purpose.
func TestGolden(t *testing.T) {
	golden := map[string][3]float64{
		"glorot_uniform":   {0.80230475948643298, -0.052517062809516832, -0.0913720901618192},
		"glorot_normal":    {-0.32309356680746087, -0.48536251239781458, -0.41804336952266108},
		"he_uniform":       {1.0613494346422958, -0.069473543890770317, -0.12087391367017257},
		"he_normal":        {-0.4274126139886873, -0.64207425175906085, -0.55301939649821985},
		"lecun_uniform":    {0.75048738244407565, -0.04912521399822492, -0.085470764024736343},
		"lecun_normal":     {-0.30222635771606898, -0.45401505744411041, -0.39104376539158325},
		"orthogonal":       {-0.30572176664281514, -0.48799477842929545, -0.089909107317196077},
		"truncated_normal": {-0.012089054308642759, -0.018160602297764419, -0.015641750615663329},
		"constant":         {1, 1, 1},
		"zeros":            {0, 0, 0},
	}
	for _, i := range All() {
		got := [3]float64(draw[float64](t, i, Dense(4, 3), 12, Stream(1, "dense1/weight"))[:3])
		want, ok := golden[i.Name]
		tolerance := 0.0
		if i.Name == "orthogonal" { // the factorisation's bits are those of the architecture
			tolerance = 1e-14
		}
		for j := range want {
			if !ok || math.Abs(got[j]-want[j]) > tolerance {
				t.Errorf("%q: {%.17g, %.17g, %.17g},", i.Name, got[0], got[1], got[2])
				break
			}
		}
	}
}

// Same seed and name, same bits, and float32 is the rounding of float64; another seed or another name, other values.
func TestStreams(t *testing.T) {
	fan := Conv(6, 4, 3, 3)
	n := fan.Rows * fan.Cols
	for _, i := range All() {
		want := draw[float64](t, i, fan, n, Stream(7, "conv1/weight"))
		if again := draw[float64](t, i, fan, n, Stream(7, "conv1/weight")); !slices.Equal(again, want) {
			t.Errorf("%s: two draws of one stream differ", i.Name)
		}
		for j, v := range draw[float32](t, i, fan, n, Stream(7, "conv1/weight")) {
			if v != float32(want[j]) {
				t.Errorf("%s: float32 %v of float64 %v", i.Name, v, want[j])
				break
			}
		}
		if i.Name == "zeros" || i.Name == "constant" {
			continue
		}
		for _, r := range []*rand.Rand{Stream(7, "conv2/weight"), Stream(8, "conv1/weight")} {
			same := 0
			for j, v := range draw[float64](t, i, fan, n, r) {
				if v == want[j] {
					same++
				}
			}
			if same > 0 {
				t.Errorf("%s: %d of %d values are shared with another stream", i.Name, same, n)
			}
		}
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, i := range All() {
		if !regexp.MustCompile(`^[a-z][a-z_]*$`).MatchString(i.Name) || seen[i.Name] || i.Summary == "" {
			t.Errorf("%+v: want a unique snake_case name and a summary", i.Name)
		}
		seen[i.Name] = true
		if got := lookup(t, i.Name); got.Name != i.Name || got.Value != i.Value || got.String() != i.Name {
			t.Errorf("%s: looked up as %s", i.Name, got)
		}
		other, err := i.With(0.25)
		if (err != nil) != (i.Parameter == "") {
			t.Errorf("%s.With: %v", i.Name, err)
		}
		if err == nil && (other.String() != i.Name+":0.25" || lookup(t, other.String()).Value != 0.25) {
			t.Errorf("%s with 0.25 is written %s", i.Name, other)
		}
		// Doubling the parameter doubles every value: the parameter is used, and used as a scale.
		if i.Parameter != "" {
			double, _ := i.With(2 * i.Value)
			once := draw[float64](t, i, Dense(5, 3), 15, Stream(1, "w"))
			for j, v := range draw[float64](t, double, Dense(5, 3), 15, Stream(1, "w")) {
				if math.Abs(v-2*once[j]) > 1e-15 {
					t.Errorf("%s: %v with twice the %s of %v", i.Name, v, i.Parameter, once[j])
				}
			}
		}
	}
	for name, known := range aliases {
		lookup(t, known)
		if _, err := Lookup(name); !errors.Is(err, suggest.ErrUnknown) || seen[name] {
			t.Errorf("alias %q: %v", name, err)
		}
	}
}

func TestYAML(t *testing.T) {
	var c struct{ Weight, Bias Initializer }
	if err := yaml.Unmarshal([]byte("weight: he_normal:1.5\nbias: zeros\n"), &c); err != nil {
		t.Fatal(err)
	}
	if out, err := yaml.Marshal(c); err != nil || string(out) != "weight: he_normal:1.5\nbias: zeros\n" {
		t.Errorf("%s %v", out, err)
	}
}

func TestFans(t *testing.T) {
	for _, c := range []struct{ got, want Fan }{
		{Dense(20, 30), Fan{20, 30, 20, 30}},
		{Conv(8, 3, 5, 5), Fan{75, 200, 8, 75}}, // as PyTorch's _calculate_fan_in_and_fan_out for (8, 3, 5, 5)
		{Conv(16, 1, 3), Fan{3, 48, 16, 3}},     // depthwise: a filter sees one channel
	} {
		if c.got != c.want {
			t.Errorf("%+v, want %+v", c.got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	parse := func(text string) error { _, err := Parse(text); return err }
	fill := func(text string, fan Fan, n int) error {
		dst := make([]float64, n)
		err := Fill(dst, lookup(t, text), fan, Stream(1, "w"))
		if slices.ContainsFunc(dst, func(v float64) bool { return v != 0 }) {
			t.Errorf("%s: dst was changed", text)
		}
		return err
	}
	_, nonlinearity := Gain("relo")
	for _, c := range []struct {
		err  error
		want string
	}{
		{parse("he_norml"), `unknown initializer "he_norml": did you mean "he_normal"? (known: glorot_uniform, ` +
			`glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal, truncated_normal, ` +
			`constant, zeros)`},
		{parse("xavier"), `initializer "xavier" is called "glorot_uniform" here`},
		{parse("constant:x"), `initializer "constant:x": "x" is not a number`},
		{parse("constant:NaN"), `initializer constant: value is NaN: must be a number`},
		{parse("constant:1e39"), `initializer constant: value 1e+39 is beyond float32`},
		{parse("he_normal:0"), `initializer he_normal: gain is 0: must be a number > 0`},
		{parse("truncated_normal:-1"), `initializer truncated_normal: std is -1: must be a number > 0`},
		{parse("zeros:1"), `initializer zeros takes no parameter, got 1`},
		{fill("he_normal", Fan{}, 2), `he_normal: fan-in is 0, want at least 1`},
		{fill("glorot_normal", Fan{In: 3}, 2), `glorot_normal: fan-in is 3 and fan-out 0, want at least 1 each`},
		{fill("orthogonal", Fan{In: 1, Out: 1}, 1),
			`orthogonal: the weight is a matrix of 0×0; set the fan's Rows and Cols (Dense and Conv do)`},
		{fill("lecun_uniform", Dense(2, 3), 5), `lecun_uniform: a fan of 2×3 values for a weight of 5`},
		{Fill([]float64{0}, Initializer{}, Fan{}, Stream(1, "w")),
			`fill: no initializer (the zero Initializer); take one from initializers.Lookup`},
		{Fill([]float64{0}, Zeros(), Fan{}, nil), `zeros: no generator; take one from initializers.Stream`},
		{Fill(make([]float32, 9), lookup(t, "truncated_normal:3e38"), Fan{}, Stream(1, "w")), ``},
		{nonlinearity, `unknown nonlinearity "relo": did you mean "relu"? ` +
			`(known: linear, selu, relu, leaky_relu, sigmoid, tanh)`},
	} {
		switch {
		case c.err == nil:
			t.Errorf("no error, want %s", c.want)
		case c.want == "": // the value in it is a draw
			if !regexp.MustCompile(`^truncated_normal:3e\+38: \S+ is beyond float32$`).MatchString(c.err.Error()) {
				t.Error(c.err)
			}
		case c.err.Error() != c.want:
			t.Errorf("got  %v\nwant %s", c.err, c.want)
		}
	}
	if !errors.Is(parse("x"), suggest.ErrUnknown) {
		t.Error("an unknown name is not suggest.ErrUnknown")
	}
}

func TestGain(t *testing.T) {
	// torch.nn.init.calculate_gain, PyTorch 1.13
	want := map[string]float64{"linear": 1, "sigmoid": 1, "tanh": 1.6666666666666667, "relu": 1.4142135623730951,
		"leaky_relu": 1.4141428569978354, "selu": 0.75}
	for name, w := range want {
		if got, err := Gain(name); err != nil || got != w {
			t.Errorf("Gain(%s) = %v, %v; want %v", name, got, err, w)
		}
	}
	for _, a := range op.Activations() { // PyTorch has none for these
		if d := a.Def(); d != nil && d.Gain == 0 && !errors.Is(second(Gain(d.Name)), suggest.ErrUnknown) {
			t.Errorf("Gain(%s) is known", d.Name)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }
