package conv

import (
	"unsafe"

	"github.com/gtrain/gtrain/internal/kernels"
)

// Conv is a plan for the convolutions of one shape. It is not changed by its methods, which may run at the same time.
type Conv[T kernels.Float] struct {
	ConvShape
	outH, outW int

	// how each pass is computed with vectors
	forward, byInput *convSweep
	byScatter        *convScatter // of the input's gradient, or nil
	byWeights        *convWeights
	offsets          bool // all offsets within an image fit 32 bits, else there are no plans
}

// NewConv plans the convolutions of a shape; it returns the error of Check.
func NewConv[T kernels.Float](s ConvShape) (*Conv[T], error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	c := &Conv[T]{ConvShape: s}
	c.outH, c.outW = s.Out()
	lanes, size := partLanes[T](), kernels.SizeOf[T]()
	c.offsets = fitsOffsets(s, size)
	if c.offsets {
		c.forward, c.byInput = forwardSweep(s, lanes, size), inputSweep(s, lanes, size)
		c.byScatter = scatterPlan(s, lanes, size)
		c.byWeights = weightsPlan(s, lanes, size)
	}
	return c, nil
}

// fitsOffsets reports whether the offsets within every copy of an image fit 32 bits.
func fitsOffsets(s ConvShape, size int) bool {
	oh, ow := s.Out()
	const most = 1 << 31
	h, w := s.Height+s.PadTop+s.PadBottom+s.StrideH, s.Width+s.PadLeft+s.PadRight+s.StrideW
	coverH, coverW := 2*s.KernelH*s.DilationH, 2*s.KernelW*s.DilationW
	return s.Channels*(h*w+64) < most/size && s.Filters*((oh+coverH)*(ow+coverW)+64) < most/size
}

// Forward computes out = act(conv(x, w) + bias); bias has an element for each filter, or is nil; slope is that of
// LeakyReLU. out must not overlap the others.
func (c *Conv[T]) Forward(x, w, bias []T, act kernels.Activation, slope T, out []T) {
	c.need("Conv.Forward", x, w, out)
	kernels.NeedActivation("Conv.Forward", act)
	if bias != nil {
		kernels.Need("Conv.Forward", "bias", len(bias), c.Filters)
	}
	j := convJobsOf[T]().Get()
	j.Conv, j.pass, j.x, j.w, j.bias, j.dy = c, convForward, x, w, bias, out
	j.act, j.slope = kernels.Plain(act, slope), slope
	j.compute()
}

// GradInput computes dx, the gradient with respect to x, from that of the convolution's result, dy.
func (c *Conv[T]) GradInput(dy, w, dx []T) {
	c.need("Conv.GradInput", dx, w, dy)
	j := convJobsOf[T]().Get()
	j.Conv, j.pass, j.x, j.w, j.dy = c, convGradInput, dx, w, dy
	j.compute()
}

// GradWeights computes dw, the gradient with respect to w, from that of the convolution's result, dy.
func (c *Conv[T]) GradWeights(x, dy, dw []T) {
	c.need("Conv.GradWeights", x, dw, dy)
	j := convJobsOf[T]().Get()
	j.Conv, j.pass, j.x, j.w, j.dy = c, convGradWeights, x, dw, dy
	j.compute()
}

func (c *Conv[T]) need(fn string, x, w, out []T) {
	_, _, k := c.group()
	kernels.Need(fn, "the image", len(x), c.Batch*c.Channels*c.Height*c.Width)
	kernels.Need(fn, "the kernel", len(w), c.Filters*k)
	kernels.Need(fn, "the result", len(out), c.Batch*c.Filters*c.outH*c.outW)
}

type convPass int

const (
	convForward convPass = iota
	convGradInput
	convGradWeights
)

// convJob is one pass of a convolution on its way through the pool. x, w and dy are the images, the weights and the
// results, or their gradients.
type convJob[T kernels.Float] struct {
	*Conv[T]
	pass     convPass
	x, w, dy []T
	bias     []T
	act      kernels.Activation
	slope    T

	// of the computation with vectors
	set               *convSet
	stage             convStage
	plan              *convSweep
	src, weights, dst []T
	tiles             []convTile
	part              int // channels of a unit

	works                   []*convWork[T] // one for each worker
	copies, packed, partial []T
}

type convStage int

const (
	convPlanes convStage = iota // by the definition
	convUnits                   // sums of a few images
	convCopies                  // copies of channels
	convItems                   // tiles of few images
	convPack                    // weights, turned round
	convPackTransposed
	convScatters   // sums that are added where they belong
	convGradChunks // gradient of the weights, of a few images
	convGradReduce // sums of those
)

var (
	convJobs32 kernels.Shelf[convJob[float32]]
	convJobs64 kernels.Shelf[convJob[float64]]
)

func convJobsOf[T kernels.Float]() *kernels.Shelf[convJob[T]] {
	if kernels.IsF32[T]() {
		return (*kernels.Shelf[convJob[T]])(unsafe.Pointer(&convJobs32))
	}
	return (*kernels.Shelf[convJob[T]])(unsafe.Pointer(&convJobs64))
}

func (j *convJob[T]) compute() {
	switch {
	case convOpsOf[T]().conv == nil || !j.offsets:
		j.byDefinition()
	case j.pass == convForward:
		j.sweep(j.forward, j.x, j.w, j.dy)
	case j.pass == convGradInput && j.byScatter != nil:
		j.packed = grown(j.packed, len(j.w))
		j.stage = convPackTransposed
		kernels.Spread(j.Channels, kernels.CeilDiv(j.Channels, 8), len(j.w), j)
		j.scatter()
	case j.pass == convGradInput:
		j.packed = grown(j.packed, len(j.w))
		j.stage, j.plan = convPack, j.byInput
		kernels.Spread(j.Channels, kernels.CeilDiv(j.Channels, 8), len(j.w), j)
		j.sweep(j.byInput, j.dy, j.packed, j.x)
	default:
		j.gradWeights()
	}
	j.Conv, j.x, j.w, j.dy, j.bias, j.act = nil, nil, nil, nil, nil, kernels.Identity
	j.plan, j.src, j.weights, j.dst = nil, nil, nil, nil
	convJobsOf[T]().Put(j)
}

func (j *convJob[T]) byDefinition() {
	n := j.Filters * (j.Channels / j.Groups)
	switch j.pass {
	case convForward:
		n = j.Batch * j.Filters
	case convGradInput:
		n = j.Batch * j.Channels
	}
	j.stage = convPlanes
	kernels.Spread(n, 1, j.Batch*j.macs(), j)
}

func (j *convJob[T]) Run(worker, lo, hi int) {
	for i := lo; i < hi; i++ {
		switch j.stage {
		case convPlanes:
			j.planeByDefinition(i)
		case convUnits:
			j.unit(j.works[worker], i)
		case convCopies:
			j.copyOne(j.works[worker], i)
		case convItems:
			j.item(j.works[worker], i)
		case convPack:
			j.packWeights(i)
		case convPackTransposed:
			j.packTransposed(i)
		case convScatters:
			j.scatterUnit(j.works[worker], i)
		case convGradChunks:
			j.chunk(j.works[worker], i)
		case convGradReduce:
			j.reduce(i)
		}
	}
}

func (j *convJob[T]) planeByDefinition(i int) {
	switch j.pass {
	case convForward:
		j.forwardPlane(i/j.Filters, i%j.Filters)
	case convGradInput:
		j.gradInputPlane(i/j.Channels, i%j.Channels)
	case convGradWeights:
		cg := j.Channels / j.Groups
		j.gradWeightsPlane(i/cg, i%cg)
	}
}
