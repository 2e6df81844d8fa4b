package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gtrain/gtrain/benchmarks"
)

// options are the flags.
type options struct {
	quick   bool
	rounds  int
	seconds float64
	threads int
	python  string
	script  string
	ort     string
	gomlx   bool
	kinds   map[string]bool
	nets    []benchmarks.Network
	work    string // temporary directory
}

func (o options) files(n benchmarks.Network) string { return filepath.Join(o.work, n.Name) }

func main() {
	var o options
	only := flag.String("only", "train,infer,gemm", "kinds of work, separated by commas")
	nets := flag.String("networks", "", "only these networks, separated by commas; empty: all")
	worker := flag.String("worker", "", "serve requests with this library (the program starts itself so)")
	flag.BoolVar(&o.quick, "quick", false, "two short rounds over the smaller cases: does everything work?")
	flag.IntVar(&o.rounds, "rounds", 7, "rounds; the median over them is printed")
	flag.Float64Var(&o.seconds, "seconds", 0.2, "time for one measurement")
	flag.IntVar(&o.threads, "threads", runtime.NumCPU(), "most threads; peers are also timed with one")
	flag.StringVar(&o.python, "python", "python3", "python with torch and numpy; empty: without PyTorch")
	flag.StringVar(&o.script, "script", "pytorch.py", "PyTorch's worker")
	flag.StringVar(&o.ort, "ort", os.Getenv("ONNXRUNTIME_LIBRARY"), "libonnxruntime.so; empty: without ONNX Runtime")
	flag.BoolVar(&o.gomlx, "gomlx", true, "with GoMLX, whose steps on the larger networks take seconds")
	flag.Parse()
	if err := o.set(*only, *nets); err != nil {
		fail(2, err)
	}
	if *worker != "" {
		lib, err := newLibrary(*worker, o)
		if err == nil {
			err = serve(lib, os.Stdin, os.Stdout)
		}
		fail(1, err)
		return
	}
	fail(1, o.race())
}

func fail(code int, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(code)
	}
}

func (o *options) set(only, nets string) error {
	if o.quick {
		o.rounds, o.seconds = 2, 0.02
	}
	if o.rounds < 1 || !(o.seconds > 0) || o.threads < 1 {
		return fmt.Errorf("-rounds, -seconds and -threads must be positive")
	}
	known := []string{kindTrain, kindInfer, kindGemm}
	o.kinds = map[string]bool{}
	for _, k := range strings.Split(only, ",") {
		if !slices.Contains(known, k) {
			return fmt.Errorf("-only %q: there are %s", k, strings.Join(known, ", "))
		}
		o.kinds[k] = true
	}
	known = nil
	for _, n := range benchmarks.Networks() {
		known = append(known, n.Name)
		if nets == "" || slices.Contains(strings.Split(nets, ","), n.Name) {
			o.nets = append(o.nets, n)
		}
	}
	if want := strings.Count(nets, ",") + 1; nets != "" && len(o.nets) != want {
		return fmt.Errorf("-networks %q: there are %s", nets, strings.Join(known, ", "))
	}
	return nil
}

func (o options) race() (err error) {
	if o.work, err = os.MkdirTemp("", "gtrain-peers-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.work)
	for _, n := range o.nets {
		if err := writeFiles(o.files(n), n); err != nil {
			return err
		}
	}
	r := &race{o: o, log: os.Stderr, works: cases(o), engines: engines(o)}
	defer r.stop()
	if o.ort == "" {
		fmt.Fprintln(r.log, "left out: ONNX Runtime: set ONNXRUNTIME_LIBRARY or -ort")
	}
	if err := r.check(); err != nil {
		return err
	}
	if err := r.run(); err != nil {
		return err
	}
	r.print(os.Stdout)
	return nil
}
