package kernels

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -file elementwise_avx512
//go:generate go run ./asm -file elementwise_avx2

func archISAs() []*isa {
	var found []*isa
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		found = append(found, avx2ISA())
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW && cpu.X86.HasFMA {
		found = append(found, avx512ISA())
	}
	return found
}

// avx2ISA is the portable implementation with everything replaced that has assembly.
func avx2ISA() *isa {
	v := portableISA()
	v.name = "avx2"
	v.f32.Add = addF32AVX2
	v.f32.Sub = subF32AVX2
	v.f32.Mul = mulF32AVX2
	v.f32.Div = divF32AVX2
	v.f32.AddScalar = addScalarF32AVX2
	v.f32.Scale = scaleF32AVX2
	v.f32.MaxScalar = maxScalarF32AVX2
	v.f32.Sqrt = sqrtF32AVX2
	v.f32.Square = squareF32AVX2
	v.f32.Neg = negF32AVX2
	v.f32.Abs = absF32AVX2
	v.f32.Dot = dotF32AVX2
	v.f32.Sum = sumF32AVX2
	v.f32.SumSquares = sumSquaresF32AVX2
	v.f32.Max = maxF32AVX2
	v.f32.AddRows = addRowsF32AVX2
	v.f32.Exp = expF32AVX2
	v.f32.Log = logF32AVX2
	v.f32.ExpSum = expSumF32AVX2
	v.f32.SumExp = sumExpF32AVX2
	v.f32.SoftmaxRows = softmaxRowsF32AVX2
	v.f32.Axpy = func(alpha float32, x, y []float32) { axpyToF32AVX2(y, x, y, alpha) }
	v.f32.Act[ReLU] = func(dst, x []float32, _ float32) { maxScalarF32AVX2(dst, x, 0) }
	v.f32.Act[LeakyReLU] = leakyReLUF32AVX2
	v.f32.Act[Rectify] = rectifyF32AVX2
	v.f32.Act[Sigmoid] = sigmoidF32AVX2
	v.f32.Act[Tanh] = tanhF32AVX2
	v.f32.Act[GELU] = geluF32AVX2
	v.f32.Act[Softplus] = softplusF32AVX2
	v.f32.ActGrad[ReLU] = reluGradF32AVX2
	v.f32.ActGrad[LeakyReLU] = leakyReLUGradF32AVX2
	v.f32.ActGrad[Rectify] = rectifyGradF32AVX2
	v.f32.ActGrad[Sigmoid] = sigmoidGradF32AVX2
	v.f32.ActGrad[Tanh] = tanhGradF32AVX2
	v.f32.ActGrad[GELU] = geluGradF32AVX2
	v.f32.ActGrad[Softplus] = softplusGradF32AVX2

	v.f64.Add = addF64AVX2
	v.f64.Sub = subF64AVX2
	v.f64.Mul = mulF64AVX2
	v.f64.Div = divF64AVX2
	v.f64.AddScalar = addScalarF64AVX2
	v.f64.Scale = scaleF64AVX2
	v.f64.MaxScalar = maxScalarF64AVX2
	v.f64.Sqrt = sqrtF64AVX2
	v.f64.Square = squareF64AVX2
	v.f64.Neg = negF64AVX2
	v.f64.Abs = absF64AVX2
	v.f64.Dot = dotF64AVX2
	v.f64.Sum = sumF64AVX2
	v.f64.SumSquares = sumSquaresF64AVX2
	v.f64.Max = maxF64AVX2
	v.f64.AddRows = addRowsF64AVX2
	v.f64.Axpy = func(alpha float64, x, y []float64) { axpyToF64AVX2(y, x, y, alpha) }
	v.f64.Act[ReLU] = func(dst, x []float64, _ float64) { maxScalarF64AVX2(dst, x, 0) }
	v.f64.Act[LeakyReLU] = leakyReLUF64AVX2
	v.f64.Act[Rectify] = rectifyF64AVX2
	v.f64.ActGrad[ReLU] = reluGradF64AVX2
	v.f64.ActGrad[LeakyReLU] = leakyReLUGradF64AVX2
	v.f64.ActGrad[Rectify] = rectifyGradF64AVX2
	v.f64.ActGrad[Sigmoid] = sigmoidGradF64AVX2
	v.f64.ActGrad[Tanh] = tanhGradF64AVX2
	return v
}

