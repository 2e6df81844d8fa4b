package data_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/data"
)

// Load, split, take statistics of the training rows only, and walk over batches.
func Example() {
	d, err := data.Load("wine", data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	parts, err := data.Split(d, data.SplitOptions{Test: data.DefaultTest, Val: data.DefaultVal, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	scaling, err := data.FitScaling(data.Standardize, d, parts.Train)
	if err != nil {
		log.Fatal(err)
	}
	batches, err := data.NewBatches(parts.Train, 32, 1)
	if err != nil {
		log.Fatal(err)
	}
	x, labels := make([]float32, 32*d.Width()), make([]int, 32)
	rows := 0
	for idx, ok := batches.Next(); ok; idx, ok = batches.Next() {
		if err := d.Gather(x, labels, idx); err != nil {
			log.Fatal(err)
		}
		if err := scaling.Apply(x[:len(idx)*d.Width()]); err != nil {
			log.Fatal(err)
		}
		rows += len(idx)
	}
	fmt.Println(d.Rows(), "rows:", len(parts.Train), "train,", len(parts.Val), "validate,", len(parts.Test), "test")
	fmt.Println(rows, "rows in", batches.Len(), "batches")
	// Output:
	// 178 rows: 121 train, 21 validate, 36 test
	// 121 rows in 4 batches
}
