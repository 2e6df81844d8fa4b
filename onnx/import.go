package onnx

import (
	"os"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Load reads an ONNX file: ours, or one that another program wrote with operators of the table in operators.go. The
// network has batch size 1; [graph.Network.Rebatch] gives others. Initializers that are trained become parameters under
// their own names; preprocessing statistics and masks become constants.
//
// Errors: ErrNotONNX, ErrDamaged, ErrInvalid, ErrUnsupported, or fs.ErrNotExist and its like. The message names the
// file and, in it, the node or tensor.
func Load(path string) (*graph.Network, *Meta, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "load ONNX model")
	}
	net, meta, err := Unmarshal(b)
	return net, meta, errors.Wrap(err, path)
}

// Unmarshal is Load for bytes in memory. The network does not share memory with b.
func Unmarshal(b []byte) (*graph.Network, *Meta, error) {
	m, err := decodeModel(b)
	if err != nil {
		return nil, nil, err
	}
	meta, err := decodeMeta(m.GetMetadataProps())
	if err != nil {
		return nil, nil, err
	}
	im, err := newImporter(m)
	if err != nil {
		return nil, nil, err
	}
	net, err := im.network()
	return net, meta, err
}

// importer turns a graph into a network in two passes. From the outputs backwards it matches nodes, and groups of
// nodes, with the operations they mean; what a group has swallowed is never needed and falls away. Forwards it builds.
type importer struct {
	pb        *pb.GraphProto
	opset     int64
	ours      bool            // the file was written by this package
	untrained map[string]bool // as the file says, if it is ours

	order  []*node
	makers map[string]*node     // who makes a value
	reads  map[string]int       // how often a value is read, outputs of the graph included
	consts map[string]*constant // values known before the network runs

	g      *gorgonia.ExprGraph
	dt     tensor.Dtype
	values map[string]*gorgonia.Node
	params map[string]*param
}

// node is a node of the file.
type node struct {
	*pb.NodeProto
	index int // position in the file
	label string
	attrs *attributes
}

func (n *node) in(i int) string {
	if i < len(n.Input) {
		return n.Input[i]
	}
	return ""
}

func (n *node) out() string { return n.Output[0] }

// plan is what a node means: an operation on computed values. Its constants are in make's closure.
type plan struct {
	in   []string
	make func(in gorgonia.Nodes) (*gorgonia.Node, error)
}

func newImporter(m *pb.ModelProto) (*importer, error) {
	im := &importer{
		pb: m.GetGraph(), untrained: map[string]bool{},
		makers: map[string]*node{}, reads: map[string]int{}, consts: map[string]*constant{},
		g: gorgonia.NewGraph(), values: map[string]*gorgonia.Node{}, params: map[string]*param{},
	}
	im.opset, _ = opsetOf(m) // checked by validate
	for _, p := range m.GetMetadataProps() {
		if p.GetKey() == keyConstants {
			list, err := decodeList(keyConstants, p.GetValue())
			if err != nil {
				return nil, err
			}
			im.ours = true
			for _, name := range list {
				im.untrained[name] = true
			}
		}
	}
	for _, t := range im.pb.GetInitializer() {
		c, err := decodeConstant(t)
		if err != nil {
			return nil, err
		}
		im.consts[c.name] = c
	}
	order, err := inOrder(im.pb)
	if err != nil {
		return nil, err
	}
	for i, p := range order {
		n := &node{NodeProto: p, index: i, label: nodeName(i, p), attrs: newAttributes(p)}
		if err := im.admit(n); err != nil {
			return nil, err
		}
	}
	for _, o := range im.pb.GetOutput() {
		im.reads[o.GetName()]++
	}
	return im, nil
}

