// Package conv computes convolutions and pooling of NCHW images, and their gradients. Weights are OIHW. A [Conv] is the
// plan for one shape. Pooling stands here because it goes through the same copies of images and the same kernels.
//
// The gradient of the weights is summed over chunks of the batch that depend on the shape alone, so the bits do not depend
// on the number of threads. What package kernels says of layout and contracts holds here too.
package conv
