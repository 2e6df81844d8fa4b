package information

import (
	"cmp"
	"math"
	"slices"
)

const (
	// Every row of the data may be there the same number of times. So many cells, of different rows or classes, that all
	// hold a multiple of that number of samples do so for no other reason.
	cellsForAll = 32
	// Some rows may be there several times. Among so many different rows, copies are told from values that a discrete
	// variable repeats by their targets: copies bring theirs along, in nearly all cases.
	rowsForSome = 100
	targetAgree = 0.9
	// Fewer repeated rows than these, or than one in so many, change nothing that can be seen, and may be chance.
	fewCopies, rowsPerCopy = 5, 200
	// A row with more samples than these, and a larger share of its class, or of all without classes, is a value at which
	// the variable has a point mass: a class for which a unit is off.
	massSamples, massShare = 10, 0.1
)

// someCopies says whether so many different rows, of which so many are repeated and so many of these have one target, hold
// copies.
func someCopies(rows, repeated, pure int) bool {
	return rows >= rowsForSome && pure >= fewCopies && pure*rowsPerCopy >= rows && float64(pure) >= targetAgree*float64(repeated)
}

// tally is a cell: samples of one row and one target.
type tally struct {
	from, to int // in the sorted samples
	keep     int
	pure     bool // no sample of the row has another target, and the row is no point mass
}

// Distinct finds the samples that are left when copies are taken away: row[i] tells by equal numbers which samples have
// the same row of data, and target[i] which have the same class or value to predict. Copies make a nearest neighbour of
// a sample out of itself, and kNN estimates of pure noise rise to H(Y). They are
//
//   - samples of the same row and target, where all rows are there k times: then each cell (row, target), of 32 or more,
//     has a multiple of k samples, and 1/k of them are kept;
//   - then, among 100 different rows or more of which 5 and one in 200 or more are repeated, samples of the same row and
//     target where at least 90% of the rows that are repeated have one target only. One of these is kept. A row with
//     several targets, or one that has more than 10 samples and 10% of its class, is a value that a variable takes again
//     and again, such as the zero of a ReLU unit; it keeps as many of its samples as the other rows do on average.
//
// Values that are repeated for another reason, those of discrete variables, are left alone. So is all where fewer than
// least samples would be left, or, if classes says that targets are classes, fewer than that of most of these.
//
// The result is ascending indices, nil for all. It says nothing of how often classes occur: RossWeighted takes that.
func Distinct(row, target []int32, classes bool, least int) []int {
	return new(Scratch).distinct(row, target, classes, least)
}

func (e *Scratch) distinct(row, target []int32, classes bool, least int) []int {
	n := len(row)
	e.order = resize(e.order, n)
	order := e.order
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(row[a], row[b]), cmp.Compare(target[a], target[b]), cmp.Compare(a, b))
	})
	var cells []tally
	common, rows, repeated, pure := 0, 0, 0, 0
	for i := 0; i < n; {
		start := len(cells)
		j := i
		for j < n && row[order[j]] == row[order[i]] {
			from := j
			for j < n && row[order[j]] == row[order[i]] && target[order[j]] == target[order[from]] {
				j++
			}
			common = gcd(common, j-from)
			cells = append(cells, tally{from: from, to: j, keep: j - from})
		}
		rows++
		for k := start; k < len(cells); k++ {
			cells[k].pure = len(cells)-start == 1
		}
		i = j
	}
	if common > 1 && len(cells) >= cellsForAll {
		for k := range cells {
			cells[k].keep /= common
		}
		if !enough(cells, order, target, classes, least) {
			return nil
		}
	} else {
		common = 1
	}
	size := map[int32]int{}
	for _, c := range cells {
		size[class(c, order, target, classes)] += c.keep
	}
	for i := 0; i < len(cells); {
		j, samples := i, 0
		for j < len(cells) && row[order[cells[j].from]] == row[order[cells[i].from]] {
			samples += cells[j].keep
			j++
		}
		c := &cells[i]
		switch mass := massShare * float64(size[class(*c, order, target, classes)]); {
		case samples == 1:
		case c.pure && samples > massSamples && float64(samples) > mass:
			c.pure = false
		case c.pure:
			pure++
			fallthrough
		default:
			repeated++
		}
		i = j
	}
	if someCopies(rows, repeated, pure) {
		before := make([]int, len(cells))
		for k, c := range cells {
			before[k] = c.keep
		}
		thin(cells, order, target, classes)
		if !enough(cells, order, target, classes, least) {
			for k := range cells {
				cells[k].keep = before[k]
			}
		}
	}
	var kept []int
	for _, c := range cells {
		for _, i := range order[c.from : c.from+c.keep] {
			kept = append(kept, int(i))
		}
	}
	if len(kept) == n {
		return nil
	}
	slices.Sort(kept)
	return kept
}

