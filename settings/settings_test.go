package settings_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/settings"
	"pgregory.net/rapid"
)

type scope string

type options struct {
	Rate   float64
	Bins   int
	Seed   uint64
	Mode   scope
	On     bool
	At     []int
	Layers []string
	Means  []float64
	Text   string
	Length int

	rate float64
}

const auto = math.MinInt32

var scopes = settings.NewChoices("scope", settings.Named[scope]{Name: "layer", Doc: "each"},
	settings.Named[scope]{Name: "global", Doc: "all"})

const zero = 0x1p-1074

func (o *options) rows() settings.Rows {
	return settings.Rows{
		settings.Number("rate", &o.Rate, "how fast").In(settings.NonNegative).Or(0.1).ZeroAs(zero).Into(&o.rate),
		settings.Count("bins", &o.Bins, "how many").In(settings.AtLeast(2)).Or(16),
		settings.Count("seed", &o.Seed, "of all that is random"),
		scopes.Row("mode", &o.Mode, "what is compared").Or("layer"),
		settings.Flag("on", &o.On, "whether"),
		settings.Counts("at", &o.At, "where").In(settings.AtLeast(1)).Ascends().Or([]int{3}),
		settings.Texts("layers", &o.Layers, "which").From("layer", func() []string { return []string{"dense1", "dense2"} }),
		settings.Numbers("means", &o.Means, "of each").Else("none"),
		settings.Text("text", &o.Text, "any"),
		settings.Count("length", &o.Length, "epochs").In(settings.AtLeast(1)).Word("auto", auto).Else("by the data").
			Needs(func() string {
				if o.On && o.Length == 7 {
					return "on and a length of 7 do not go together"
				}
				return ""
			}),
	}
}

func TestSet(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  any
	}{
		{"rate", 0.5, 0.5}, {"rate", "0.5", 0.5}, {"rate", 1, 1.0}, {"rate", 0, zero}, {"rate", "1e-3", 1e-3},
		{"bins", 8, 8}, {"bins", "8", 8}, {"bins", 8.0, 8}, {"bins", "1e2", 100},
		{"seed", "18446744073709551615", uint64(math.MaxUint64)}, {"seed", uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{"mode", "global", scope("global")}, {"on", "true", true}, {"on", 1, true}, {"on", "no", false},
		{"at", "3, 5", []int{3, 5}}, {"at", []any{3, 5.0}, []int{3, 5}}, {"at", 4, []int{4}}, {"at", "[3,5]", []int{3, 5}},
		{"layers", "dense1,dense2", []string{"dense1", "dense2"}}, {"layers", "[dense2]", []string{"dense2"}},
		{"means", []any{1, 2.5}, []float64{1, 2.5}}, {"text", "a,b", "a,b"}, {"text", 1, "1"},
		{"length", "auto", "auto"}, {"length", "12", 12},
	} {
		var o options
		r, err := o.rows().Lookup("option", c.name)
		if err == nil {
			err = r.Set(c.value)
		}
		if err != nil || !reflect.DeepEqual(r.Get(), c.want) {
			t.Errorf("%s = %#v: %#v, %v; want %#v", c.name, c.value, r.Get(), err, c.want)
		}
	}
}

// A value that is refused is named with its option and with what is wanted, and changes nothing.
func TestSetRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		value any
		want  string
		cause error
	}{
		{"rate", -1, "rate is -1: must be a number >= 0", settings.ErrInvalid},
		{"rate", "much", `rate is "much": must be a number >= 0`, settings.ErrInvalid},
		{"rate", ".nan", "rate is NaN: must be a number >= 0", settings.ErrInvalid},
		{"rate", math.Inf(1), "rate is +Inf: must be a number >= 0", settings.ErrInvalid},
		{"rate", []any{1}, "rate is 1: must be a number >= 0", settings.ErrInvalid},
		{"bins", 1, "bins is 1: must be a whole number >= 2", settings.ErrInvalid},
		{"bins", 0, "bins is 0: must be a whole number >= 2", settings.ErrInvalid},
		{"bins", 2.5, "bins is 2.5: must be a whole number >= 2", settings.ErrInvalid},
		{"bins", 1e300, "bins is 1e+300", settings.ErrInvalid},
		{"seed", -1, "seed is -1: must be a whole number", settings.ErrInvalid},
		{"mode", "globl", `unknown scope "globl": did you mean "global"? (known: layer, global)`, settings.ErrUnknown},
		{"mode", []any{}, "mode is empty: must be a name", settings.ErrInvalid},
		{"on", "maybe", `on is "maybe": must be true or false`, settings.ErrInvalid},
		{"on", 2, `on is 2: must be true or false`, settings.ErrInvalid},
		{"at", "5,3", "at is [5 3]: must be ascending whole numbers >= 1", settings.ErrInvalid},
		{"at", "0", "at is [0]", settings.ErrInvalid},
		{"at", "3,,5", `at is "3,,5"`, settings.ErrInvalid},
		{"layers", "dense1,dens2", `unknown layer "dens2": did you mean "dense2"?`, settings.ErrUnknown},
		{"length", 0, "length is 0: must be a whole number >= 1, or auto", settings.ErrInvalid},
		{"length", "automatic", `length is "automatic": must be a whole number >= 1, or auto`, settings.ErrInvalid},
	} {
		o := options{Bins: 4, Mode: "layer", At: []int{9}}
		before := o
		r, _ := o.rows().Find(c.name)
		err := r.Set(c.value)
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, c.cause) || settings.NameOf(err) != c.name {
			t.Errorf("%s = %#v: %v (about %q), want %q", c.name, c.value, err, settings.NameOf(err), c.want)
		}
		if !reflect.DeepEqual(o, before) {
			t.Errorf("%s = %#v changed %+v to %+v", c.name, c.value, before, o)
		}
	}
}

