package onnx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// dropIdentities makes the readers of an Identity read its input. Left-out layers (dropout, a linear activation) leave
// such nodes behind, and a network that was loaded again has none.
func dropIdentities(nodes []*pb.NodeProto, outputs []string) ([]*pb.NodeProto, []string) {
	source := map[string]string{}
	resolve := func(names []string) {
		for i, n := range names {
			if s, ok := source[n]; ok {
				names[i] = s
			}
		}
	}
	var kept []*pb.NodeProto
	for _, n := range nodes { // inputs before readers, so that chains are resolved at once
		resolve(n.Input)
		if n.OpType == "Identity" {
			source[n.Output[0]] = n.Input[0]
			continue
		}
		kept = append(kept, n)
	}
	resolve(outputs)
	return kept, outputs
}

// live keeps the nodes that outputs depend on and tells which values they read.
func live(nodes []*pb.NodeProto, outputs []string) ([]*pb.NodeProto, map[string]bool) {
	read := map[string]bool{}
	for _, o := range outputs {
		read[o] = true
	}
	keep := make([]bool, len(nodes))
	for i := len(nodes) - 1; i >= 0; i-- {
		if keep[i] = read[nodes[i].Output[0]]; keep[i] {
			for _, in := range nodes[i].Input {
				read[in] = true
			}
		}
	}
	var kept []*pb.NodeProto
	for i, n := range nodes {
		if keep[i] {
			kept = append(kept, n)
		}
	}
	return kept, read
}

// Values that nobody named are called after the operator and the position of the node that makes them, "relu_1", so
// that a network has the same names however it was built.
func positional(n *pb.NodeProto, i int) string {
	return fmt.Sprintf("%s_%d", strings.ToLower(n.OpType), i)
}

var positionalName = regexp.MustCompile(`^[a-z0-9]+_[0-9]+(_[0-9]+)?$`)

// namer gives out names once.
type namer map[string]bool

func (u namer) unique(want string) string {
	name := want
	for i := 2; u[name]; i++ {
		name = fmt.Sprintf("%s_%d", want, i)
	}
	u[name] = true
	return name
}
