package kernels

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -file peak
//go:generate go run ./asm -file gemm_avx512
//go:generate go run ./asm -file gemm_avx2
//go:generate go run ./asm -file conv_avx512
//go:generate go run ./asm -file conv_avx2
//go:generate go run ./asm -file norm_avx512
//go:generate go run ./asm -file norm_avx2
//go:generate go run ./asm -file elementwise_avx512
//go:generate go run ./asm -file elementwise_avx2
//go:generate go run ./asm -file update_avx512
//go:generate go run ./asm -file update_avx2
//go:generate go run ./asm -file tables
//go:generate go run ./asm -file convtables

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
	v.f32.update, v.f64.update = updatesF32AVX2(), updatesF64AVX2()
	v.f32.conv = &convF32AVX2
	v.f32.affine, v.f32.affineReLU, v.f32.normGrad = affineF32AVX2, affineReLUF32AVX2, normGradF32AVX2
	v.f32.sumDeviations, v.f32.normSums = sumDeviationsF32AVX2, normSumsF32AVX2
	v.f32.maxPool2, v.f32.maxPool2Grad = maxPool2F32AVX2, maxPool2GradF32AVX2
	v.f32.tiles, v.f32.peak = &tilesF32AVX2, peakF32AVX2
	v.f32.add = addF32AVX2
	v.f32.sub = subF32AVX2
	v.f32.mul = mulF32AVX2
	v.f32.div = divF32AVX2
	v.f32.addScalar = addScalarF32AVX2
	v.f32.scale = scaleF32AVX2
	v.f32.maxScalar = maxScalarF32AVX2
	v.f32.sqrt = sqrtF32AVX2
	v.f32.square = squareF32AVX2
	v.f32.neg = negF32AVX2
	v.f32.abs = absF32AVX2
	v.f32.dot = dotF32AVX2
	v.f32.sum = sumF32AVX2
	v.f32.sumSquares = sumSquaresF32AVX2
	v.f32.max = maxF32AVX2
	v.f32.addRows = addRowsF32AVX2
	v.f32.exp = expF32AVX2
	v.f32.log = logF32AVX2
	v.f32.expSum = expSumF32AVX2
	v.f32.sumExp = sumExpF32AVX2
	v.f32.softmaxRows = softmaxRowsF32AVX2
	v.f32.axpy = func(alpha float32, x, y []float32) { axpyToF32AVX2(y, x, y, alpha) }
	v.f32.act[ReLU] = func(dst, x []float32, _ float32) { maxScalarF32AVX2(dst, x, 0) }
	v.f32.act[LeakyReLU] = leakyReLUF32AVX2
	v.f32.act[Rectify] = rectifyF32AVX2
	v.f32.act[Sigmoid] = sigmoidF32AVX2
	v.f32.act[Tanh] = tanhF32AVX2
	v.f32.act[GELU] = geluF32AVX2
	v.f32.act[Softplus] = softplusF32AVX2
	v.f32.actGrad[ReLU] = reluGradF32AVX2
	v.f32.actGrad[LeakyReLU] = leakyReLUGradF32AVX2
	v.f32.actGrad[Rectify] = rectifyGradF32AVX2
	v.f32.actGrad[Sigmoid] = sigmoidGradF32AVX2
	v.f32.actGrad[Tanh] = tanhGradF32AVX2
	v.f32.actGrad[GELU] = geluGradF32AVX2
	v.f32.actGrad[Softplus] = softplusGradF32AVX2

	v.f64.conv = &convF64AVX2
	v.f64.affine, v.f64.affineReLU, v.f64.normGrad = affineF64AVX2, affineReLUF64AVX2, normGradF64AVX2
	v.f64.sumDeviations, v.f64.normSums = sumDeviationsF64AVX2, normSumsF64AVX2
	v.f64.maxPool2, v.f64.maxPool2Grad = maxPool2F64AVX2, maxPool2GradF64AVX2
	v.f64.tiles, v.f64.peak = &tilesF64AVX2, peakF64AVX2
	v.f64.add = addF64AVX2
	v.f64.sub = subF64AVX2
	v.f64.mul = mulF64AVX2
	v.f64.div = divF64AVX2
	v.f64.addScalar = addScalarF64AVX2
	v.f64.scale = scaleF64AVX2
	v.f64.maxScalar = maxScalarF64AVX2
	v.f64.sqrt = sqrtF64AVX2
	v.f64.square = squareF64AVX2
	v.f64.neg = negF64AVX2
	v.f64.abs = absF64AVX2
	v.f64.dot = dotF64AVX2
	v.f64.sum = sumF64AVX2
	v.f64.sumSquares = sumSquaresF64AVX2
	v.f64.max = maxF64AVX2
	v.f64.addRows = addRowsF64AVX2
	v.f64.axpy = func(alpha float64, x, y []float64) { axpyToF64AVX2(y, x, y, alpha) }
	v.f64.act[ReLU] = func(dst, x []float64, _ float64) { maxScalarF64AVX2(dst, x, 0) }
	v.f64.act[LeakyReLU] = leakyReLUF64AVX2
	v.f64.act[Rectify] = rectifyF64AVX2
	v.f64.actGrad[ReLU] = reluGradF64AVX2
	v.f64.actGrad[LeakyReLU] = leakyReLUGradF64AVX2
	v.f64.actGrad[Rectify] = rectifyGradF64AVX2
	v.f64.actGrad[Sigmoid] = sigmoidGradF64AVX2
	v.f64.actGrad[Tanh] = tanhGradF64AVX2
	return v
}

