//go:build !amd64

package norm

func chooseNorms(string) { norms.f32, norms.f64 = portableNorms[float32](), portableNorms[float64]() }
