package update

//go:generate go run ../asm -file update_avx512
//go:generate go run ../asm -file update_avx2

func chooseUpdates(isa string) {
	switch isa {
	case "avx2":
		inUse.f32, inUse.f64 = updatesF32AVX2(), updatesF64AVX2()
	case "avx512":
		inUse.f32, inUse.f64 = updatesF32AVX512(), updatesF64AVX512()
	default:
		inUse.f32, inUse.f64 = portableUpdates[float32](), portableUpdates[float64]()
	}
}

// updatesF32AVX2 is the portable implementation with everything replaced that has assembly.
func updatesF32AVX2() updateOps[float32] {
	o := portableUpdates[float32]()
	o.apply[sgdKind] = sgdF32AVX2
	o.apply[momentumKind] = momentumF32AVX2
	o.apply[nesterovKind] = nesterovF32AVX2
	o.apply[adamKind] = adamF32AVX2
	o.apply[amsgradKind] = amsgradF32AVX2
	o.apply[nadamKind] = nadamF32AVX2
	o.apply[adagradKind] = adagradF32AVX2
	o.apply[rmspropKind] = rmspropF32AVX2
	o.squares, o.residue = squaresF32AVX2, residueF32AVX2
	return o
}

// updatesF32AVX512 is the portable implementation with everything replaced that has assembly.
func updatesF32AVX512() updateOps[float32] {
	o := portableUpdates[float32]()
	o.apply[sgdKind] = sgdF32AVX512
	o.apply[momentumKind] = momentumF32AVX512
	o.apply[nesterovKind] = nesterovF32AVX512
	o.apply[adamKind] = adamF32AVX512
	o.apply[amsgradKind] = amsgradF32AVX512
	o.apply[nadamKind] = nadamF32AVX512
	o.apply[adagradKind] = adagradF32AVX512
	o.apply[rmspropKind] = rmspropF32AVX512
	o.squares, o.residue = squaresF32AVX512, residueF32AVX512
	return o
}

// updatesF64AVX2 is the portable implementation with everything replaced that has assembly.
func updatesF64AVX2() updateOps[float64] {
	o := portableUpdates[float64]()
	o.apply[sgdKind] = sgdF64AVX2
	o.apply[momentumKind] = momentumF64AVX2
	o.apply[nesterovKind] = nesterovF64AVX2
	o.apply[adamKind] = adamF64AVX2
	o.apply[amsgradKind] = amsgradF64AVX2
	o.apply[nadamKind] = nadamF64AVX2
	o.apply[adagradKind] = adagradF64AVX2
	o.apply[rmspropKind] = rmspropF64AVX2
	o.squares, o.residue = squaresF64AVX2, residueF64AVX2
	return o
}

// updatesF64AVX512 is the portable implementation with everything replaced that has assembly.
func updatesF64AVX512() updateOps[float64] {
	o := portableUpdates[float64]()
	o.apply[sgdKind] = sgdF64AVX512
	o.apply[momentumKind] = momentumF64AVX512
	o.apply[nesterovKind] = nesterovF64AVX512
	o.apply[adamKind] = adamF64AVX512
	o.apply[amsgradKind] = amsgradF64AVX512
	o.apply[nadamKind] = nadamF64AVX512
	o.apply[adagradKind] = adagradF64AVX512
	o.apply[rmspropKind] = rmspropF64AVX512
	o.squares, o.residue = squaresF64AVX512, residueF64AVX512
	return o
}
