package main

import (
	"fmt"

	"github.com/gtrain/gtrain/benchmarks"
)

// The kinds of work.
const (
	kindTrain = "train"
	kindInfer = "infer"
	kindGemm  = "gemm"
	kindPeak  = "peak" // the floating-point operations a second that one core can do; only gtrain's worker knows
)

// work is what is timed: a step on a network and batch, or a matrix product.
type work struct {
	Kind    string             `json:"kind"`
	Network benchmarks.Network `json:"network"`
	Batch   int                `json:"batch"`
	Product benchmarks.Product `json:"product"`
	Double  bool               `json:"double"` // a product in float64
}

func (w work) String() string {
	switch w.Kind {
	case kindGemm:
		return fmt.Sprintf("%s %s double=%v", w.Kind, w.Product.Name, w.Double)
	case kindPeak:
		return w.Kind
	}
	return fmt.Sprintf("%s %s batch %d", w.Kind, w.Network.Name, w.Batch)
}

// tolerance is how far a peer's numbers may be from ours, relative to the largest. Adam's first step is as long for a
// gradient that is rounding alone as for any other, and batch norm hands such gradients down: losses drift apart.
func (w work) tolerance() float64 {
	if w.Kind == kindTrain && w.Network.Name == "resnet-mini" {
		return 2e-3
	}
	return 1e-4
}

func (w work) flop() float64 {
	switch w.Kind {
	case kindTrain:
		return w.Network.TrainingFLOP(w.Batch)
	case kindInfer:
		return w.Network.InferenceFLOP(w.Batch)
	}
	return w.Product.FLOP()
}

// request asks a worker to do some work. With Check it does little of it and reports numbers; otherwise it repeats it
// for about Seconds and reports the time.
type request struct {
	Work    work    `json:"work"`
	Files   string  `json:"files"` // directory of the network's files, see files.go
	Check   bool    `json:"check"`
	Rate    float64 `json:"rate"` // of Adam
	Seconds float64 `json:"seconds"`
}

// response is a worker's answer.
type response struct {
	Nanoseconds float64   `json:"ns"`      // median of a step
	Numbers     []float32 `json:"numbers"` // of a check: losses, probabilities, or elements of a product
	Error       string    `json:"error"`
}
