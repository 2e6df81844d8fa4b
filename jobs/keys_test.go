package jobs

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// names are the settings of a struct, in order.
func names(t reflect.Type, prefix string) (out []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Struct {
			out = append(out, names(f.Type, prefix+yamlName(f)+".")...)
			continue
		}
		out = append(out, prefix+yamlName(f))
	}
	return out
}

func TestEverySettingHasARow(t *testing.T) {
	var have []string
	for _, k := range Keys() {
		have = append(have, k.Name)
		if k.Doc == "" || Doc(k.Name) != k.Doc {
			t.Errorf("%s has no line", k.Name)
		}
		if (DefaultText(k.Name) == "") != (k.Example != "") {
			t.Errorf("%s: default %q, example %q: want one of them", k.Name, DefaultText(k.Name), k.Example)
		}
	}
	if want := names(reflect.TypeFor[Config](), ""); !reflect.DeepEqual(have, want) {
		t.Errorf("keys     %v\nsettings %v", have, want)
	}
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

func TestWriteTemplateDoesNotOverwrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gtrain.yaml")
	if err := WriteTemplate(path, false); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	mentions(t, WriteTemplate(path, false), path)
	if b, _ := os.ReadFile(path); string(b) != "mine" {
		t.Errorf("the file now holds %q", b)
	}
	if err := WriteTemplate(path, true); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); string(b) != string(Template()) {
		t.Error("--force did not replace the file")
	}
}
