// Package information estimates entropy, information gain and mutual information from samples. Everything is a pure
// function of slices; every result is in nats (natural logarithm; divide by ln 2 for bits).
//
// # Discrete variables
//
// A discrete variable is a []int of codes: class labels, or what [Discretize] makes of a continuous variable. A
// variable is discretised once and its codes are handed to every function, so H(X), H(X|Y) and I(X;Y) always share bin
// edges. The plug-in estimators put observed shares in place of probabilities:
//
//	H(X)   = −Σ p(x) ln p(x)                         [Entropy]
//	H(X|Y) = −Σ p(x,y) ln p(x|y)                     [ConditionalEntropy]
//	G(S,X) = H(S) − Σ p(x)·H(S given x)              [InformationGain]
//	I(X;Y) = Σ p(x,y) ln( p(x,y) / (p(x)·p(y)) )     [MutualInformation]
//
// G and I are one number computed in two ways, for the same codes.
//
// # Bias
//
// With N samples and m occupied bins the plug-in entropy is low by about (m−1)/2N, and the plug-in mutual information
// is high by about (m_x−1)(m_y−1)/2N: for 32 bins and 10 classes that is 0.56 nats at N = 250 and 0.014 at N = 10,000.
// [MillerMadow] removes it, as far as the cells are occupied; [PermutationTest] tells what independence alone would
// have scored.
//
// # Continuous variables
//
// [Ross] (continuous against classes) and [KSG] (continuous against continuous) need no bins; they measure distances to
// the k-th nearest neighbour, k = 3 being customary. They assume that values do not repeat: pass data with ties, such
// as ReLU outputs with their mass at zero, through [Jitter] first. [Gaussian] is the closed form for a bivariate
// normal.
//
// Copies of whole rows are another matter than ties: the nearest neighbour of a sample is then itself, and pure noise seems
// to tell all. [SameRows] finds copies in the data, [Distinct] decides which samples are left without them, and
// [RossWeighted] gives classes the shares they had. [Ross] and [KSG] look for copies by themselves, as far as one variable
// and its target show them.
//
// # Memory and threads
//
// Package functions allocate their scratch on each call. To score many variables, keep one [Scratch] for each
// goroutine and call its methods of the same names. Results depend on arguments alone, to the bit.
//
// # Errors
//
// Bad input is refused with one of [ErrEmpty], [ErrLength], [ErrNonFinite], [ErrBins], [ErrNeighbors] and [ErrOption],
// which errors.Is recognises. A constant variable is no error: it knows nothing, and every estimate for it is exactly
// 0.
package information
