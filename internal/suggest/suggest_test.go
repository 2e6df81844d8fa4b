package suggest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var optimizers = []string{"sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw", "lion"}

func TestNearest(t *testing.T) {
	losses := []string{"mse", "cross_entropy", "log_loss", "accuracy", "r2", "l1", "relu", "größe"}
	for _, c := range []struct {
		known      []string
		word, want string
	}{
		{optimizers, "admm", "adam"}, // replaced
		{optimizers, "sdg", "sgd"},   // swapped: one edit here, two in Levenshtein's distance
		{optimizers, "ADAM", "adam"}, // another case
		{optimizers, "RmsPorp", "rmsprop"},
		{optimizers, "ad", "adam"},       // beginning of four names: the shortest
		{optimizers, "adad", "adadelta"}, // beginning before one edit (adam)
		{optimizers, "adamv", "adamw"},   // adam and adamw are one edit away: the nearer length
		{optimizers, "nestrov", "nesterov"},
		{optimizers, "sgd_momentum", "sgd"},
		{optimizers, "lbfgs", ""},
		{optimizers, "lamb", ""},
		{optimizers, "a", ""}, // too little to go by
		{optimizers, "", ""},
		{losses, "cross", "cross_entropy"},
		{losses, "crossentropy", "cross_entropy"},
		{losses, "cross-entropy", "cross_entropy"},
		{losses, "accuracy_score", "accuracy"},
		{losses, "r2_score", "r2"},
		{[]string{"l1", "r2"}, "l2", "l1"}, // both one edit away: the earlier
		{losses, "gröse", "größe"},
		{losses, "x", ""},
		{nil, "adam", ""},
		{[]string{""}, "adam", ""},
	} {
		got, ok := Nearest(c.word, c.known)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", c.word, got, ok, c.want)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, c := range []struct {
		kind, word string
		known      []string
		want       string
	}{
		{"optimizer", "admm", []string{"adam", "adamw"},
			`unknown optimizer "admm": did you mean "adam"? (known: adam, adamw)`},
		{"metric", "zzzzz", []string{"mse"}, `unknown metric "zzzzz" (known: mse)`},
		{"key", "a\nb", nil, `unknown key "a\nb"`},
	} {
		err := fmt.Errorf("config: %w", Unknown(c.kind, c.word, c.known))
		if got, want := err.Error(), "config: "+c.want; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%v: errors.Is(err, ErrUnknown) is false", err)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"ab", "ba", 1}, {"ca", "abc", 3}, {"abcd", "badc", 2}} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// One random edit to a name is at distance one (or none, where the edit changes nothing), either way round; and Nearest
// finds the name again when it is the only one and the edit leaves it three letters.
func TestOneEdit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-e]{3,12}`).Draw(t, "name")
		i := rapid.IntRange(0, len(name)-2).Draw(t, "i")
		letter := rapid.StringMatching(`[a-e]`).Draw(t, "letter")
		word := map[string]string{
			"insert":  name[:i] + letter + name[i:],
			"delete":  name[:i] + name[i+1:],
			"replace": name[:i] + letter + name[i+1:],
			"swap":    name[:i] + name[i+1:i+2] + name[i:i+1] + name[i+2:],
		}[rapid.SampledFrom([]string{"insert", "delete", "replace", "swap"}).Draw(t, "edit")]
		d := distance([]rune(name), []rune(word))
		if back := distance([]rune(word), []rune(name)); d != back || d > 1 || (d == 0) != (word == name) {
			t.Fatalf("distance(%q, %q) = %d, back %d", name, word, d, back)
		}
		if got, ok := Nearest(strings.ToUpper(word), []string{name}); !ok || got != name {
			t.Fatalf("Nearest(%q) = %q, %v; want %q", word, got, ok, name)
		}
	})
}
