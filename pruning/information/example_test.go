package information_test

import (
	"fmt"
	"log"

	"github.com/gtrain/gtrain/pruning/information"
)

// A unit that is on for one class and off for the other says all there is to say: ln 2 = 0.693 nats.
func ExampleMutualInformation() {
	unit, classes := []int{0, 0, 1, 1}, []int{0, 0, 1, 1}
	all, err := information.MutualInformation(unit, classes, information.PlugIn)
	if err != nil {
		log.Fatal(err)
	}
	none, err := information.MutualInformation([]int{0, 1, 0, 1}, classes, information.PlugIn)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f %.3f\n", all, none)
	// Output: 0.693 0.000
}
