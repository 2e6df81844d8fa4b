package config

import (
	"math"
	"strconv"
)

// Count is a whole number that follows from the data where it is Auto, which files and flags spell auto.
type Count int

// Auto leaves a Count to the data; see training.Size.
const Auto Count = math.MinInt32

func (c Count) String() string {
	if c == Auto {
		return "auto"
	}
	return strconv.Itoa(int(c))
}

// Or is the number, low where it is left to the data.
func (c Count) Or(low int) int {
	if c == Auto {
		return low
	}
	return int(c)
}
