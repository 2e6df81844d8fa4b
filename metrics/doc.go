// Package metrics measures how good predictions are: pure functions on slices, and the report that puts them together.
//
// Labels are class indices 0…classes-1. Probabilities and scores are flat and row-major, one row of classes values per
// example, as a model's output batch lies in memory. Values are read as float32 or float64 and summed in float64 with
// Neumaier's compensation, so that a metric over a million rows loses nothing to rounding and hardly depends on their
// order. Results are defined as scikit-learn defines them; each comment says where they part.
//
// [ClassificationReport] and [RegressionReport] compute all that applies in one call. [All] lists the metrics that are
// known by name (early stopping, requirements, help): [Lookup] finds one and [Metric.Of] reads it from a [Report].
//
// # Errors
//
// [ErrEmpty], [ErrLength], [ErrLabel], [ErrNotFinite], [ErrProbability] and [ErrUndefined] work with errors.Is. A NaN
// or an infinity in the input is an error, never a NaN in the result, so that every report can be written as JSON.
package metrics
