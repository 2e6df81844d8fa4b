package jobs

import (
	"fmt"
	"strings"

	"github.com/gtrain/gtrain/data"
	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/graph/surgery"
	"github.com/gtrain/gtrain/models"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Inspection is what a model file holds. Its JSON names are stable.
type Inspection struct {
	Model         string          `json:"model"`
	Task          string          `json:"task"`
	Classes       []string        `json:"classes,omitempty"`
	Target        string          `json:"target,omitempty"`
	Features      []string        `json:"features"`
	Inputs        []Tensor        `json:"inputs"`
	Outputs       []Tensor        `json:"outputs"`
	Layers        []LayerInfo     `json:"layers"`
	Params        int             `json:"params"`
	NonzeroParams int             `json:"nonzero_params"`
	Sparsity      float64         `json:"sparsity"` // share of the parameters that are 0
	MACs          int64           `json:"macs"`     // multiply–accumulates of one row
	Bytes         int64           `json:"bytes"`    // of parameters and constants
	Split         *data.SplitInfo `json:"split,omitempty"`
	Groups        []GroupInfo     `json:"groups"`
	Frozen        []FrozenInfo    `json:"frozen"`
	Memory        int64           `json:"memory_bytes"` // that the compiled program allocates for one row
	Program       []graph.Line    `json:"program"`      // its instructions
}

// Tensor is an input or an output; its first axis is the batch, written N.
type Tensor struct {
	Name  string `json:"name"`
	Shape []any  `json:"shape"`
	Type  string `json:"type"`
}

// LayerInfo is one operation of the forward graph.
type LayerInfo struct {
	Name     string  `json:"name"`
	Op       string  `json:"op"`
	Output   []any   `json:"output"` // shape, N for the batch
	Params   int     `json:"params"` // trained numbers that the operation reads
	Nonzero  int     `json:"nonzero_params"`
	MACs     int64   `json:"macs"`
	Bytes    int64   `json:"bytes"` // of its parameters and constants
	Sparsity float64 `json:"sparsity"`
}

// GroupInfo is a prunable layer: with each of its units, indices of all these axes go.
type GroupInfo struct {
	Name        string     `json:"name"`
	Units       int        `json:"units"`
	Axes        []AxisInfo `json:"axes"`                  // of inputs, parameters, states and constants
	Activations []AxisName `json:"activations,omitempty"` // of named operations' results
}

// AxisName is an axis of a named operation's result.
type AxisName struct {
	Node string `json:"node"`
	Axis int    `json:"axis"`
}

// AxisInfo is an axis of a tensor, and how many of its indices go with one unit.
type AxisInfo struct {
	Tensor  string `json:"tensor"`
	Axis    int    `json:"axis"`
	PerUnit int    `json:"per_unit"`
}

// FrozenInfo is an axis that cannot be pruned, or not as a whole.
type FrozenInfo struct {
	Tensor  string `json:"tensor"`
	Axis    int    `json:"axis"`
	Indices int    `json:"indices"` // that stay
	Of      int    `json:"of"`      // all of them
	Why     string `json:"why"`
}

// Inspect describes the model at path. One that does not map rows of features to rows of results, which nothing else here
// takes, has the task "none".
func Inspect(path string) (*Inspection, error) {
	m, err := describeModel(path)
	if err != nil {
		return nil, err
	}
	net, err := m.Net.Rebatch(1)
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	in := &Inspection{Model: path, Task: m.Task.String(), Classes: m.Classes, Features: m.Features, Split: m.Split,
		Inputs: tensors(net.Inputs), Outputs: tensors(net.Outputs)}
	if m.Task == data.Auto { // inputs and outputs are no rows
		in.Task, in.Features = "none", []string{}
	}
	if m.Schema != nil {
		in.Target = m.Schema.Target
	}
	if m.Offsets() != nil { // the file's, which the network does not see
		in.Inputs[0].Type = tensor.Float64.String()
	}
	if models.Target(net).Wide {
		in.Outputs[0].Type = tensor.Float64.String()
	}
	if in.Layers, err = layersOf(net); err != nil {
		return nil, errors.Wrap(err, path)
	}
	in.Params, in.NonzeroParams = net.ParamCount()
	in.Sparsity = sparsity(in.Params, in.NonzeroParams)
	for _, l := range in.Layers {
		in.MACs += l.MACs
	}
	for _, p := range net.Tensors() {
		in.Bytes += bytesOf(p)
	}
	if err := in.couple(net); err != nil {
		return nil, errors.Wrap(err, path)
	}
	program, err := graph.Compile(net.Graph, graph.Outputs(net.Outputs...))
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	in.Memory, in.Program = program.Bytes(), program.Listing()
	return in, nil
}

func tensors(nodes gorgonia.Nodes) []Tensor {
	var out []Tensor
	for _, n := range nodes {
		out = append(out, Tensor{n.Name(), batched(n.Shape()), n.Dtype().String()})
	}
	return out
}

// batched is a shape whose first axis is the batch.
func batched(s tensor.Shape) []any {
	var out []any
	for i, n := range s {
		if i == 0 {
			out = append(out, "N")
			continue
		}
		out = append(out, n)
	}
	return out
}

func bytesOf(n *gorgonia.Node) int64 { return int64(n.Shape().TotalSize()) * int64(n.Dtype().Size()) }

func sparsity(total, nonzero int) float64 {
	if total == 0 {
		return 0
	}
	return float64(total-nonzero) / float64(total)
}

// layersOf lists the operations in the order of computation.
func layersOf(net *network.Network) ([]LayerInfo, error) {
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	params, tensors := set(net.Params), set(net.Tensors())
	var out []LayerInfo
	for _, n := range order {
		if n.Op() == nil || len(op.Children(n)) == 0 { // a parameter, or a number
			continue
		}
		l := LayerInfo{Name: n.Name(), Op: fmt.Sprint(n.Op()), Output: batched(n.Shape())}
		kids := op.Children(n)
		shapes := make([]tensor.Shape, len(kids))
		part := &network.Network{}
		for i, k := range kids {
			shapes[i] = k.Shape()
			if params[k] {
				part.Params = append(part.Params, k)
			}
			if tensors[k] {
				l.Bytes += bytesOf(k)
			}
		}
		if know, err := op.Of(n.Op()); err == nil {
			if c, ok := know.(op.Coster); ok {
				l.MACs = c.MACs(shapes, n.Shape())
			}
		}
		l.Params, l.Nonzero = part.ParamCount()
		l.Sparsity = sparsity(l.Params, l.Nonzero)
		out = append(out, l)
	}
	return out, nil
}

func set(nodes gorgonia.Nodes) map[*gorgonia.Node]bool {
	s := make(map[*gorgonia.Node]bool, len(nodes))
	for _, n := range nodes {
		s[n] = true
	}
	return s
}

// couple lists which axes go together and which stay.
func (in *Inspection) couple(net *network.Network) error {
	c, err := surgery.Analyze(net)
	if err != nil {
		return err
	}
	in.Groups, in.Frozen = []GroupInfo{}, []FrozenInfo{}
	for _, g := range c.Groups {
		info := GroupInfo{Name: g.Name, Units: len(g.Units)}
		at := map[AxisInfo]int{}
		for _, a := range g.Units[0].Atoms {
			key := AxisInfo{Tensor: a.Tensor, Axis: a.Axis}
			i, ok := at[key]
			if !ok {
				i = len(info.Axes)
				at[key] = i
				info.Axes = append(info.Axes, key)
			}
			info.Axes[i].PerUnit++
		}
		for _, a := range g.Through {
			info.Activations = append(info.Activations, AxisName{a.Node, a.Axis})
		}
		in.Groups = append(in.Groups, info)
	}
	for _, f := range c.Frozen {
		in.Frozen = append(in.Frozen, FrozenInfo{f.Tensor, f.Axis, f.Count, f.Size, f.Why})
	}
	return nil
}

// Dot describes the model at path as a Graphviz picture of its graph: operations are boxes, parameters and constants
// stand beside the ones that read them.
func Dot(path string) (string, error) {
	m, err := describeModel(path)
	if err != nil {
		return "", err
	}
	net, err := m.Net.Rebatch(1)
	if err != nil {
		return "", errors.Wrap(err, path)
	}
	order, err := net.Order()
	if err != nil {
		return "", errors.Wrap(err, path)
	}
	return dot(net, m, order), nil
}

func dot(net *network.Network, m *models.Model, order gorgonia.Nodes) string {
	var b strings.Builder
	b.WriteString("digraph model {\n  rankdir=TB;\n  node [shape=box, fontname=\"Helvetica\"];\n")
	ids := map[*gorgonia.Node]int{}
	inputs, params := set(net.Inputs), set(net.Params)
	for i, n := range order {
		ids[n] = i
		label, style := []string{n.Name()}, ""
		switch {
		case n.Op() != nil:
			label = append(label, fmt.Sprint(n.Op()), ShapeText(batched(n.Shape())))
		case inputs[n]:
			label = append(label, ShapeText(batched(n.Shape())))
			style = ", shape=oval"
		default:
			label = append(label, fmt.Sprint(n.Shape()))
			style = ", style=filled, fillcolor=\"" + map[bool]string{true: "#e8eef7", false: "#eeeeee"}[params[n]] + "\""
		}
		fmt.Fprintf(&b, "  n%d [label=\"%s\"%s];\n", i, dotText(label...), style)
	}
	for _, n := range order {
		for _, k := range op.Children(n) {
			fmt.Fprintf(&b, "  n%d -> n%d;\n", ids[k], ids[n])
		}
	}
	last := ids[net.Outputs[0]]
	fmt.Fprintf(&b, "  out [label=\"%s\", shape=oval];\n  n%d -> out;\n}\n", dotText(m.Task.String()), last)
	return b.String()
}

// dotText is a label of several lines.
func dotText(lines ...string) string {
	for i, l := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(l)
	}
	return strings.Join(lines, `\n`)
}

// ShapeText writes a shape as N×64.
func ShapeText(shape []any) string {
	parts := make([]string, len(shape))
	for i, s := range shape {
		parts[i] = fmt.Sprint(s)
	}
	return strings.Join(parts, "×")
}
