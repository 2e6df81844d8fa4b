package information

import "math"

// MutualInformation estimates I(X;Y) = Σ p(x,y) ln( p(x,y)/(p(x)·p(y)) ) in nats: at least 0, at most the smaller of
// H(X) and H(Y) by the same correction, exactly 0 where either variable is constant. The plug-in is high by about
// (m_x−1)(m_y−1)/2N; [MillerMadow] takes that off, and its result exceeds neither ln m_x nor ln m_y.
func MutualInformation(x, y []int, c Correction) (float64, error) {
	return new(Scratch).MutualInformation(x, y, c)
}

// MutualInformation is the function of that name, with e's scratch.
func (e *Scratch) MutualInformation(x, y []int, c Correction) (float64, error) {
	if err := e.tabulate(x, y, c); err != nil {
		return 0, err
	}
	n, sum := float64(len(x)), 0.0
	for _, cell := range e.cells {
		// Whole numbers, so that independent cells contribute exactly ln 1 = 0.
		joint, product := float64(cell.n)*n, float64(e.xCounts[cell.x])*float64(e.yCounts[cell.y])
		sum += float64(cell.n) / n * math.Log(joint/product)
	}
	return e.bounded(sum, c, len(x)), nil
}

// InformationGain estimates G(S,X) = H(S) − Σ p(x)·H(S given x) in nats: how much knowing x reduces the entropy of the
// labels s. It is the mutual information of s and x, computed as decision trees do; bounds and bias are the same.
// Source: Quinlan 1986, "Induction of decision trees".
func InformationGain(s, x []int, c Correction) (float64, error) {
	return new(Scratch).InformationGain(s, x, c)
}

// InformationGain is the function of that name, with e's scratch.
func (e *Scratch) InformationGain(s, x []int, c Correction) (float64, error) {
	// Rows of the table are the values of x, so that a row's cells are the label counts of one subset of s.
	if err := e.tabulate(x, s, c); err != nil {
		return 0, err
	}
	n, within := float64(len(s)), 0.0
	for i := 0; i < len(e.cells); {
		row := e.cells[i].x
		size, h := float64(e.xCounts[row]), 0.0
		for ; i < len(e.cells) && e.cells[i].x == row; i++ {
			p := float64(e.cells[i].n) / size
			h -= p * math.Log(p)
		}
		within += size / n * h
	}
	return e.bounded(entropyOf(e.yCounts, len(s))-within, c, len(s)), nil
}

// bounded corrects an estimate of H(X) + H(Y) − H(X,Y) for the tabulated variables and keeps it within what there is to
// know: of few samples the correction can come to more.
func (e *Scratch) bounded(plain float64, c Correction, n int) float64 {
	most := math.Inf(1)
	for _, counts := range [][]int{e.xCounts, e.yCounts} {
		most = min(most, entropyOf(counts, n)+c.bias(len(counts), 1, n))
		if c == MillerMadow {
			most = min(most, math.Log(float64(len(counts))))
		}
	}
	return min(max(0, plain+e.gainBias(c, n)), most)
}

// gainBias is the correction of H(X) + H(Y) − H(X,Y) for the tabulated variables: (m_x + m_y − m_xy − 1)/2n.
func (e *Scratch) gainBias(c Correction, n int) float64 {
	return c.bias(len(e.xCounts)+len(e.yCounts), len(e.cells)+1, n)
}
