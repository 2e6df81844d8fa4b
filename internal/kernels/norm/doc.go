// Package norm computes batch and layer normalization, their gradients, and sums and affine functions of channels. Means
// and variances are compensated sums in float64, of blocks of fixed size. What package kernels says of layout and contracts
// holds here too.
package norm
