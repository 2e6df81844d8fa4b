package information

import (
	"math"
	"slices"
)

// KSG estimates the mutual information of two continuous variables, in nats, from distances to nearest neighbours in
// the plane under the maximum norm (estimator I⁽¹⁾ of Kraskov, Stögbauer and Grassberger):
//
//	I = ψ(N) + ψ(k) − ⟨ψ(n_x+1)⟩ − ⟨ψ(n_y+1)⟩, not below 0
//
// n_x and n_y count the other samples whose x, or y, is nearer than the k-th neighbour in the plane.
// The value is that of scikit-learn's _compute_mi_cc, which applied to data through [Jitter] is mutual_info_regression.
// It depends on the relative scale of x and y, which [Jitter] makes equal.
//
// Copies of samples, which agree in x and y to 5e-7 of their deviations, are taken away by the rules of [Distinct], for
// which x is the row and y the target. Who knows which rows of the data are copies leaves them out and calls [KSGAsIs].
//
// Errors: [ErrNeighbors] for k outside 1 … n−1. Where either variable is constant the value is exactly 0.
// Time is O(n log n) to sort, and for each sample the search of a few strips of 8·√(kn) samples.
//
// Source: Kraskov et al. 2004, "Estimating mutual information".
func KSG(x, y []float64, k int) (float64, error) { return new(Scratch).KSG(x, y, k) }

// KSG is the function of that name, with e's scratch.
func (e *Scratch) KSG(x, y []float64, k int) (float64, error) { return e.ksg(x, y, k, true) }

// KSGAsIs is [KSG] for samples that hold no copies: none is looked for.
func KSGAsIs(x, y []float64, k int) (float64, error) { return new(Scratch).KSGAsIs(x, y, k) }

// KSGAsIs is the function of that name, with e's scratch.
func (e *Scratch) KSGAsIs(x, y []float64, k int) (float64, error) { return e.ksg(x, y, k, false) }

func (e *Scratch) ksg(x, y []float64, k int, copies bool) (float64, error) {
	err := firstError(checkPaired(len(x), len(y)), checkFinite(x), checkFinite(y), checkNeighbours(k, len(x)))
	if err != nil {
		return 0, err
	}
	if constant(x) || constant(y) {
		return 0, nil
	}
	p := &e.plane
	n := len(x)
	// Broad strips: for independent variables one or two have to be searched, and where x has a point mass, which only
	// y tells apart, there are few of them to visit.
	e.pairs = p.arrange(e.pairs, x, y, int(8*math.Sqrt(float64(n)*float64(k))))
	if copies {
		if x, y := e.withoutCopiesInPlane(k); x != nil {
			return e.ksg(x, y, k, false)
		}
	}
	e.near.distance = resize(e.near.distance, k)
	e.extendPsi(n)
	var sumX, sumY float64
	for at := range p.x {
		radius := nearer(p.kth(&e.near, at))
		sumX += e.psi[within(p.x, at, radius)]
		sumY += e.psi[within(p.y, int(p.atY[at]), radius)]
	}
	return max(0, e.psi[n]+e.psi[k]-sumX/float64(n)-sumY/float64(n)), nil
}

// withoutCopiesInPlane returns what is left of the arranged samples without copies; nil if there are none.
func (e *Scratch) withoutCopiesInPlane(k int) (x, y []float64) {
	p, n := &e.plane, len(e.plane.x)
	e.row = runs(e.row, n, func(i int) float64 { return p.x[i] })
	along := runs(e.table, n, func(i int) float64 { return p.y[i] })
	e.table, e.target = along, resize(e.target, n)
	for i, at := range p.atY {
		e.target[i] = along[at]
	}
	if !suspect(e.row, e.target) {
		return nil, nil
	}
	for _, i := range e.distinct(e.row, e.target, false, k+1) {
		x, y = append(x, p.x[i]), append(y, p.y[p.atY[i]])
	}
	return x, y
}

