// Command asm writes the amd64 assembly of the kernels with avo. go generate runs it in the package that it is for:
//
//	go run ../asm -file NAME
//
// It writes NAME_amd64.s and NAME_stubs_amd64.go, or tables_amd64.go, into the current directory.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
)

// files lists what there is to generate.
var files = []struct {
	name     string
	generate func()
	what     string
}{
	{"peak", peak, "loops that measure the processor"},
	{"pause", pause, "the pause of a waiting worker"},
	{"gemm_avx512", func() { products(avx512f32, avx512f64) }, "tiles of matrix products"},
	{"gemm_avx2", func() { products(avx2f32, avx2f64) }, "tiles of matrix products"},
	{"conv_avx512", func() { convFiles(avx512f32, avx512f64) }, "convolutions"},
	{"conv_avx2", func() { convFiles(avx2f32, avx2f64) }, "convolutions"},
	{"norm_avx512", func() { normFiles(avx512f32, avx512f64) }, "normalisation"},
	{"norm_avx2", func() { normFiles(avx2f32, avx2f64) }, "normalisation"},
	{"pool_avx2", func() { pools(avx2f32); pools(avx2f64) }, "pooling"},
	{"elementwise_avx512", func() { elementFiles(avx512f32, avx512f64) }, "functions of elements and reductions"},
	{"elementwise_avx2", func() { elementFiles(avx2f32, avx2f64) }, "functions of elements and reductions"},
	{"update_avx512", func() { updates(avx512f32, avx512f64) }, "steps of optimizers and scans of gradients"},
	{"update_avx2", func() { updates(avx2f32, avx2f64) }, "steps of optimizers and scans of gradients"},
}

func main() {
	name := flag.String("file", "", "what to generate")
	flag.Parse()
	if write, ok := map[string]func(string) error{"tables": tables, "convtables": convTables}[*name]; ok {
		if err := write("tables_amd64.go"); err != nil {
			fmt.Fprintln(os.Stderr, "asm:", err)
			os.Exit(1)
		}
		return
	}
	for _, f := range files {
		if f.name == *name {
			set("out", f.name+"_amd64.s")
			set("stubs", f.name+"_stubs_amd64.go")
			set("pkg", packageName())
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

func products(f32, f64 vec) {
	tiles(f32)
	tiles(f64)
	packs(f32)
	packs(f64)
	dots(f32)
	if !f32.wide { // where tiles are wider, rows are not faster
		combines(f32)
		combines(f64)
	}
}

func convFiles(f32, f64 vec) {
	convolutions(f32)
	convolutions(f64)
}

func normFiles(f32, f64 vec) {
	norms(f32)
	norms(f64)
}

func elementFiles(f32, f64 vec) {
	for _, v := range []vec{f32, f64} {
		elementwise(v)
		reductions(v)
	}
	functions(f32)
	softmaxRows(f32)
}

// packageName is the name of the package in the current directory.
func packageName() string {
	if name := os.Getenv("GOPACKAGE"); name != "" { // go generate sets it
		return name
	}
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return filepath.Base(dir)
}

// set gives one of avo's own flags.
func set(name, value string) {
	if err := flag.Set(name, value); err != nil {
		panic(err)
	}
}
