package op

import (
	"github.com/gtrain/gtrain/internal/private"
	"gorgonia.org/gorgonia"
)

// Children returns a node's inputs in order, duplicates kept. The slice must not be changed. ExprGraph.From cannot be used
// to find them: it looks nodes up in an index that is wrong as soon as a node was removed, and Gorgonia removes nodes when it
// simplifies Log(Sigmoid(x)).
func Children(n *gorgonia.Node) gorgonia.Nodes { return private.Children(n) }

// GivenName is the name that somebody gave to a node, or empty: Node.Name makes one up, from the ids of the node's inputs.
func GivenName(n *gorgonia.Node) string { return private.Name(n) }