// plane is the samples in order of x, cut into strips of equally many, and each strip in order of y.
type plane struct {
	x, y   []float64 // ascending, each for itself
	atY    []int32   // place along y of the sample that is at this place along x
	size   int       // samples in a strip; the last one may have fewer
	strips []point   // strip after strip, ascending in y within each
	atX    []int32   // place along x of sample i
	filled []int32   // of each strip
}

// point is a sample: its coordinates, and its place along x for a name.
type point struct {
	x, y float64
	at   int32
}

// arrange fills p from the samples, with size of them in a strip.
func (p *plane) arrange(scratch []pair, x, y []float64, size int) []pair {
	n := len(x)
	p.x, p.y = resize(p.x, n), resize(p.y, n)
	p.atX, p.atY, p.strips = resize(p.atX, n), resize(p.atY, n), resize(p.strips, n)
	p.size = size
	p.filled = resize(p.filled, n/p.size+1)
	clear(p.filled)

	scratch = sorted(scratch, x)
	for at, s := range scratch {
		p.x[at], p.atX[s.id] = s.v, int32(at)
	}
	// Dealt out in order of y, every strip comes out in order of y.
	scratch = sorted(scratch, y)
	for at, s := range scratch {
		atX := p.atX[s.id]
		p.y[at], p.atY[atX] = s.v, int32(at)
		strip := int(atX) / p.size
		p.strips[strip*p.size+int(p.filled[strip])] = point{p.x[atX], s.v, atX}
		p.filled[strip]++
	}
	return scratch
}

func sorted(scratch []pair, v []float64) []pair {
	scratch = resize(scratch, len(v))
	for i, f := range v {
		scratch[i] = pair{f, int32(i)}
	}
	slices.SortFunc(scratch, comparePairs)
	return scratch
}

// kth returns the distance of a sample, given by its place along x, to its k-th neighbour. It searches the strip that
// the sample is in, then strips farther and farther to both sides, up to those that begin beyond the k-th best
// distance.
func (p *plane) kth(best *neighbours, at int) float64 {
	best.clear()
	from := point{p.x[at], p.y[p.atY[at]], int32(at)}
	home := at / p.size
	p.search(best, home, from)
	left, right := home*p.size-1, (home+1)*p.size // the nearest samples outside
	for {
		leftward := left >= 0 && from.x-p.x[left] < best.worst
		if leftward {
			p.search(best, left/p.size, from)
			left -= p.size
		}
		rightward := right < len(p.x) && p.x[right]-from.x < best.worst
		if rightward {
			p.search(best, right/p.size, from)
			right += p.size
		}
		if !leftward && !rightward {
			return best.worst
		}
	}
}

// search offers the samples of a strip, from the sample's own y upwards and downwards.
func (p *plane) search(best *neighbours, strip int, from point) {
	s := p.strips[strip*p.size : min((strip+1)*p.size, len(p.strips))]
	low, high := 0, len(s)
	for low < high {
		middle := int(uint(low+high) / 2)
		if s[middle].y < from.y {
			low = middle + 1
		} else {
			high = middle
		}
	}
	for i := low; i < len(s); i++ {
		along := s[i].y - from.y
		if along >= best.worst {
			break
		}
		if across := math.Abs(s[i].x - from.x); across < best.worst && s[i].at != from.at {
			best.add(max(along, across))
		}
	}
	for i := low - 1; i >= 0; i-- {
		along := from.y - s[i].y
		if along >= best.worst {
			break
		}
		if across := math.Abs(s[i].x - from.x); across < best.worst {
			best.add(max(along, across))
		}
	}
}

// neighbours keeps the k smallest distances seen.
type neighbours struct {
	distance []float64 // ascending; +Inf where there is none yet
	worst    float64   // the last of them
}

func (b *neighbours) clear() {
	for i := range b.distance {
		b.distance[i] = math.Inf(1)
	}
	b.worst = math.Inf(1)
}

// add takes in a distance below worst.
func (b *neighbours) add(d float64) {
	i := len(b.distance) - 1
	for ; i > 0 && b.distance[i-1] > d; i-- {
		b.distance[i] = b.distance[i-1]
	}
	b.distance[i] = d
	b.worst = b.distance[len(b.distance)-1]
}