// avx512ISA is the portable implementation with everything replaced that has assembly.
func avx512ISA() *isa {
	v := portableISA()
	v.name = "avx512"
	v.f32.Add = addF32AVX512
	v.f32.Sub = subF32AVX512
	v.f32.Mul = mulF32AVX512
	v.f32.Div = divF32AVX512
	v.f32.AddScalar = addScalarF32AVX512
	v.f32.Scale = scaleF32AVX512
	v.f32.MaxScalar = maxScalarF32AVX512
	v.f32.Sqrt = sqrtF32AVX512
	v.f32.Square = squareF32AVX512
	v.f32.Neg = negF32AVX512
	v.f32.Abs = absF32AVX512
	v.f32.Dot = dotF32AVX512
	v.f32.Sum = sumF32AVX512
	v.f32.SumSquares = sumSquaresF32AVX512
	v.f32.Max = maxF32AVX512
	v.f32.AddRows = addRowsF32AVX512
	v.f32.Exp = expF32AVX512
	v.f32.Log = logF32AVX512
	v.f32.ExpSum = expSumF32AVX512
	v.f32.SumExp = sumExpF32AVX512
	v.f32.SoftmaxRows = softmaxRowsF32AVX512
	v.f32.Axpy = func(alpha float32, x, y []float32) { axpyToF32AVX512(y, x, y, alpha) }
	v.f32.Act[ReLU] = func(dst, x []float32, _ float32) { maxScalarF32AVX512(dst, x, 0) }
	v.f32.Act[LeakyReLU] = leakyReLUF32AVX512
	v.f32.Act[Rectify] = rectifyF32AVX512
	v.f32.Act[Sigmoid] = sigmoidF32AVX512
	v.f32.Act[Tanh] = tanhF32AVX512
	v.f32.Act[GELU] = geluF32AVX512
	v.f32.Act[Softplus] = softplusF32AVX512
	v.f32.ActGrad[ReLU] = reluGradF32AVX512
	v.f32.ActGrad[LeakyReLU] = leakyReLUGradF32AVX512
	v.f32.ActGrad[Rectify] = rectifyGradF32AVX512
	v.f32.ActGrad[Sigmoid] = sigmoidGradF32AVX512
	v.f32.ActGrad[Tanh] = tanhGradF32AVX512
	v.f32.ActGrad[GELU] = geluGradF32AVX512
	v.f32.ActGrad[Softplus] = softplusGradF32AVX512

	v.f64.Add = addF64AVX512
	v.f64.Sub = subF64AVX512
	v.f64.Mul = mulF64AVX512
	v.f64.Div = divF64AVX512
	v.f64.AddScalar = addScalarF64AVX512
	v.f64.Scale = scaleF64AVX512
	v.f64.MaxScalar = maxScalarF64AVX512
	v.f64.Sqrt = sqrtF64AVX512
	v.f64.Square = squareF64AVX512
	v.f64.Neg = negF64AVX512
	v.f64.Abs = absF64AVX512
	v.f64.Dot = dotF64AVX512
	v.f64.Sum = sumF64AVX512
	v.f64.SumSquares = sumSquaresF64AVX512
	v.f64.Max = maxF64AVX512
	v.f64.AddRows = addRowsF64AVX512
	v.f64.Axpy = func(alpha float64, x, y []float64) { axpyToF64AVX512(y, x, y, alpha) }
	v.f64.Act[ReLU] = func(dst, x []float64, _ float64) { maxScalarF64AVX512(dst, x, 0) }
	v.f64.Act[LeakyReLU] = leakyReLUF64AVX512
	v.f64.Act[Rectify] = rectifyF64AVX512
	v.f64.ActGrad[ReLU] = reluGradF64AVX512
	v.f64.ActGrad[LeakyReLU] = leakyReLUGradF64AVX512
	v.f64.ActGrad[Rectify] = rectifyGradF64AVX512
	v.f64.ActGrad[Sigmoid] = sigmoidGradF64AVX512
	v.f64.ActGrad[Tanh] = tanhGradF64AVX512
	return v
}
