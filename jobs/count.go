package jobs

import (
	"math"
	"strconv"

	"github.com/pkg/errors"
	"gopkg.in/yaml.v3"
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

// or is the number, low where it is left to the data.
func (c Count) or(low int) int {
	if c == Auto {
		return low
	}
	return int(c)
}

// MarshalYAML implements yaml.Marshaler.
func (c Count) MarshalYAML() (any, error) {
	if c == Auto {
		return "auto", nil
	}
	return int(c), nil
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *Count) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Value == "auto" {
		*c = Auto
		return nil
	}
	var v int
	if err := n.Decode(&v); err != nil {
		return err
	}
	if v == int(Auto) {
		return errors.Errorf("%d is out of range", v)
	}
	*c = Count(v)
	return nil
}
