package conv

//go:generate go run ../asm -file conv_avx512
//go:generate go run ../asm -file conv_avx2
//go:generate go run ../asm -file pool_avx2
//go:generate go run ../asm -file convtables

func chooseConvs(isa string) {
	f32 := convOps[float32]{maxPool2: maxPool2F32AVX2, maxPool2Grad: maxPool2GradF32AVX2}
	f64 := convOps[float64]{maxPool2: maxPool2F64AVX2, maxPool2Grad: maxPool2GradF64AVX2}
	switch isa {
	case "avx2":
		f32.conv, f64.conv = &convF32AVX2, &convF64AVX2
	case "avx512":
		f32.conv, f64.conv = &convF32AVX512, &convF64AVX512
	default:
		f32, f64 = convOps[float32]{}, convOps[float64]{}
	}
	convs.f32, convs.f64 = f32, f64
}