// admit checks a node against the table and takes it into the graph, or folds it if it is a constant.
func (im *importer) admit(n *node) error {
	if len(n.Output) == 0 {
		return invalidf("%s has no output", n.label)
	}
	if d := n.GetDomain(); d != "" && d != "ai.onnx" {
		return unsupportedf("%s: operator %s of domain %s is not supported", n.label, n.OpType, d)
	}
	row, ok := operatorsByName[n.OpType]
	if !ok || im.opset < row.since {
		return unsupportedf("%s: operator %s of opset %d is not supported", n.label, n.OpType, im.opset)
	}
	used := len(n.Input)
	for used > 0 && n.Input[used-1] == "" { // optional inputs left out
		used--
	}
	if used < row.min || used > row.max || slices.Contains(n.Input[:row.min], "") {
		return invalidf("%s has %d inputs", n.label, used)
	}
	for _, out := range n.Output {
		if out != "" {
			im.makers[out] = n
		}
	}
	if row.fold != nil {
		c, err := row.fold(im, n)
		if err != nil {
			return im.located(n, err)
		}
		if c != nil {
			im.consts[n.out()] = c
			return nil
		}
	}
	for _, in := range n.Input {
		im.reads[in]++
	}
	im.order = append(im.order, n)
	return nil
}

func (im *importer) network() (*graph.Network, error) {
	net := &graph.Network{Graph: im.g}
	if err := im.addInputs(net); err != nil {
		return nil, err
	}
	plans, err := im.match()
	if err != nil {
		return nil, err
	}
	for i, n := range im.order {
		if plans[i] == nil {
			continue
		}
		if err := im.build(n, plans[i]); err != nil {
			return nil, im.located(n, err)
		}
	}
	for _, o := range im.pb.GetOutput() {
		v := im.values[o.GetName()]
		if v == nil {
			return nil, unsupportedf("output %q does not depend on any input", o.GetName())
		}
		net.Outputs = append(net.Outputs, v)
	}
	im.addParams(net)
	if err := im.checkShapes(); err != nil {
		return nil, err
	}
	if err := net.Validate(); err != nil {
		return nil, invalidf("%v", err)
	}
	return net, nil
}

// match makes the plans, from the outputs backwards; nil where nothing needs the node.
func (im *importer) match() ([]*plan, error) {
	needed := map[string]bool{}
	for _, o := range im.pb.GetOutput() {
		needed[o.GetName()] = true
	}
	plans := make([]*plan, len(im.order))
	for i := len(im.order) - 1; i >= 0; i-- {
		n := im.order[i]
		for _, extra := range n.Output[1:] {
			if needed[extra] {
				return nil, unsupportedf("%s: its output %q is not supported, only the first is", n.label, extra)
			}
		}
		if !needed[n.out()] {
			continue
		}
		p, err := operatorsByName[n.OpType].match(im, n)
		if err == nil {
			err = n.attrs.done()
		}
		if err != nil {
			return nil, im.located(n, err)
		}
		for _, in := range p.in {
			if im.consts[in] != nil {
				return nil, unsupportedf("%s: it computes on the constant %q; fold constants first", n.label, in)
			}
			needed[in] = true
		}
		plans[i] = p
	}
	return plans, nil
}

// build adds a plan's operation. Gorgonia panics on some inputs that do not fit; that too is the file's fault.
func (im *importer) build(n *node, p *plan) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = invalidf("%v", r)
		}
	}()
	in := make(gorgonia.Nodes, len(p.in))
	for i, name := range p.in {
		in[i] = im.values[name]
	}
	v, err := p.make(in)
	if err != nil {
		return err
	}
	if !im.temporary(n) && v.Op() != nil && !slices.Contains(in, v) {
		gorgonia.WithName(n.out())(v)
	}
	im.values[n.out()] = v
	return nil
}

// temporary tells whether a value's name says nothing: it was made up by our exporter, which will make it up again.
func (im *importer) temporary(n *node) bool {
	if !im.ours {
		return false
	}
	name, made := n.out(), positional(n.NodeProto, n.index)
	return name == made || strings.HasPrefix(name, made+"_") && positionalName.MatchString(name)
}

// located puts the node in front of an error, which keeps its kind; an error without one is the file's fault.
func (im *importer) located(n *node, err error) error {
	var f *fault
	if errors.As(err, &f) {
		return &fault{f.kind, n.label + ": " + err.Error()}
	}
	return invalidf("%s: %v", n.label, err)
}