// avx512ISA is the portable implementation with everything replaced that has assembly.
func avx512ISA() *isa {
	v := portableISA()
	v.name = "avx512"
	v.f32.update, v.f64.update = updatesF32AVX512(), updatesF64AVX512()
	v.f32.conv = &convF32AVX512
	v.f32.affine, v.f32.affineReLU, v.f32.normGrad = affineF32AVX512, affineReLUF32AVX512, normGradF32AVX512
	v.f32.sumDeviations, v.f32.normSums = sumDeviationsF32AVX512, normSumsF32AVX512
	v.f32.maxPool2, v.f32.maxPool2Grad = maxPool2F32AVX2, maxPool2GradF32AVX2
	v.f32.tiles, v.f32.peak = &tilesF32AVX512, peakF32AVX512
	v.f32.add = addF32AVX512
	v.f32.sub = subF32AVX512
	v.f32.mul = mulF32AVX512
	v.f32.div = divF32AVX512
	v.f32.addScalar = addScalarF32AVX512
	v.f32.scale = scaleF32AVX512
	v.f32.maxScalar = maxScalarF32AVX512
	v.f32.sqrt = sqrtF32AVX512
	v.f32.square = squareF32AVX512
	v.f32.neg = negF32AVX512
	v.f32.abs = absF32AVX512
	v.f32.dot = dotF32AVX512
	v.f32.sum = sumF32AVX512
	v.f32.sumSquares = sumSquaresF32AVX512
	v.f32.max = maxF32AVX512
	v.f32.addRows = addRowsF32AVX512
	v.f32.exp = expF32AVX512
	v.f32.log = logF32AVX512
	v.f32.expSum = expSumF32AVX512
	v.f32.sumExp = sumExpF32AVX512
	v.f32.softmaxRows = softmaxRowsF32AVX512
	v.f32.axpy = func(alpha float32, x, y []float32) { axpyToF32AVX512(y, x, y, alpha) }
	v.f32.act[ReLU] = func(dst, x []float32, _ float32) { maxScalarF32AVX512(dst, x, 0) }
	v.f32.act[LeakyReLU] = leakyReLUF32AVX512
	v.f32.act[Rectify] = rectifyF32AVX512
	v.f32.act[Sigmoid] = sigmoidF32AVX512
	v.f32.act[Tanh] = tanhF32AVX512
	v.f32.act[GELU] = geluF32AVX512
	v.f32.act[Softplus] = softplusF32AVX512
	v.f32.actGrad[ReLU] = reluGradF32AVX512
	v.f32.actGrad[LeakyReLU] = leakyReLUGradF32AVX512
	v.f32.actGrad[Rectify] = rectifyGradF32AVX512
	v.f32.actGrad[Sigmoid] = sigmoidGradF32AVX512
	v.f32.actGrad[Tanh] = tanhGradF32AVX512
	v.f32.actGrad[GELU] = geluGradF32AVX512
	v.f32.actGrad[Softplus] = softplusGradF32AVX512

	v.f64.conv = &convF64AVX512
	v.f64.affine, v.f64.affineReLU, v.f64.normGrad = affineF64AVX512, affineReLUF64AVX512, normGradF64AVX512
	v.f64.sumDeviations, v.f64.normSums = sumDeviationsF64AVX512, normSumsF64AVX512
	v.f64.maxPool2, v.f64.maxPool2Grad = maxPool2F64AVX2, maxPool2GradF64AVX2
	v.f64.tiles, v.f64.peak = &tilesF64AVX512, peakF64AVX512
	v.f64.add = addF64AVX512
	v.f64.sub = subF64AVX512
	v.f64.mul = mulF64AVX512
	v.f64.div = divF64AVX512
	v.f64.addScalar = addScalarF64AVX512
	v.f64.scale = scaleF64AVX512
	v.f64.maxScalar = maxScalarF64AVX512
	v.f64.sqrt = sqrtF64AVX512
	v.f64.square = squareF64AVX512
	v.f64.neg = negF64AVX512
	v.f64.abs = absF64AVX512
	v.f64.dot = dotF64AVX512
	v.f64.sum = sumF64AVX512
	v.f64.sumSquares = sumSquaresF64AVX512
	v.f64.max = maxF64AVX512
	v.f64.addRows = addRowsF64AVX512
	v.f64.axpy = func(alpha float64, x, y []float64) { axpyToF64AVX512(y, x, y, alpha) }
	v.f64.act[ReLU] = func(dst, x []float64, _ float64) { maxScalarF64AVX512(dst, x, 0) }
	v.f64.act[LeakyReLU] = leakyReLUF64AVX512
	v.f64.act[Rectify] = rectifyF64AVX512
	v.f64.actGrad[ReLU] = reluGradF64AVX512
	v.f64.actGrad[LeakyReLU] = leakyReLUGradF64AVX512
	v.f64.actGrad[Rectify] = rectifyGradF64AVX512
	v.f64.actGrad[Sigmoid] = sigmoidGradF64AVX512
	v.f64.actGrad[Tanh] = tanhGradF64AVX512
	return v
}
