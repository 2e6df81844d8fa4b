// Package criteria scores the units of a layer and selects which to remove.
//
// # Scores
//
// A unit is whatever is removed in one piece: a neuron, a filter, an input feature. A [Criterion] turns recorded
// evidence about a layer's units ([UnitStats]: weights, gradients, activations, labels) into one score a unit. It knows
// no graph. The unit with the lowest score goes first. [All] is the table of criteria; [Lookup] finds one by name. A Criterion
// of a program's own is used as those of the table are.
//
//	c, err := criteria.Lookup("mutual-information")
//	scores, err := c.Score(stats, criteria.Options{})
//
// Scores are finite and not negative. A unit whose activation never changes scores exactly 0 by entropy,
// information-gain, mutual-information and variance. The criteria of information theory are in nats and blind to the
// scale of a unit; they look at one unit at a time, so that of two units that say the same both score high.
//
// # Selection
//
// [Select] turns the scores of several layers into the units to keep and to remove: the lowest in each layer
// ([ScopeLayer]) or of all layers together ([ScopeGlobal]). Magnitudes of different layers are not comparable as they
// stand; a [Normalization] divides them by the layer's mean, largest or root sum of squares first.
//
// # Determinism
//
// The same evidence, options and seed give the same bits, for any number of threads.
package criteria
