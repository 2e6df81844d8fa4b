// Package models builds networks layer by layer.
//
// A model is described by a [Spec], a list of layers that is data: it can be written in Go with [Sequential] or [Graph],
// in YAML, or named on the command line ([Parse]: "mlp:64,32", "lenet-5"). [Spec.Build] makes a [network.Network] of it, with
// parameters drawn from a seed:
//
//	spec := models.Sequential(
//		models.Input(100),
//		models.Dense(64, models.ReLU),
//		models.Dense(32, models.ReLU),
//		models.Dense(10),
//		models.Softmax(),
//	)
//	net, err := spec.Build(models.Options{Seed: 1})
//
// Layers may have names and read others than the one before them, so that a model branches: see [Graph], [From], [Add],
// [Concat], [Split]. [Kinds] lists the layers.
//
// Parameters are called after their layer: the weight of the second dense layer is "dense2.weight", of shape (in, out),
// its bias "dense2.bias". Images are (N, channels, height, width), sequences (N, tokens, features); N is the batch.
//
// # Caveats
//
// A spec that comes from [Parse] has hidden layers only; [Spec.For] puts the input and the head for a task around them.
package models
