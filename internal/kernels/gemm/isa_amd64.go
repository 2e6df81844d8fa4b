package gemm

//go:generate go run ../asm -file peak
//go:generate go run ../asm -file gemm_avx512
//go:generate go run ../asm -file gemm_avx2
//go:generate go run ../asm -file tables

func chooseSets(isa string) {
	sets.f32, sets.f64, peaks.f32, peaks.f64 = nil, nil, nil, nil
	switch isa {
	case "avx2":
		sets.f32, sets.f64, peaks.f32, peaks.f64 = &tilesF32AVX2, &tilesF64AVX2, peakF32AVX2, peakF64AVX2
	case "avx512":
		sets.f32, sets.f64, peaks.f32, peaks.f64 = &tilesF32AVX512, &tilesF64AVX512, peakF32AVX512, peakF64AVX512
	}
}
