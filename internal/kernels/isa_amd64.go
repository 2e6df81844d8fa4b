package kernels

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -file peak -out peak_amd64.s -stubs peak_stubs_amd64.go -pkg kernels
//go:generate go run ./asm -file gemm_avx512 -out gemm_avx512_amd64.s -stubs gemm_avx512_stubs_amd64.go -pkg kernels
//go:generate go run ./asm -file gemm_avx2 -out gemm_avx2_amd64.s -stubs gemm_avx2_stubs_amd64.go -pkg kernels
//go:generate go run ./asm -file tables

func archISAs() []*isa {
	var found []*isa
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		v := portableISA()
		v.name = "avx2"
		v.f32.tiles, v.f64.tiles = &tilesF32AVX2, &tilesF64AVX2
		v.f32.peak, v.f64.peak = peakF32AVX2, peakF64AVX2
		found = append(found, v)
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW {
		v := portableISA()
		v.name = "avx512"
		v.f32.tiles, v.f64.tiles = &tilesF32AVX512, &tilesF64AVX512
		v.f32.peak, v.f64.peak = peakF32AVX512, peakF64AVX512
		found = append(found, v)
	}
	return found
}
