package pruning

import "github.com/gtrain/gtrain/internal/suggest"

// Method is what happens to the units that are chosen.
type Method string

// The methods.
const (
	MaskUnits   Method = "mask"   // they stay and are multiplied by zero
	RemoveUnits Method = "remove" // they go: the graph is rewritten with smaller tensors
)

// ParseMethod reads a method's name; RemoveUnits for "".
func ParseMethod(name string) (Method, error) {
	switch Method(name) {
	case "":
		return RemoveUnits, nil
	case MaskUnits, RemoveUnits:
		return Method(name), nil
	}
	return "", suggest.Unknown("method", name, []string{string(MaskUnits), string(RemoveUnits)})
}
