package config

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/pruning"
	"github.com/gtrain/gtrain/pruning/criteria"
)

// mentions fails unless the error says want.
func mentions(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want it to say %q", err, want)
	}
}

// Each row is whole, and each field of Config has one: setting by name what differs from the default is seen in the record.
func TestTableIsWhole(t *testing.T) {
	seen, flags := map[string]bool{}, map[string]bool{}
	for _, s := range Keys() {
		if seen[s.Name] || s.Flag != "" && flags[s.Flag] {
			t.Errorf("%s, flag %q: there twice", s.Name, s.Flag)
		}
		seen[s.Name], flags[s.Flag] = true, true
		if s.Doc == "" || s.Jobs == 0 || (s.Flag == "") != (s.Takes == "") {
			t.Errorf("%s: %+v", s.Name, s)
		}
		if (s.DefaultText() == "") == (s.Example == "") && s.Default == nil {
			t.Errorf("%s: default %q, example %q: want one of them", s.Name, s.DefaultText(), s.Example)
		}
	}
	if fields := count(reflect.TypeFor[Config]()); fields != len(Keys()) {
		t.Errorf("%d fields and %d rows", fields, len(Keys()))
	}
}

// count is the number of fields that hold a setting. Some of pruning.Config are made of others, or no setting of a file.
func count(t reflect.Type) (n int) {
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Type == reflect.TypeFor[pruning.Config]():
			n += count(f.Type) - len([]string{"Features", "Finetune", "Loss", "Seed", "OnRound"})
		case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[criteria.Criterion]():
			n += count(f.Type)
		default:
			n++
		}
	}
	return n
}

func TestTemplateIsTheDefault(t *testing.T) {
	c := Config{}
	if err := c.Merge(Template(), "gtrain.yaml"); err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(c, want) {
		t.Errorf("template %+v\ndefault  %+v", c, want)
	}
}

// Every line that is commented out is right as well.
func TestTemplateExamplesAreValid(t *testing.T) {
	lines := strings.Split(string(Template()), "\n")
	commented := regexp.MustCompile(`^(\s*)# ([a-z_]+: .*)$`)
	found := 0
	for i, line := range lines {
		m := commented.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		found++
		doc := strings.Join(append(append(append([]string{}, lines[:i]...), m[1]+m[2]), lines[i+1:]...), "\n")
		c := Default()
		if err := c.Merge([]byte(doc), "gtrain.yaml"); err != nil {
			t.Error(err)
		}
		if reflect.DeepEqual(c, Default()) {
			t.Errorf("%q changes nothing", line)
		}
	}
	if found < 10 {
		t.Errorf("only %d settings are commented out", found)
	}
}
