// Package gemm multiplies matrices: C = α·op(A)·op(B) + β·C, with a bias and an activation in the same pass, and products
// with a matrix that is packed once ([Packed]). PeakFMA measures what they are compared with.
//
// Products are split over rows and columns of the result and never over the dimension that is summed, so the bits do not
// depend on the number of threads. What package kernels says of layout and contracts holds here too.
package gemm
