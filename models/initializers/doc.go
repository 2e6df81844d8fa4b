// Package initializers draws the values that weights have before training.
//
// An [Initializer] is a named rule with at most one parameter (a gain, a standard deviation or a value); [All] lists
// them. [Parse] reads the form used in configuration, "he_normal" or "constant:0.1", and [Initializer.String] writes
// it. [Fill] applies a rule to a slice, given the [Fan] of the weight and a generator. The generator of each parameter
// comes from [Stream], which derives it from the run's seed and the parameter's name: adding, removing or reordering
// layers leaves the initial values of all others as they were.
//
// Every value is computed in float64. Filling []float32 rounds the values that filling []float64 gives, so that a
// model checked in double precision starts where the one trained in single precision starts.
//
// # Choosing
//
// Variance-scaling rules keep the variance of activations or gradients level through depth: He for rectifiers, Glorot
// for tanh and sigmoid, LeCun for SELU. Uniform and normal differ only in shape. [Gain] has the gains for other
// nonlinearities.
package initializers
