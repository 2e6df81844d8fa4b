package suggest

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
)

// ErrUnknown is what errors.Is finds in every error that [Unknown] returns.
var ErrUnknown = errors.New("unknown name")

// Unknown returns the error for a word that is not among the known names of a kind ("optimizer", "metric"):
//
//	unknown optimizer "admm": did you mean "adam"? (known: adam, adamw, sgd)
//
// The question is left out where no known name is near, and the list where there is none. Names are listed in the
// order given.
func Unknown(kind, word string, known []string) error {
	nearest, _ := Nearest(word, known)
	return &unknownError{kind: kind, word: word, nearest: nearest, known: strings.Join(known, ", ")}
}

type unknownError struct{ kind, word, nearest, known string }

func (e *unknownError) Error() string {
	s := "unknown " + e.kind + " " + strconv.Quote(e.word)
	if e.nearest != "" {
		s += ": did you mean " + strconv.Quote(e.nearest) + "?"
	}
	if e.known != "" {
		s += " (known: " + e.known + ")"
	}
	return s
}

func (e *unknownError) Is(target error) bool { return target == ErrUnknown }

// Nearest returns the known name that the word was probably meant to be, and false where none is near enough to be
// worth naming. Letter case is ignored. The first of these that holds for any known name decides:
//
//  1. it is the word in another case;
//  2. the word is the beginning of it ("cross" for cross_entropy), two letters or more; the shortest such name wins;
//  3. it is within (n+1)/3 edits of the word, n being the word's length in runes, at least one and at most three, and
//     not every rune is edited; the fewest edits win, then the least difference in length. An edit inserts, deletes or
//     replaces a rune or swaps two neighbours (optimal string alignment: Damerau 1964, no rune edited twice);
//  4. it is the beginning of the word ("accuracy" for accuracy_score), three runes or more, or fewer where no letter
//     follows ("r2" for r2_score); the longest such name wins.
//
// Ties go to the earlier name.
func Nearest(word string, known []string) (string, bool) {
	w := []rune(strings.ToLower(word))
	if len(w) == 0 {
		return "", false
	}
	type candidate struct {
		name       string
		rule       int
		cost, tail int // compared in this order within a rule; less is nearer
	}
	limit := min(max(1, (len(w)+1)/3), 3)
	best := candidate{rule: 5}
	for _, name := range known {
		k := []rune(strings.ToLower(name))
		c := candidate{name: name, rule: 5}
		switch {
		case len(k) == 0:
		case string(k) == string(w):
			c.rule = 1
		case len(w) >= 2 && hasPrefix(k, w):
			c.rule, c.cost = 2, len(k)
		default:
			if d := distance(w, k); d <= limit && d < max(len(w), len(k)) {
				c.rule, c.cost, c.tail = 3, d, max(len(w)-len(k), len(k)-len(w))
			} else if hasPrefix(w, k) && (len(k) >= 3 || !unicode.IsLetter(w[len(k)])) {
				c.rule, c.cost = 4, -len(k)
			}
		}
		if c.rule < best.rule || c.rule == best.rule &&
			(c.cost < best.cost || c.cost == best.cost && c.tail < best.tail) {
			best = c
		}
	}
	return best.name, best.rule < 5
}

func hasPrefix(s, prefix []rune) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == string(prefix)
}

// distance is the optimal string alignment distance of a and b, with three rolling rows.
func distance(a, b []rune) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := above[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
