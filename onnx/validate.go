package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/onnx/internal/pb"
)

// validate checks what holds for every ONNX model, whatever its operators: versions, names, and that every value that
// is read is made, once.
func validate(m *pb.ModelProto) error {
	if v := m.GetIrVersion(); v < minIRVersion || v > maxIRVersion {
		return unsupportedf("the file has IR version %d; versions %d to %d are read", v, minIRVersion, maxIRVersion)
	}
	if _, err := opsetOf(m); err != nil {
		return err
	}
	g := m.GetGraph()
	if len(g.GetSparseInitializer()) > 0 {
		return unsupportedf("the model has sparse initializers; save it with dense ones")
	}
	made, err := madeValues(g)
	if err != nil {
		return err
	}
	for i, n := range g.GetNode() {
		for _, in := range n.GetInput() {
			if _, ok := made[in]; !ok && in != "" {
				return invalidf("%s reads %q, which no input, initializer or node provides", nodeName(i, n), in)
			}
		}
	}
	if len(g.GetOutput()) == 0 {
		return invalidf("the graph has no output")
	}
	for _, o := range g.GetOutput() {
		if _, ok := made[o.GetName()]; !ok {
			return invalidf("the graph's output %q is not provided by any node", o.GetName())
		}
	}
	return nil
}

// opsetOf gives the version of the default operator set.
func opsetOf(m *pb.ModelProto) (int64, error) {
	version := int64(0)
	for _, o := range m.GetOpsetImport() {
		if isDefaultDomain(o.GetDomain()) {
			if version != 0 {
				return 0, invalidf("the default operator set is imported twice")
			}
			version = o.GetVersion()
			if version < minOpset || version > maxOpset {
				return 0, unsupportedf("the model uses opset %d; opsets %d to %d are read", version, minOpset, maxOpset)
			}
		}
	}
	if version != 0 {
		return version, nil
	}
	for i, n := range m.GetGraph().GetNode() {
		if isDefaultDomain(n.GetDomain()) {
			return 0, invalidf("%s is of the default operator set, and the model does not say which version of it it uses",
				nodeName(i, n))
		}
	}
	return 0, nil // all of its operators are of other domains, by which they are refused
}

func isDefaultDomain(d string) bool { return d == "" || d == "ai.onnx" }

// madeValues maps each value's name to who makes it. An initializer may give an input its default value; otherwise
// every name is made once.
func madeValues(g *pb.GraphProto) (map[string]string, error) {
	made := map[string]string{}
	add := func(name, by string) error {
		if name == "" {
			return invalidf("%s has no name", by)
		}
		if old, ok := made[name]; ok {
			return invalidf("the name %q belongs to two values: %s and %s", name, old, by)
		}
		made[name] = by
		return nil
	}
	for i, t := range g.GetInitializer() {
		if err := add(t.GetName(), fmt.Sprintf("initializer %d", i)); err != nil {
			return nil, err
		}
	}
	inputs := map[string]bool{}
	for i, v := range g.GetInput() {
		name := v.GetName()
		if inputs[name] {
			return nil, invalidf("the name %q belongs to two inputs", name)
		}
		inputs[name] = true
		if strings.HasPrefix(made[name], "initializer") {
			continue
		}
		if err := add(name, fmt.Sprintf("input %d", i)); err != nil {
			return nil, err
		}
	}
	for i, n := range g.GetNode() {
		for j, out := range n.GetOutput() {
			if out == "" {
				continue // an optional output that is not wanted
			}
			if err := add(out, fmt.Sprintf("output %d of %s", j, nodeName(i, n))); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}

// inOrder lists the nodes so that each comes after those it reads from, and otherwise as the file has them. ONNX asks
// for that order, and not every exporter gives it.
func inOrder(g *pb.GraphProto) ([]*pb.NodeProto, error) {
	maker := map[string]int{}
	for i, n := range g.GetNode() {
		for _, out := range n.GetOutput() {
			maker[out] = i
		}
	}
	const (
		unseen = iota
		open
		done
	)
	nodes := g.GetNode()
	state := make([]int, len(nodes))
	order := make([]*pb.NodeProto, 0, len(nodes))
	type frame struct{ node, input int }
	for root := range nodes {
		if state[root] == done {
			continue
		}
		stack := []frame{{root, 0}} // a stack of our own: a chain may be longer than a goroutine's
		state[root] = open
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			n := nodes[top.node]
			if top.input == len(n.GetInput()) {
				state[top.node] = done
				order = append(order, n)
				stack = stack[:len(stack)-1]
				continue
			}
			next, ok := maker[n.GetInput()[top.input]]
			top.input++
			if !ok || n.GetInput()[top.input-1] == "" || state[next] == done {
				continue
			}
			if state[next] == open {
				i := slices.IndexFunc(stack, func(f frame) bool { return f.node == next })
				var cycle []string
				for _, f := range stack[i:] {
					cycle = append(cycle, nodeName(f.node, nodes[f.node]))
				}
				return nil, invalidf("the graph has a cycle through %s", shorten(cycle))
			}
			state[next] = open
			stack = append(stack, frame{next, 0})
		}
	}
	return order, nil
}

// neededBy tells which values outputs depend on, of nodes that come after those they read from.
func neededBy(outputs []*pb.ValueInfoProto, order []*pb.NodeProto) map[string]bool {
	needed := map[string]bool{}
	for _, o := range outputs {
		needed[o.GetName()] = true
	}
	for i := len(order) - 1; i >= 0; i-- {
		n := order[i]
		if slices.ContainsFunc(n.GetOutput(), func(out string) bool { return needed[out] }) {
			for _, in := range n.GetInput() {
				if in != "" {
					needed[in] = true
				}
			}
		}
	}
	return needed
}

func shorten(list []string) string {
	if len(list) > 4 {
		return fmt.Sprintf("%s and %d more nodes", strings.Join(list[:4], ", "), len(list)-4)
	}
	return strings.Join(list, ", ")
}

// nodeName is how an error speaks of a node.
func nodeName(i int, n *pb.NodeProto) string {
	if n.GetName() != "" {
		return fmt.Sprintf("node %q (%s)", brief(n.GetName()), brief(n.GetOpType()))
	}
	for _, out := range n.GetOutput() {
		if out != "" {
			return fmt.Sprintf("the node that makes %q (%s)", brief(out), brief(n.GetOpType()))
		}
	}
	return fmt.Sprintf("node %d (%s)", i, brief(n.GetOpType()))
}

// brief cuts a name that no exporter would give, so that the rest of a message is seen.
func brief(name string) string {
	if r := []rune(name); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return name
}
