package norm

//go:generate go run ../asm -file norm_avx512
//go:generate go run ../asm -file norm_avx2

func chooseNorms(isa string) {
	switch isa {
	case "avx2":
		norms.f32 = normOps[float32]{affineF32AVX2, affineReLUF32AVX2, normGradF32AVX2, sumDeviationsF32AVX2, normSumsF32AVX2}
		norms.f64 = normOps[float64]{affineF64AVX2, affineReLUF64AVX2, normGradF64AVX2, sumDeviationsF64AVX2, normSumsF64AVX2}
	case "avx512":
		norms.f32 = normOps[float32]{affineF32AVX512, affineReLUF32AVX512, normGradF32AVX512, sumDeviationsF32AVX512, normSumsF32AVX512}
		norms.f64 = normOps[float64]{affineF64AVX512, affineReLUF64AVX512, normGradF64AVX512, sumDeviationsF64AVX512, normSumsF64AVX512}
	default:
		norms.f32, norms.f64 = portableNorms[float32](), portableNorms[float64]()
	}
}
