package kernels

import "fmt"

// Arithmetic is one of the operations of two numbers.
type Arithmetic uint8

// The operations of Broadcast.
const (
	Plus Arithmetic = iota
	Minus
	Times
	Over

	numArithmetic = int(Over) + 1
)

func (a Arithmetic) String() string {
	if int(a) < numArithmetic {
		return [numArithmetic]string{"+", "−", "·", "/"}[a]
	}
	return fmt.Sprintf("arithmetic(%d)", a)
}

// Broadcast is elementwise arithmetic of two tensors that are repeated along some axes to a common shape.
type Broadcast struct{ w *walk }

// NewBroadcast describes operands of a result of this shape by their strides; 0 repeats.
func NewBroadcast(shape, a, b []int) *Broadcast {
	return &Broadcast{newWalk("NewBroadcast", shape, a, b)}
}

// Items is the number of items of work, and how many of them make a chunk for Parallel.
func (b *Broadcast) Items() (n, grain int) { return b.w.rows, chunkOf(b.w.rows, b.w.run) }

// Combine computes items lo to hi of dst = x ∘ y. dst, which is contiguous, may be an operand that is not repeated.
func Combine[T Float](b *Broadcast, op Arithmetic, dst, x, y []T, lo, hi int) {
	o := OpsOf[T]()
	both := [numArithmetic]func(dst, a, b []T){o.Add, o.Sub, o.Mul, o.Div}[op]
	n := b.w.run
	sx, sy := b.w.stride[0], b.w.stride[1]
	c := b.w.seek(lo)
	for row := lo; row < hi; row++ {
		d, i, j := dst[row*n:row*n+n], c.at[0], c.at[1]
		switch {
		case sx == 1 && sy == 1:
			both(d, x[i:i+n], y[j:j+n])
		case sx == 1 && sy == 0:
			withNumber(o, op, d, x[i:i+n], y[j])
		case sx == 0 && sy == 1:
			numberWith(o, op, d, x[i], y[j:j+n])
		default:
			for k := range d {
				d[k] = one(op, x[i], y[j])
				i, j = i+sx, j+sy
			}
		}
		b.w.next(&c)
	}
}

func withNumber[T Float](o *Ops[T], op Arithmetic, dst, x []T, s T) {
	switch op {
	case Plus:
		o.AddScalar(dst, x, s)
	case Minus:
		o.AddScalar(dst, x, -s)
	case Times:
		o.Scale(dst, x, s)
	default:
		for i, v := range x {
			dst[i] = v / s
		}
	}
}

func numberWith[T Float](o *Ops[T], op Arithmetic, dst []T, s T, y []T) {
	switch op {
	case Plus:
		o.AddScalar(dst, y, s)
	case Minus:
		for i, v := range y {
			dst[i] = s - v
		}
	case Times:
		o.Scale(dst, y, s)
	default:
		for i, v := range y {
			dst[i] = s / v
		}
	}
}

func one[T Float](op Arithmetic, a, b T) T {
	switch op {
	case Plus:
		return a + b
	case Minus:
		return a - b
	case Times:
		return a * b
	}
	return a / b
}
