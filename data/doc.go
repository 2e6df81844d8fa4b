// Package data holds datasets as plain slices: readers, splits, seeded batches and preprocessing statistics.
//
// # Concepts
//
// A Dataset is a row-major matrix of float32 features and, for every row, a class or a number to predict. Load makes
// one from the name of an embedded dataset, a CSV file or a directory in MNIST's IDX layout; Formats lists what it reads. FromSlices,
// FromStructs, FromRecords and FromColumns make one, by the same rules, of what a program has.
//
// An example has a shape, Dataset.Shape: the columns of a table, or [channels, height, width] of an image, in whose row-major
// order the features are. It stands in the schema, and so in a model's file.
//
// A Schema describes how raw columns became features: which are numbers, which are text and with which categories, what
// replaces a missing value, and what the classes are called. It is kept with the model as JSON, so that a new file is
// encoded exactly as the training data was, whatever the order of its columns, with or without the target. A new file
// that does not fit (a column missing, an unknown category or class) is refused with the place named. Schema.Encode and
// Schema.Encoder make features of single records, texts or numbers, for predictions.
//
// # What decides nothing
//
// Test rows take no part in any statistic. Missing values therefore stay NaN after Load and are filled by
// Dataset.Impute from the rows it is given; FitScaling takes its rows the same way. The order is
//
//	d, err := data.Load("people.csv", data.Options{Impute: data.ImputeMedian})
//	parts, err := data.Split(d, data.SplitOptions{Test: 0.2, Val: 0.2, Seed: 1})
//	d, err = d.Impute(parts.Train)
//	scaling, err := data.FitScaling(data.Standardize, d, parts.Train)
//	batches, err := data.NewBatches(parts.Train, 32, 1)
//
// # Same data, same split
//
// Dataset.Fingerprint identifies the rows of a file: it does not depend on the order of columns, on how a number is
// written, on imputation or on which features were selected. SplitInfo records it with the seed, the fractions and the
// target, so that the split of the same data can be drawn again later and a model judged only by rows it never saw.
//
// # Caveats
//
// Everything is held in memory. Classes and categories are sorted: as numbers if all of them are numbers, by bytes
// otherwise; so breast_cancer has benign = 0, malignant = 1. Blanks around a cell are not part of it. Pixels read from
// IDX files stay 0…255, the values a CSV of the same images holds; scaling is the model's first layer.
package data
