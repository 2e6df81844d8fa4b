package onnx

import (
	"io"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/graph/op"
	"github.com/gtrain/gtrain/internal/atomicfile"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
	"google.golang.org/protobuf/proto"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// batchParam names the dynamic leading axis of inputs and outputs.
const batchParam = "batch"

// Save writes the network, as it is used for predictions, to an ONNX file. Equal networks give equal bytes. The file
// at path is replaced whole, or left as it was if anything fails. The network is not changed.
//
// Errors: ErrUnsupported, naming the node, where an op has no ONNX form.
func Save(path string, net *network.Network, meta Meta) error {
	b, err := Marshal(net, meta)
	if err != nil {
		return errors.Wrapf(err, "save %s", path)
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// Marshal gives the bytes that Save writes.
func Marshal(net *network.Network, meta Meta) ([]byte, error) {
	g, untrained, err := encodeGraph(net, meta)
	if err != nil {
		return nil, err
	}
	props, err := meta.encode(untrained)
	if err != nil {
		return nil, err
	}
	return encodeModel(&pb.ModelProto{
		IrVersion:     irVersion,
		ProducerName:  producer,
		OpsetImport:   []*pb.OperatorSetIdProto{{Version: opsetVersion}},
		MetadataProps: props,
		Graph:         g,
	})
}

// encodeGraph writes the network out for two batch sizes. Both must read the same: an op that writes the batch size
// into the file would give a model that works for no other.
func encodeGraph(net *network.Network, meta Meta) (g *pb.GraphProto, untrained []string, err error) {
	if err := net.Validate(); err != nil {
		return nil, nil, errors.Wrap(err, "the network is not ready to be saved")
	}
	if elemType(net.Dtype()) == pb.TensorProto_UNDEFINED || net.Dtype() == tensor.Int64 ||
		net.Dtype() == tensor.Int || net.Dtype() == tensor.Int32 {
		return nil, nil, unsupportedf("the network computes in %v; float32 and float64 can be saved", net.Dtype())
	}
	var drafts [2]*draft
	for i, batch := range unusedSizes(net) {
		rebatched, err := net.Rebatch(batch)
		if err != nil {
			return nil, nil, unsupportedf("a file leaves the batch size open: %v", err)
		}
		if drafts[i], err = newDraft(rebatched, meta); err != nil {
			return nil, nil, err
		}
	}
	if err := drafts[0].sameAs(drafts[1]); err != nil {
		return nil, nil, err
	}
	return drafts[0].finish()
}

// unusedSizes gives two batch sizes that no axis of the network has, so that no number in it is taken for the batch or
// the other way round. Not 1: an axis of that size is broadcast.
func unusedSizes(net *network.Network) (sizes [2]int) {
	used := map[int]bool{}
	order, _ := net.Order() // newDraft says what is wrong with it
	for _, n := range append(net.Named(), order...) {
		for _, size := range n.Shape() {
			used[size] = true
		}
	}
	size := 1
	for i := range sizes {
		for size++; used[size]; size++ {
		}
		sizes[i] = size
	}
	return sizes
}

// draft is a network in ONNX's words under provisional names.
type draft struct {
	emitter
	net     *network.Network
	name    map[*gorgonia.Node]string // provisional
	given   map[string]string         // provisional → the name that the network gives it
	missing map[string]error          // values that have no ONNX form, by provisional name
	read    map[string]bool           // values that the outputs depend on
	double  map[string]bool           // values in double whatever the network's type
	left    map[*gorgonia.Node]string // what an input's readers read, where it is in double or of integers
	fixed   []string                  // constants of that, which are not trained
	outputs []string
}

func newDraft(net *network.Network, meta Meta) (*draft, error) {
	d := &draft{
		emitter: emitter{dt: net.Dtype(), hints: map[string]string{}},
		net:     net, name: map[*gorgonia.Node]string{}, given: map[string]string{}, missing: map[string]error{},
		double: map[string]bool{}, left: map[*gorgonia.Node]string{},
	}
	for _, n := range net.Named() {
		d.name[n] = d.provisional("")
		d.given[d.name[n]] = n.Name()
	}
	for _, n := range net.Inputs {
		if net.Integers[n.Name()] != (tensor.Dtype{}) {
			d.left[n] = d.provisional("")
			d.Node("Cast", []string{d.name[n]}, d.left[n], op.Attr{Name: "to", Value: int64(elemType(net.Dtype()))})
		}
	}
	if meta.InputOffset != nil || meta.InputScale != nil {
		if err := d.widenInput(meta.InputOffset, meta.InputScale); err != nil {
			return nil, err
		}
	}
	order, err := net.Order()
	if err != nil {
		return nil, err
	}
	for _, n := range order {
		if d.name[n] == "" {
			d.add(n)
		}
	}
	d.uncast()
	for _, o := range net.Outputs {
		d.outputs = append(d.outputs, d.valueOf(o))
	}
	d.nodes, d.outputs = dropIdentities(d.nodes, d.outputs)
	d.nodes, d.read = live(d.nodes, d.outputs)
	for _, n := range order {
		if err := d.missing[d.name[n]]; err != nil && d.read[d.name[n]] {
			return nil, err
		}
	}
	for _, p := range net.Params {
		if !d.read[d.name[p]] {
			return nil, invalidf("no output of the network depends on parameter %q; remove it from the network's "+
				"parameters", p.Name())
		}
	}
	d.consts = slices.DeleteFunc(d.consts, func(c *pb.TensorProto) bool { return !d.read[c.Name] })
	return d, d.err
}

// uncast makes of a Cast to integers, of what was cast from integers, the integers themselves.
func (d *draft) uncast() {
	source := map[string]string{}
	for _, n := range d.net.Inputs {
		if d.net.Integers[n.Name()] != (tensor.Dtype{}) {
			source[d.left[n]] = d.name[n]
		}
	}
	for _, n := range d.nodes {
		if n.OpType == "Cast" && source[n.Input[0]] != "" && n.Attribute[0].GetI() == int64(pb.TensorProto_INT64) {
			n.OpType, n.Attribute, n.Input = "Identity", nil, []string{source[n.Input[0]]}
		}
	}
}

// add writes out one computed node. A node that has no ONNX form is an error only if something needs it: what Gorgonia
// computes a broadcast's size from, for example, is not needed.
func (d *draft) add(n *gorgonia.Node) {
	out := d.provisional("")
	d.name[n] = out
	kids := op.Children(n)
	switch {
	case n.Op() == nil:
		d.missing[out] = invalidf("node %q is neither an input, nor a parameter, nor a constant of the network", n.Name())
		return
	case len(kids) == 0:
		if n.Value() == nil {
			d.missing[out] = unsupportedf("node %q (%v) has no ONNX form", n.Name(), n.Op())
			return
		}
		d.name[n] = d.Const("constant", n.Value())
		return
	}
	if name := n.Name(); !strings.Contains(name, "%") { // Gorgonia's own names number the nodes of one graph
		d.given[out] = name
	}
	know, err := op.Of(n.Op())
	if err != nil {
		d.missing[out] = unsupportedf("node %q cannot be saved: %v", n.Name(), err)
		return
	}
	exporter, ok := know.(op.Exporter)
	if !ok {
		d.missing[out] = unsupportedf("node %q (%v) has no ONNX form", n.Name(), n.Op())
		return
	}
	in := make([]string, len(kids))
	shapes := make([]tensor.Shape, len(kids))
	for i, k := range kids {
		in[i], shapes[i] = d.valueOf(k), k.Shape()
		if d.double[in[i]] {
			d.missing[out] = unsupportedf("node %q reads %q, which is written in double and can only be an output", n.Name(), k.Name())
			return
		}
	}
	if u, ok := know.(op.Unscaler); ok && u.Unit().Wide && d.dt != tensor.Float64 {
		d.double[out] = true
	}
	if err := exporter.Export(d, in, out, shapes); err != nil {
		d.missing[out] = unsupportedf("node %q cannot be saved: %v", n.Name(), err)
	}
}

// sameAs checks that two drafts differ in nothing but the batch size they were made at.
func (d *draft) sameAs(other *draft) error {
	baked := func(i int) error {
		return unsupportedf("%s depends on the batch size, which a file leaves open", nodeName(i, &pb.NodeProto{
			OpType: d.nodes[i].OpType, Name: d.given[d.nodes[i].Output[0]],
		}))
	}
	if len(d.nodes) != len(other.nodes) || len(d.consts) != len(other.consts) {
		return unsupportedf("the network's structure depends on the batch size, which a file leaves open")
	}
	for i, o := range d.net.Outputs {
		a, b := o.Shape(), other.net.Outputs[i].Shape()
		if len(a) == 0 {
			return unsupportedf("output %q is a scalar; an output's leading axis is the batch", o.Name())
		}
		if a[0] != d.net.Batch() || b[0] != other.net.Batch() || len(a) != len(b) || !sameDims(a[1:], b[1:]) {
			return unsupportedf("output %q has shape %v for a batch of %d and %v for %d; its leading axis must be the batch",
				o.Name(), a, d.net.Batch(), b, other.net.Batch())
		}
	}
	differ := map[string]bool{}
	for i, c := range d.consts {
		differ[c.Name] = !proto.Equal(c, other.consts[i])
	}
	for i, n := range d.nodes {
		if !proto.Equal(n, other.nodes[i]) {
			return baked(i)
		}
		for _, in := range n.Input {
			if differ[in] {
				return baked(i)
			}
		}
	}
	return nil
}
