//go:build !amd64

package conv

func chooseConvs(string) {}
