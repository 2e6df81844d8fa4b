package onnx

import (
	"os"
	"slices"

	"github.com/gtrain/gtrain/graph/network"
	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Load reads an ONNX file: ours, or one that another program wrote with operators of the table in operators.go. The
// network has batch size 1; [network.Network.Rebatch] gives others. Initializers that are trained become parameters under
// their own names, running statistics states; preprocessing statistics and masks become constants. External data is read
// from files in the folder of path and below it.
//
// Errors: ErrNotONNX, ErrDamaged, ErrInvalid, ErrUnsupported, or fs.ErrNotExist and its like. The message names the
// file and, in it, the node or tensor.
func Load(path string, opts ...Option) (*network.Network, *Meta, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "load ONNX model")
	}
	external, err := besides(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "load ONNX model")
	}
	defer external.root.Close()
	net, meta, err := unmarshal(b, external, opts)
	return net, meta, errors.Wrap(err, path)
}

// Unmarshal is Load for bytes in memory, without external data. The network does not share memory with b.
func Unmarshal(b []byte, opts ...Option) (*network.Network, *Meta, error) {
	return unmarshal(b, nil, opts)
}

func unmarshal(b []byte, external *externalFiles, opts []Option) (_ *network.Network, _ *Meta, err error) {
	defer func() { // no file is known that leads here
		if r := recover(); r != nil {
			err = unsupportedf("reading the model failed: %v", r)
		}
	}()
	m, err := decodeModel(b)
	if err != nil {
		return nil, nil, err
	}
	meta, err := decodeMeta(m.GetMetadataProps())
	if err != nil {
		return nil, nil, err
	}
	how := &loading{graph: m.GetGraph()}
	for _, o := range opts {
		if err := o(how); err != nil {
			return nil, nil, err
		}
	}
	nodes := slices.Clone(m.GetGraph().GetNode())
	if meta.InputOffset, meta.InputScale, err = takeOff(m, how.offsets); err != nil {
		return nil, nil, err
	}
	im, err := newImporter(m, len(b), external, nodes)
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
	budget    int             // bytes that constants may still take

	order   []*node
	makers  map[string]*node     // who makes a value
	reads   map[string]int       // how often a value is read, outputs of the graph included
	unread  map[string]bool      // initializers that no output depends on
	consts  map[string]*constant // values known before the network runs, whatever the batch size
	shapey  map[string]bool      // values that follow from shapes, known once these are
	outputs map[string]bool
	numbers map[string]bool // values that somebody reads otherwise than as indices
	uncast  map[string]bool // values that somebody reads otherwise than by a Cast

	dt       tensor.Dtype
	integers map[string]bool // inputs declared as integers: indices into a table
	fixed    int             // the batch size that the file declares; 0 if it leaves it open
	limits   limits          // what the sizes that the file declares may take
	trials   [2]*trial
	at       *trial                   // the one that is being built
	lanes    map[*gorgonia.Node]*lane // of the first trial; nil for what does not follow the batch
	// batchName is what the file calls the batch, for messages.
	batchName string
	made      []string // constants that stand for what the file leaves out
	params    map[string]*param
}

// node is a node of the file.
type node struct {
	*pb.NodeProto
	index int // position in the file
	label string
	row   operator
	attrs *attributes
}

func (n *node) in(i int) string {
	if i < len(n.Input) {
		return n.Input[i]
	}
	return ""
}

func (n *node) out() string { return n.Output[0] }

// newImporter takes in a model. nodes are those of the file, of which some may be gone: names speak of their places.
func newImporter(m *pb.ModelProto, size int, external *externalFiles, nodes []*pb.NodeProto) (*importer, error) {
	im := &importer{
		pb: m.GetGraph(), untrained: map[string]bool{}, unread: map[string]bool{}, budget: 4*size + 1<<20,
		makers: map[string]*node{}, reads: map[string]int{}, consts: map[string]*constant{}, shapey: map[string]bool{},
		numbers: map[string]bool{}, uncast: map[string]bool{}, outputs: map[string]bool{},
		integers: map[string]bool{}, params: map[string]*param{}, lanes: map[*gorgonia.Node]*lane{},
		batchName: batchParam,
	}
	for i := range im.trials {
		im.trials[i] = newTrial(0)
	}
	im.declare(0)
	im.at = im.trials[0]
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
	order, err := inOrder(im.pb)
	if err != nil {
		return nil, err
	}
	needed := neededBy(im.pb.GetOutput(), order)
	for _, t := range im.pb.GetInitializer() {
		if !needed[t.GetName()] {
			im.unread[t.GetName()] = true
			continue
		}
		c, err := decodeConstant(t, external)
		if err != nil {
			return nil, err
		}
		im.consts[c.name] = c
	}
	if err := im.checkInitializers(); err != nil {
		return nil, err
	}
	im.budget += 4 * external.taken()
	im.limits = limitsOf(size + external.taken())
	gone := len(nodes) - len(order)
	for i, p := range order {
		if gone > 0 {
			i = slices.Index(nodes, p)
		}
		if len(p.Output) == 0 {
			return nil, invalidf("%s has no output", nodeName(i, p))
		}
		if !slices.ContainsFunc(p.Output, func(out string) bool { return needed[out] }) {
			continue // also if it could not be read
		}
		n := &node{NodeProto: p, index: i, label: nodeName(i, p), attrs: newAttributes(p)}
		if err := im.admit(n); err != nil {
			return nil, err
		}
	}
	for _, o := range im.pb.GetOutput() {
		im.reads[o.GetName()]++
		im.numbers[o.GetName()], im.uncast[o.GetName()], im.outputs[o.GetName()] = true, true, true
	}
	return im, nil
}

