// Package update steps weights: the fused formulas of optimizers, clamping and averaging, and the scans of gradients that
// clipping needs. All implementations give the same bits. What package kernels says of layout and contracts holds here too.
package update
