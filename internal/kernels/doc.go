// Package kernels computes on flat slices. It has what all kernels share (element types, the choice of an implementation,
// memory that calls reuse, sharing over package workers) and the functions of elements: arithmetic, activations and their
// gradients, reductions, softmax and cross-entropy, gathering and broadcasting. Matrix products, convolutions with pooling,
// normalization and the updates of optimizers are packages of their own below it, gemm, conv, norm and update, which apply
// its functions; none of them but for tests imports another.
//
// # Layout
//
// Matrices are row-major. ld, the leading dimension, is the distance in elements between the starts of two rows. Every
// function is generic over float32 and float64. Images are NCHW, the weights of convolutions OIHW. dst may be the very
// same slice as an input of the same shape, but must not overlap it otherwise; a matrix product's c must overlap neither a
// nor b, and the result of a convolution or of pooling none of its inputs.
//
// # Implementations
//
// Each kernel exists in plain Go ("portable") and, on amd64, in assembly for AVX2 with FMA ("avx2") and for AVX-512
// ("avx512"). The best one that the processor has is chosen at start-up; SetISA forces another. float32 functions such
// as Exp or Tanh keep within the error bounds stated beside them; their float64 forms use package math.
//
// The assembly is generated: go generate runs the program in asm/, which writes the *_amd64.s files and their stubs. Each
// package has a table of its own functions, which it fills through OnISA whenever an implementation is chosen.
//
// # Determinism
//
// For one implementation, results do not depend, in any bit, on the number of threads or on which worker did what:
// matrix products are split over rows and columns of the result and never over k, convolutions likewise but for the
// gradient of the weights, whose chunks of the batch depend on the shape alone, and reductions add up blocks of fixed size
// in a fixed order. Two implementations may differ in the last bits, but for the update kernels of optimizers,
// which give the same bits in all of them.
//
// # Contract
//
// The package is internal and its callers validate: a slice too short for the stated shape, or a negative dimension, is
// a bug and panics with the function's name and the two sizes. Empty inputs are fine.
package kernels
