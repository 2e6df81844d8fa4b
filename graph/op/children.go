package op

import (
	"reflect"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// childrenOffset is where a node keeps its children. ExprGraph.From cannot be used to find them: it looks nodes up in an
// index that is wrong as soon as a node was removed, and Gorgonia removes nodes when it simplifies Log(Sigmoid(x)).
var childrenOffset = nodeField("children")

func nodeField(name string) uintptr {
	f, ok := reflect.TypeFor[gorgonia.Node]().FieldByName(name)
	if !ok {
		panic("gorgonia.Node has no field " + name)
	}
	return f.Offset
}

// Children returns a node's inputs in order, duplicates kept. The slice must not be changed.
func Children(n *gorgonia.Node) gorgonia.Nodes {
	return *(*gorgonia.Nodes)(unsafe.Add(unsafe.Pointer(n), childrenOffset))
}
