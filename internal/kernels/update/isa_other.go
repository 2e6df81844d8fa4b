//go:build !amd64

package update

func chooseUpdates(string) {
	inUse.f32, inUse.f64 = portableUpdates[float32](), portableUpdates[float64]()
}