// admit checks a node against the table and takes it into the graph, or folds it if it is a constant.
func (im *importer) admit(n *node) error {
	if d := n.GetDomain(); !isDefaultDomain(d) {
		return unsupportedf("%s: operator %s of domain %s is not supported", n.label, brief(n.OpType), brief(d))
	}
	row, ok := operatorsByName[n.OpType]
	if !ok || im.opset < row.since {
		return unsupportedf("%s: operator %s of opset %d is not supported", n.label, brief(n.OpType), im.opset)
	}
	n.row = row
	used := len(n.Input)
	for used > 0 && n.Input[used-1] == "" { // optional inputs left out
		used--
	}
	if used < row.min || row.max >= 0 && used > row.max || slices.Contains(n.Input[:row.min], "") {
		return invalidf("%s has %d inputs", n.label, used)
	}
	for _, out := range n.Output {
		if out != "" {
			im.makers[out] = n
		}
	}
	if row.fold != nil && n.out() != "" {
		constant, known := im.inputsKnown(n)
		if constant {
			c, err := row.fold(im, n)
			if err != nil {
				return im.located(n, err)
			}
			c.name = n.out()
			im.consts[c.name] = c
			return nil
		}
		im.shapey[n.out()] = known
	}
	for i, in := range n.Input {
		im.reads[in]++
		if !(n.OpType == "Gather" && i == 1) {
			im.numbers[in] = true
		}
		im.uncast[in] = im.uncast[in] || n.OpType != "Cast"
	}
	im.order = append(im.order, n)
	return nil
}

// inputsKnown tells whether all that a node reads is constant, or follows from shapes at least. Of Shape's input only
// the shape matters. Weights that are combined with a shape stay weights: a class token that is expanded to the batch.
func (im *importer) inputsKnown(n *node) (constant, known bool) {
	constant, known = true, true
	weights := false
	for _, in := range n.Input {
		c := im.consts[in]
		if in == "" || c != nil {
			weights = weights || c != nil && c.i64 == nil && c.len() > 1
			continue
		}
		constant = false
		known = known && (im.shapey[in] || n.row.ofShape)
	}
	return constant, known && !(weights && !constant)
}

func (im *importer) network() (*network.Network, error) {
	if err := im.addInputs(); err != nil {
		return nil, err
	}
	plans, err := im.match()
	if err != nil {
		return nil, err
	}
	if n := countOperations(plans); n > maxOperations {
		return nil, unsupportedf("the model has %d operations; up to %d are supported", n, maxOperations)
	}
	for i, n := range im.order {
		if plans[i] == nil {
			continue
		}
		if err := im.buildBoth(n, plans[i]); err != nil {
			return nil, err
		}
	}
	net := &network.Network{Graph: im.at.g}
	for _, v := range im.pb.GetInput() {
		n := im.at.values[v.GetName()]
		if n == nil {
			continue
		}
		net.Inputs = append(net.Inputs, n)
		if im.integers[n.Name()] {
			if net.Integers == nil {
				net.Integers = map[string]tensor.Dtype{}
			}
			net.Integers[n.Name()] = integerType(v.GetType().GetTensorType().GetElemType())
		}
	}
	for _, o := range im.pb.GetOutput() {
		v := im.at.values[o.GetName()]
		if v == nil {
			return nil, unsupportedf("output %q does not depend on any input; load the others by name (onnx.Outputs)", o.GetName())
		}
		net.Outputs = append(net.Outputs, v)
	}
	im.addParams(net)
	if err := im.checkShapes(); err != nil {
		return nil, err
	}
	if err := net.Validate(); err != nil {
		return nil, unsupportedf("%v", err)
	}
	one, err := net.Rebatch(1)
	if err != nil {
		return nil, unsupportedf("%v", err)
	}
	return one, im.checkBatches(net, one)
}
