package kernels

// An elementwise function is shared over the workers from shareFrom elements on, in chunks of shareChunk: some microseconds
// where its operands come from another core's cache, as they do between shared products. Other work is shared from
// ParallelFrom on, in chunks of ElementChunk or so.
const (
	shareFrom    = 1 << 15
	shareChunk   = 1 << 12
	ParallelFrom = 1 << 16
	ElementChunk = 1 << 14
)

// Add computes dst = a + b over len(dst) elements.
func Add[T Float](dst, a, b []T) { binary("Add", OpsOf[T]().Add, dst, a, b) }

// Sub computes dst = a − b over len(dst) elements.
func Sub[T Float](dst, a, b []T) { binary("Sub", OpsOf[T]().Sub, dst, a, b) }

// Mul computes dst = a·b, element by element, over len(dst) elements.
func Mul[T Float](dst, a, b []T) { binary("Mul", OpsOf[T]().Mul, dst, a, b) }

// Div computes dst = a/b over len(dst) elements.
func Div[T Float](dst, a, b []T) { binary("Div", OpsOf[T]().Div, dst, a, b) }

// AddScalar computes dst = a + s over len(dst) elements.
func AddScalar[T Float](dst, a []T, s T) { scalar("AddScalar", OpsOf[T]().AddScalar, dst, a, s) }

// Scale computes dst = s·a over len(dst) elements.
func Scale[T Float](dst, a []T, s T) { scalar("Scale", OpsOf[T]().Scale, dst, a, s) }

// Max computes dst = max(a, s) over len(dst) elements; where a is NaN, dst is NaN.
func Max[T Float](dst, a []T, s T) { scalar("Max", OpsOf[T]().MaxScalar, dst, a, s) }

// Exp computes dst = e^x over len(dst) elements. float32: within 1.5 ulp.
func Exp[T Float](dst, x []T) { unary("Exp", OpsOf[T]().Exp, dst, x) }

// Log computes dst = ln x over len(dst) elements. float32: within 1.5 ulp.
func Log[T Float](dst, x []T) { unary("Log", OpsOf[T]().Log, dst, x) }

// Sqrt computes dst = √x over len(dst) elements, correctly rounded.
func Sqrt[T Float](dst, x []T) { unary("Sqrt", OpsOf[T]().Sqrt, dst, x) }

// Square computes dst = x² over len(dst) elements.
func Square[T Float](dst, x []T) { unary("Square", OpsOf[T]().Square, dst, x) }

// Neg computes dst = −x over len(dst) elements.
func Neg[T Float](dst, x []T) { unary("Neg", OpsOf[T]().Neg, dst, x) }

// Abs computes dst = |x| over len(dst) elements.
func Abs[T Float](dst, x []T) { unary("Abs", OpsOf[T]().Abs, dst, x) }

// Axpy computes y += alpha·x over len(y) elements, each product and sum rounded once where the implementation has FMA.
func Axpy[T Float](alpha T, x, y []T) {
	n := len(y)
	Need("Axpy", "x", len(x), n)
	f := OpsOf[T]().Axpy
	if j := borrowElements[T](n); j != nil {
		j.axpy, j.s, j.dst, j.a = f, alpha, y, x[:n]
		j.runAndReturn(n)
		return
	}
	f(alpha, x[:n], y)
}

// Fill sets every element of dst to v.
func Fill[T Float](dst []T, v T) {
	n := min(len(dst), 32)
	for i := range n {
		dst[i] = v
	}
	for n > 0 && n < len(dst) { // what is there is copied behind it
		n += copy(dst[n:], dst[:n])
	}
}

// AddRow computes dst[i,j] = x[i,j] + row[j]; dst and x are rows×cols.
func AddRow[T Float](rows, cols int, dst, x, row []T) {
	byRow("AddRow", OpsOf[T]().Add, rows, cols, dst, x, row)
}

// SubRow computes dst[i,j] = x[i,j] − row[j]; dst and x are rows×cols.
func SubRow[T Float](rows, cols int, dst, x, row []T) {
	byRow("SubRow", OpsOf[T]().Sub, rows, cols, dst, x, row)
}

// MulRow computes dst[i,j] = x[i,j]·row[j]; dst and x are rows×cols.
func MulRow[T Float](rows, cols int, dst, x, row []T) {
	byRow("MulRow", OpsOf[T]().Mul, rows, cols, dst, x, row)
}

// DivRow computes dst[i,j] = x[i,j]/row[j]; dst and x are rows×cols.
func DivRow[T Float](rows, cols int, dst, x, row []T) {
	byRow("DivRow", OpsOf[T]().Div, rows, cols, dst, x, row)
}

func binary[T Float](fn string, f func(dst, a, b []T), dst, a, b []T) {
	n := len(dst)
	Need(fn, "a", len(a), n)
	Need(fn, "b", len(b), n)
	if j := borrowElements[T](n); j != nil {
		j.binary, j.dst, j.a, j.b = f, dst, a[:n], b[:n]
		j.runAndReturn(n)
		return
	}
	f(dst, a[:n], b[:n])
}

func scalar[T Float](fn string, f func(dst, a []T, s T), dst, a []T, s T) {
	n := len(dst)
	Need(fn, "a", len(a), n)
	if j := borrowElements[T](n); j != nil {
		j.scalar, j.dst, j.a, j.s = f, dst, a[:n], s
		j.runAndReturn(n)
		return
	}
	f(dst, a[:n], s)
}

func unary[T Float](fn string, f func(dst, x []T), dst, x []T) {
	n := len(dst)
	Need(fn, "x", len(x), n)
	if j := borrowElements[T](n); j != nil {
		j.unary, j.dst, j.a = f, dst, x[:n]
		j.runAndReturn(n)
		return
	}
	f(dst, x[:n])
}

func byRow[T Float](fn string, f func(dst, a, b []T), rows, cols int, dst, x, row []T) {
	NeedDims(fn, rows, cols)
	Need(fn, "dst", len(dst), rows*cols)
	Need(fn, "x", len(x), rows*cols)
	Need(fn, "row", len(row), cols)
	row = row[:cols]
	for o := 0; o < rows*cols; o += cols {
		f(dst[o:o+cols], x[o:o+cols], row)
	}
}

func addGo[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func subGo[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mulGo[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func divGo[T Float](dst, a, b []T) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

func addScalarGo[T Float](dst, a []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + s
	}
}

func scaleGo[T Float](dst, a []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * s
	}
}

func maxScalarGo[T Float](dst, a []T, s T) {
	a = a[:len(dst)]
	for i := range dst {
		if v := a[i]; v < s {
			dst[i] = s
		} else {
			dst[i] = v
		}
	}
}

func PortableAxpy[T Float](alpha T, x, y []T) {
	x = x[:len(y)]
	for i := range y {
		y[i] += alpha * x[i]
	}
}

func squareGo[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * x[i]
	}
}

func negGo[T Float](dst, x []T) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] = -x[i]
	}
}
