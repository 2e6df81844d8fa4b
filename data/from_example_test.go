package data_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/data"
)

// A dataset of structs; the schema encodes more of them for a predictor.
func ExampleFromStructs() {
	type flower struct {
		Length  float64  `data:"length"`
		Width   *float64 `data:"width"` // nil where nobody measured it
		Color   string   `data:"color"`
		Species string   `data:"species,target"`
	}
	wide, narrow := 1.5, 0.5
	d, err := data.FromStructs("garden", []flower{
		{5.1, &narrow, "white", "rose"}, {6.2, &wide, "red", "tulip"}, {5.0, nil, "red", "rose"}, {6.4, &wide, "white", "tulip"},
	}, data.Options{Impute: data.ImputeMean})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Rows(), "rows of", d.Features, "in classes", d.Classes)

	if d, err = d.Impute([]int{0, 1, 2, 3}); err != nil {
		log.Fatal(err)
	}
	encoder, err := d.Schema.Encoder()
	if err != nil {
		log.Fatal(err)
	}
	x, err := encoder.AppendStruct(nil, flower{Length: 5.5, Color: "red"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x)
	// Output:
	// 4 rows of [length width color=red color=white] in classes [rose tulip]
	// [5.5 1.1666666 1 0]
}

func ExampleFromSlices() {
	d, err := data.FromSlices("points", []string{"x", "y"}, [][]float64{{0, 1}, {2, 3}, {4, 5}}, []string{"in", "out", "in"}, data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Rows(), "rows,", d.Task, d.Classes)
	// Output: 3 rows, classification [in out]
}

func ExampleFromRecords() {
	d, err := data.FromRecords("houses", []map[string]any{
		{"rooms": 3, "town": "Rome", "price": 250_000.5},
		{"rooms": 5, "town": "Oslo", "price": 410_000},
		{"rooms": 4, "price": 320_000}, // no town
	}, data.Options{Target: "price", Task: data.Regression, Impute: data.ImputeMostFrequent})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Features, d.Missing() > 0)
	// Output: [rooms town=Oslo town=Rome] true
}

func ExampleFromColumns() {
	d, err := data.FromColumns("houses", map[string]any{
		"rooms": []int{3, 5, 4},
		"town":  []string{"Rome", "Oslo", "Rome"},
		"sold":  []bool{true, false, true},
	}, data.Options{Target: "sold"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(d.Features, d.Classes)
	// Output: [rooms town=Oslo town=Rome] [false true]
}
