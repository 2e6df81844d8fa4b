package pruning

import "github.com/gtrain/gtrain/internal/suggest"

// Method is what happens to the units that are chosen.
type Method string

// The methods.
const (
	Mask   Method = "mask"   // they stay and are multiplied by zero
	Remove Method = "remove" // they go: the graph is rewritten with smaller tensors
)

// ParseMethod reads a method's name; Remove for "".
func ParseMethod(name string) (Method, error) {
	switch Method(name) {
	case "":
		return Remove, nil
	case Mask, Remove:
		return Method(name), nil
	}
	return "", suggest.Unknown("method", name, []string{string(Mask), string(Remove)})
}
