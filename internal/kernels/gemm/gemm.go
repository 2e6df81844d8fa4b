package gemm

import "github.com/gtrain/gtrain/internal/kernels"

// gemmArgs is a matrix product c = act(alpha·A·B + beta·c + bias): A is m×k, B k×n and c m×n. A and B are addressed
// by a row and a column stride, which stand for transposition: A(i,p) = a[i·ars + p·acs], B(p,j) = b[p·brs + j·bcs].
// One stride of each is 1.
type gemmArgs[T kernels.Float] struct {
	m, n, k     int
	alpha, beta T
	a           []T
	ars, acs    int
	b           []T
	brs, bcs    int
	c           []T
	ldc         int
	bias        []T // nil or n elements
	act         kernels.Activation
	slope       T
	panels      *Packed[T] // B in panels, if the product is to read them
}

// Gemm computes c = alpha·op(a)·op(b) + beta·c, where op transposes if the flag says so; op(a) is m×k, op(b) k×n and c
// m×n. If beta is 0, c is not read.
func Gemm[T kernels.Float](transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	var g gemmArgs[T]
	g.operands("Gemm", transA, transB, m, n, k, a, lda, b, ldb, c, ldc)
	g.alpha, g.beta = alpha, beta
	g.compute()
}

// GemmBiasAct computes c = act(op(a)·op(b) + bias): a dense layer. bias has an element for each of the n columns, or
// is nil; slope is that of LeakyReLU. c is not read.
func GemmBiasAct[T kernels.Float](transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int, bias []T, act kernels.Activation,
	slope T, c []T, ldc int) {
	var g gemmArgs[T]
	g.operands("GemmBiasAct", transA, transB, m, n, k, a, lda, b, ldb, c, ldc)
	g.layer("GemmBiasAct", bias, act, slope)
	g.compute()
}

// layer checks and sets what a dense layer does beside the product.
func (g *gemmArgs[T]) layer(fn string, bias []T, act kernels.Activation, slope T) {
	kernels.NeedActivation(fn, act)
	if bias != nil {
		kernels.Need(fn, "bias", len(bias), g.n)
		bias = bias[:g.n]
	}
	g.alpha, g.bias, g.act, g.slope = 1, bias, kernels.Plain(act, slope), slope
	if act == kernels.Rectify {
		g.slope = 0
	}
}

// operands checks and sets what all products have.
func (g *gemmArgs[T]) operands(fn string, transA, transB bool, m, n, k int, a []T, lda int, b []T, ldb int,
	c []T, ldc int) {
	kernels.NeedDims(fn, m, n, k)
	g.m, g.n, g.k = m, n, k
	g.a, g.ars, g.acs = a, lda, 1
	g.b, g.brs, g.bcs = b, ldb, 1
	g.c, g.ldc = c, ldc
	if transA {
		kernels.NeedMatrix(fn, "a", len(a), k, m, lda)
		g.ars, g.acs = 1, lda
	} else {
		kernels.NeedMatrix(fn, "a", len(a), m, k, lda)
	}
	if transB {
		kernels.NeedMatrix(fn, "b", len(b), n, k, ldb)
		g.brs, g.bcs = 1, ldb
	} else {
		kernels.NeedMatrix(fn, "b", len(b), k, n, ldb)
	}
	kernels.NeedMatrix(fn, "c", len(c), m, n, ldc)
}

func (g *gemmArgs[T]) compute() {
	if g.m == 0 || g.n == 0 {
		return
	}
	if g.k == 0 || g.alpha == 0 {
		g.withoutProduct()
		return
	}
	if s := setOf[T](); s != nil {
		gemmTiles(g, s)
	} else {
		gemmGo(g)
	}
}

// withoutProduct is the case of an empty sum: c = act(beta·c + bias).
func (g *gemmArgs[T]) withoutProduct() {
	o := kernels.OpsOf[T]()
	for i := range g.m {
		c := g.c[i*g.ldc : i*g.ldc+g.n]
		if g.beta == 0 {
			clear(c)
		} else {
			o.Scale(c, c, g.beta)
		}
		g.finishRow(o, c)
	}
}

// finishRow applies bias and activation to a row of c.
func (g *gemmArgs[T]) finishRow(o *kernels.Ops[T], c []T) {
	if g.bias != nil {
		o.Add(c, c, g.bias)
	}
	if g.act != kernels.Identity {
		o.Act[g.act](c, c, g.slope)
	}
}