// thin leaves one sample of each row that has one target, and of other rows as large a part of what each target has as is
// left of that target on average.
func thin(cells []tally, order, target []int32, classes bool) {
	of := func(c tally) int32 { return class(c, order, target, classes) }
	samples, left := map[int32]int{}, map[int32]int{}
	for _, c := range cells {
		if c.pure {
			samples[of(c)] += c.keep
			left[of(c)]++
		}
	}
	for k, c := range cells {
		switch {
		case c.pure:
			cells[k].keep = 1
		case left[of(c)] > 0:
			cells[k].keep = max(1, (2*c.keep*left[of(c)]+samples[of(c)])/(2*samples[of(c)])) // rounded
		}
	}
}

// class is that of a cell; all are of one without classes.
func class(c tally, order, target []int32, classes bool) int32 {
	if classes {
		return target[order[c.from]]
	}
	return 0
}

// enough says whether what is kept suffices: least samples, and of half of the classes as many each. Where most classes
// have next to no different rows, the rows are values that stand for classes, and no copies.
func enough(cells []tally, order, target []int32, classes bool, least int) bool {
	kept, total, few := map[int32]int{}, 0, 0
	for _, c := range cells {
		total += c.keep
		if classes {
			kept[target[order[c.from]]] += c.keep
		}
	}
	for _, n := range kept {
		if n < least {
			few++
		}
	}
	return total >= least && 2*few <= len(kept)
}

// suspect says whether distinct might find copies, at the cost of one look. Samples of a row lie next to each other.
func suspect(row, target []int32) bool {
	rows, single, repeated, pure := 0, 0, 0, 0
	for i := 0; i < len(row); {
		j, same := i+1, true
		for j < len(row) && row[j] == row[i] {
			same = same && target[j] == target[i]
			j++
		}
		rows++
		if j == i+1 {
			single++
		} else if repeated++; same {
			pure++
		}
		i = j
	}
	return single == 0 || someCopies(rows, repeated, pure)
}

// runs numbers the values of an ascending variable, those that may be copies of each other alike: two neighbours that are
// not farther apart than 5e-7 of its spread (the distance between the 10% and 90% quantiles over 2.56), or than Jitter
// moves them.
func runs(dst []int32, n int, at func(i int) float64) []int32 {
	dst = resize(dst, n)
	largest := max(math.Abs(at(0)), math.Abs(at(n-1)))
	if largest == 0 {
		clear(dst)
		return dst
	}
	mean, magnitude, variance := 0.0, 0.0, 0.0
	for i := range n {
		v := at(i) / largest
		mean += v / float64(n)
		magnitude += math.Abs(v) / float64(n)
	}
	for i := range n {
		d := at(i)/largest - mean
		variance += d * d / float64(n)
	}
	spread := (at(n*9/10)/largest - at(n/10)/largest) / 2.56
	near := max(5e-7*spread, 8e-10*max(math.Sqrt(variance), magnitude)) * largest
	dst[0] = 0
	for i := 1; i < n; i++ {
		dst[i] = dst[i-1]
		if at(i)-at(i-1) > near {
			dst[i]++
		}
	}
	return dst
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
