// Command asm writes the amd64 assembly of package kernels with avo. It is run by go generate there:
//
//	go run ./asm -file NAME -out NAME_amd64.s -stubs NAME_stubs_amd64.go -pkg kernels
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mmcloughlin/avo/build"
)

// files lists what there is to generate.
var files = []struct {
	name     string
	generate func()
	what     string
}{
	{"peak", peak, "loops that measure the processor, and the pause of a waiting worker"},
	{"gemm_avx512", func() { tiles(avx512f32); tiles(avx512f64); packs(avx512f32); packs(avx512f64) }, "tiles of matrix products"},
	{"gemm_avx2", func() { tiles(avx2f32); tiles(avx2f64); packs(avx2f32); packs(avx2f64) }, "tiles of matrix products"},
}

func main() {
	name := flag.String("file", "", "what to generate")
	flag.Parse()
	if *name == "tables" {
		if err := tables("gemm_tables_amd64.go"); err != nil {
			fmt.Fprintln(os.Stderr, "asm:", err)
			os.Exit(1)
		}
		return
	}
	for _, f := range files {
		if f.name == *name {
			build.ConstraintExpr("amd64")
			f.generate()
			build.Generate()
			return
		}
	}
	fmt.Fprintf(os.Stderr, "asm: nothing is called %q; there are:\n", *name)
	for _, f := range files {
		fmt.Fprintf(os.Stderr, "  %-12s %s\n", f.name, f.what)
	}
	os.Exit(2)
}