func TestAssign(t *testing.T) {
	var o options
	if err := o.rows().Assign("tree", map[string]any{"rate": 0, "length": "3"}); err != nil {
		t.Fatal(err)
	}
	want := options{Rate: zero, Bins: 16, Mode: "layer", At: []int{3}, Length: 3}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("%+v, want %+v", o, want)
	}
	if o = (options{}); o.rows().Assign("tree", nil) != nil || o.rate != 0.1 || o.Rate != 0 {
		t.Errorf("rate %v and %v, want the default in the value to use alone", o.Rate, o.rate)
	}
	err := new(options).rows().Assign("tree", map[string]any{"bin": 3})
	if want := `unknown tree option "bin": did you mean "bins"?`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	err = new(options).rows().Assign("tree", map[string]any{"on": true, "length": 7})
	if err == nil || settings.NameOf(err) != "length" || !errors.Is(err, settings.ErrInvalid) ||
		err.Error() != "tree: on and a length of 7 do not go together" {
		t.Errorf("%v, about %q", err, settings.NameOf(err))
	}
	o = options{Bins: 1} // set in a program
	if err := o.rows().Resolve(); err == nil || err.Error() != "bins is 1: must be a whole number >= 2" {
		t.Error(err)
	}
	var given int
	rows := settings.Rows{settings.Count("every", &given, "steps").In(settings.AtLeast(1))}
	if err := rows.Resolve(); err == nil || !strings.Contains(err.Error(), "every has to be given") {
		t.Error(err)
	}
}

func TestNoZero(t *testing.T) {
	n := 3
	r := settings.Count("units", &n, "").NoZero("must be at least 1")
	if err := r.Set(0); err == nil || err.Error() != "units is 0: must be at least 1" || n != 3 {
		t.Error(err, n)
	}
}

func TestDescribe(t *testing.T) {
	var o options
	all := o.rows().Describe()
	if d := all[0]; d.Name != "rate" || d.Kind != "number" || d.Default != 0.1 || d.Range != ">= 0" || d.Help != "how fast" {
		t.Errorf("%+v", d)
	}
	if d := all[3]; !reflect.DeepEqual(d.Choices, []string{"layer", "global"}) {
		t.Errorf("%+v", d)
	}
	for _, want := range []struct {
		r settings.Range
		s string
	}{{settings.Fraction, "in [0, 1)"}, {settings.Inner, "in (0, 1)"}, {settings.AboveOne, "> 1"}, {settings.AtLeast(2), ">= 2"},
		{settings.Between(-0.5, 1e20), "in [-0.5, 1e+20]"}, {settings.Range{}, ""}} {
		if got := want.r.String(); got != want.s {
			t.Errorf("%q, want %q", got, want.s)
		}
	}
}

// What a row says of itself is what it does: a number is taken exactly where its range has it.
func TestRangeDecides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(-10, 10).Draw(t, "low")
		r := settings.Range{Low: low, High: low + rapid.Float64Range(0, 5).Draw(t, "width"),
			OpenLow: rapid.Bool().Draw(t, "open"), OpenHigh: rapid.Bool().Draw(t, "end")}
		v := rapid.OneOf(rapid.Float64(), rapid.Just(r.Low), rapid.Just(r.High)).Draw(t, "v")
		var at float64
		row := settings.Number("x", &at, "").In(r).ZeroAs(zero)
		if err := row.Set(v); (err == nil) != r.Has(v) {
			t.Fatalf("%v %v: %v", r, v, err)
		}
	})
}

func TestRegistry(t *testing.T) {
	r := settings.NewRegistry("tree", func(s string) string { return s }, "oak", "elm").
		Aliases(map[string]string{"quercus": "oak"}).Forms("palm:3")
	if e, err := r.Lookup("elm"); e != "elm" || err != nil {
		t.Error(e, err)
	}
	for name, want := range map[string]string{"oka": `unknown tree "oka": did you mean "oak"? (known: oak, elm, palm:3)`,
		"quercus": `tree "quercus" is called "oak" here`} {
		if _, err := r.Lookup(name); err == nil || err.Error() != want || !errors.Is(err, settings.ErrUnknown) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := r.Add("ash"); err != nil || r.Names()[2] != "ash" {
		t.Error(err, r.Names())
	}
	for _, name := range []string{"ash", "oak", ""} {
		if err := r.Add(name); !errors.Is(err, settings.ErrInvalid) {
			t.Errorf("%q was added: %v", name, err)
		}
	}
	if s, err := scopes.Parse("", "layer"); s != "layer" || err != nil {
		t.Error(s, err)
	}
	if _, err := scopes.Parse("globl", "layer"); !errors.Is(err, settings.ErrUnknown) {
		t.Error(err)
	}
	all := r.All()
	all[0] = "ash"
	if r.All()[0] != "oak" {
		t.Error("a caller changed the table")
	}
}
