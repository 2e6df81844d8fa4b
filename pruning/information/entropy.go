package information

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Correction says what is done about the bias of an estimate from counts.
type Correction string

const (
	// PlugIn takes observed shares for probabilities and corrects nothing.
	PlugIn Correction = "plug-in"
	// MillerMadow adds (m−1)/2N to every entropy, m being the number of occupied bins. Corrected mutual information and
	// information gain are the plug-in's plus (m_x + m_y − m_xy − 1)/2N, not below 0. Cells that happen to be empty are
	// not counted, so that it corrects too little where the joint table is sparse: of two independent variables with 16
	// and 10 codes it takes off all of the bias at N = 2000 (12.5 samples a cell), and 0.22 of 0.40 nats at N = 200.
	// Source: Miller 1955, "Note on the bias of information estimates".
	MillerMadow Correction = "miller-madow"
)

func (c Correction) check() error {
	if c != PlugIn && c != MillerMadow {
		return errors.Wrapf(ErrOption, "correction %q is neither %s nor %s", c, PlugIn, MillerMadow)
	}
	return nil
}

// bias returns what the correction adds to an entropy that was summed over cells of n samples within groups: occupied
// cells less groups, over 2n. An unconditional entropy has one group.
func (c Correction) bias(cells, groups, n int) float64 {
	if c == PlugIn {
		return 0
	}
	return float64(cells-groups) / float64(2*n)
}

// Entropy estimates H(X) = −Σ p(x) ln p(x) in nats: 0 for a constant, at most ln m for m distinct codes (plug-in).
func Entropy(x []int, c Correction) (float64, error) { return new(Scratch).Entropy(x, c) }

// Entropy is the function of that name, with e's scratch.
func (e *Scratch) Entropy(x []int, c Correction) (float64, error) {
	if err := firstError(c.check(), checkPaired(len(x), len(x))); err != nil {
		return 0, err
	}
	e.xCodes, e.xCounts = e.compact(e.xCodes, e.xCounts, x)
	return entropyOf(e.xCounts, len(x)) + c.bias(len(e.xCounts), 1, len(x)), nil
}

// JointEntropy estimates H(X,Y) = −Σ p(x,y) ln p(x,y) in nats.
func JointEntropy(x, y []int, c Correction) (float64, error) {
	return new(Scratch).JointEntropy(x, y, c)
}

// JointEntropy is the function of that name, with e's scratch.
func (e *Scratch) JointEntropy(x, y []int, c Correction) (float64, error) {
	if err := e.tabulate(x, y, c); err != nil {
		return 0, err
	}
	n, h := float64(len(x)), 0.0
	for _, cell := range e.cells {
		p := float64(cell.n) / n
		h -= p * math.Log(p)
	}
	return h + c.bias(len(e.cells), 1, len(x)), nil
}

// ConditionalEntropy estimates H(X|Y) = Σ p(y)·H(X given y) in nats: what is left unknown of x once y is known.
// The plug-in lies between 0 and H(X).
func ConditionalEntropy(x, y []int, c Correction) (float64, error) {
	return new(Scratch).ConditionalEntropy(x, y, c)
}

// ConditionalEntropy is the function of that name, with e's scratch.
func (e *Scratch) ConditionalEntropy(x, y []int, c Correction) (float64, error) {
	if err := e.tabulate(x, y, c); err != nil {
		return 0, err
	}
	n, h := float64(len(x)), 0.0
	for _, cell := range e.cells {
		h -= float64(cell.n) / n * math.Log(float64(cell.n)/float64(e.yCounts[cell.y]))
	}
	return h + c.bias(len(e.cells), len(e.yCounts), len(x)), nil
}

// entropyOf returns the plug-in entropy of counts that sum to n. p = 1 contributes exactly 0.
func entropyOf(counts []int, n int) float64 {
	h := 0.0
	for _, c := range counts {
		p := float64(c) / float64(n)
		h -= p * math.Log(p)
	}
	return h
}

// cell is an occupied cell of the joint table.
type cell struct {
	x, y int32
	n    int32
}

// tabulate checks the arguments and fills e's codes, counts and cells, the cells in order of x, then y.
func (e *Scratch) tabulate(x, y []int, c Correction) error {
	if err := firstError(c.check(), checkPaired(len(x), len(y))); err != nil {
		return err
	}
	e.xCodes, e.xCounts = e.compact(e.xCodes, e.xCounts, x)
	e.yCodes, e.yCounts = e.compact(e.yCodes, e.yCounts, y)
	e.cells = e.cells[:0]
	columns := len(e.yCounts)
	if size := len(e.xCounts) * columns; size <= max(1<<16, 8*len(x)) {
		e.table = resize(e.table, size)
		clear(e.table)
		for i, a := range e.xCodes {
			e.table[int(a)*columns+int(e.yCodes[i])]++
		}
		for i, n := range e.table {
			if n > 0 {
				e.cells = append(e.cells, cell{int32(i / columns), int32(i % columns), n})
			}
		}
		return nil
	}
	// A table far larger than the data: sort the pairs instead.
	e.keys = resize(e.keys, len(x))
	for i, a := range e.xCodes {
		e.keys[i] = uint64(a)<<32 | uint64(e.yCodes[i])
	}
	slices.Sort(e.keys)
	for i, k := range e.keys {
		if i > 0 && k == e.keys[i-1] {
			e.cells[len(e.cells)-1].n++
		} else {
			e.cells = append(e.cells, cell{int32(k >> 32), int32(uint32(k)), 1})
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
