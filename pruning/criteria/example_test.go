package criteria_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/pruning/criteria"
)

// Scores of the units of two layers, and a selection of the lowest half of all of them together.
func Example() {
	c, err := criteria.Lookup("l1")
	if err != nil {
		log.Fatal(err)
	}
	layers := []criteria.UnitStats{
		{Layer: "wide", Units: 4, Weights: [][]float32{{1, -1}, {0.5, 0}, {2, 2}, {-3, 0}}},
		{Layer: "narrow", Units: 2, Weights: [][]float32{{10, 0}, {1, 1}}},
	}
	var scores []criteria.LayerScores
	for _, s := range layers {
		v, err := c.Score(s, criteria.Options{})
		if err != nil {
			log.Fatal(err)
		}
		scores = append(scores, criteria.LayerScores{Layer: s.Layer, Scores: v})
	}
	s, err := criteria.Select(scores, criteria.SelectOptions{Amount: 0.5, Scope: criteria.ScopeGlobal,
		Normalization: criteria.NormalizeMean})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range s.Removed {
		fmt.Printf("unit %d of %s, which scores %v\n", r.Unit, r.Layer, r.Score)
	}
	// Output:
	// unit 1 of wide, which scores 0.5
	// unit 1 of narrow, which scores 2
	// unit 0 of wide, which scores 2
}

// The mutual information of activations and labels, in nats, by nearest neighbours.
func ExampleCriterion_Score() {
	c := criteria.Named("mutual-information")
	s := criteria.UnitStats{Layer: "dense1", Units: 2, Labels: []int{0, 0, 0, 0, 1, 1, 1, 1}, Activations: []float32{
		0.1, 5, 0.2, 2, 0.3, 9, 0.4, 4,
		1.1, 6, 1.2, 1, 1.3, 8, 1.4, 3,
	}}
	scores, err := c.Score(s, criteria.Options{Neighbors: 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the first unit tells the classes apart:", scores[0] > 0.5, scores[1] < 0.1)
	// Output: the first unit tells the classes apart: true true
}
