// Command gorgonia runs Gorgonia's own tests on graph.NewMachine in the place of gorgonia.NewTapeMachine, and compares
// what passes with expected.txt.
//
//	go run ./graph/testdata/gorgonia          # from the root of the repository
//	go run ./graph/testdata/gorgonia -update  # writes expected.txt; reasons are kept
//
// The tests are those of the module cache. They are compiled in a copy of the module, in a temporary directory, in which
// their machines come from a function that is added to it. A test counts as one that uses a machine where it made one.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const expectedFile = "graph/testdata/gorgonia/expected.txt"

// hook is what is added to Gorgonia's package.
const hook = `package gorgonia

import (
	"fmt"
	"os"
)

// TestMachine runs on the machine under test; what tests look at besides is a tapeMachine's, which does not run.
type TestMachine struct {
	*tapeMachine
	on interface {
		VM
		Let(n *Node, v interface{}) error
		Set(a, b *Node) error
	}
}

func (m *TestMachine) RunAll() error                    { return m.on.RunAll() }
func (m *TestMachine) Reset()                           { m.on.Reset() }
func (m *TestMachine) Close() error                     { return m.on.Close() }
func (m *TestMachine) Let(n *Node, v interface{}) error { return m.on.Let(n, v) }
func (m *TestMachine) Set(a, b *Node) error             { return m.on.Set(a, b) }

// MakeTestMachine is set from outside, where gtrain may be imported.
var MakeTestMachine func(m *TestMachine, g *ExprGraph, opts ...VMOpt)

// On sets the machine under test.
func (m *TestMachine) On(vm interface {
	VM
	Let(n *Node, v interface{}) error
	Set(a, b *Node) error
}) {
	m.on = vm
}

// NewTestMachine is called where the tests called NewTapeMachine.
func NewTestMachine(g *ExprGraph, opts ...VMOpt) *TestMachine {
	fmt.Fprintln(os.Stderr, "made a machine")
	m := &TestMachine{tapeMachine: NewTapeMachine(g, opts...)}
	m.on = m.tapeMachine
	if os.Getenv("MACHINE") != "tape" {
		MakeTestMachine(m, g, opts...)
	}
	return m
}
`

const outside = `package gorgonia_test

import (
	"github.com/gtrain/gtrain/graph"
	"gorgonia.org/gorgonia"
)

func init() {
	gorgonia.MakeTestMachine = func(m *gorgonia.TestMachine, g *gorgonia.ExprGraph, opts ...gorgonia.VMOpt) {
		m.On(graph.NewMachine(g, opts...))
	}
}
`

func main() {
	update := flag.Bool("update", false, "write "+expectedFile)
	flag.Parse()
	if err := run(*update); err != nil {
		fmt.Fprintln(os.Stderr, "gorgonia's tests:", err)
		os.Exit(1)
	}
}

func run(update bool) error {
	work, err := os.MkdirTemp("", "gorgonia")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "gorgonia.org/gorgonia").Output()
	if err != nil {
		return fmt.Errorf("where is gorgonia? %w", err)
	}
	root := strings.TrimSpace(string(dir))
	binary := filepath.Join(work, "gorgonia.test")
	if err := build(root, work, binary); err != nil {
		return err
	}
	root = filepath.Join(work, "gorgonia") // some tests write files where they run
	list := exec.Command(binary, "-test.list", ".")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the tests: %w", err)
	}
	var results []result
	for _, name := range strings.Fields(string(names)) {
		tape := try(root, binary, name, "tape")
		if !tape.machine {
			continue
		}
		r := result{name: name, verdict: "equal"}
		ours := try(root, binary, name, "")
		switch {
		case tape.passed && !ours.passed:
			r.verdict, r.why = "differs", ours.why
		case !tape.passed && !ours.passed:
			r.verdict = "fails on both"
		case !tape.passed:
			r.verdict = "passes here, fails on TapeMachine"
		}
		results = append(results, r)
	}
	return compare(results, update)
}

// build compiles Gorgonia's tests in a copy of its module, which takes its place.
func build(root, work, binary string) error {
	module := filepath.Join(work, "gorgonia")
	if err := os.CopyFS(module, os.DirFS(root)); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(module, "*_test.go"))
	if err != nil {
		return err
	}
	variable := regexp.MustCompile(`\*tapeMachine\b`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		s := strings.ReplaceAll(string(text), "NewTapeMachine(", "NewTestMachine(")
		if err := os.WriteFile(f, []byte(variable.ReplaceAllString(s, "*TestMachine")), 0o644); err != nil {
			return err
		}
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return fmt.Errorf("run it in the root of the repository: %w", err)
	}
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		filepath.Join(module, "zz_machine_test.go"): []byte(hook),
		filepath.Join(module, "zz_outside_test.go"): []byte(outside),
		filepath.Join(work, "go.mod"):               fmt.Appendf(mod, "\nreplace gorgonia.org/gorgonia => %s\n", module),
		filepath.Join(work, "go.sum"):               sum,
	} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-modfile", filepath.Join(work, "go.mod"), "-o", binary,
		"gorgonia.org/gorgonia").CombinedOutput()
	if err != nil {
		return fmt.Errorf("compile: %w\n%s", err, out)
	}
	return nil
}

type outcome struct {
	machine, passed bool
	why             string
}

type result struct{ name, verdict, why string }

// try runs one test; some draw random numbers, so it may pass at a later attempt.
func try(root, binary, name, machine string) (o outcome) {
	for range 3 {
		cmd := exec.Command(binary, "-test.run", "^"+name+"$", "-test.timeout", "60s")
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "MACHINE="+machine)
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.WaitDelay = time.Second
		err := cmd.Run()
		o = outcome{strings.Contains(out.String(), "made a machine"), err == nil, failure(out.String())}
		if o.passed || !o.machine {
			return o
		}
	}
	return o
}

// failure is the first line that says what failed.
func failure(out string) string {
	for _, line := range strings.Split(out, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic:") || strings.Contains(line, "_test.go:") {
			return line
		}
	}
	return "no message"
}

// compare holds the results against expected.txt: lines of "name: verdict; reason". The verdict "varies" fits all.
func compare(results []result, update bool) error {
	expected, reasons := map[string]string{}, map[string]string{}
	if f, err := os.Open(expectedFile); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if strings.HasPrefix(s.Text(), "#") {
				continue
			}
			name, rest, _ := strings.Cut(s.Text(), ": ")
			verdict, why, _ := strings.Cut(rest, "; ")
			expected[name], reasons[name] = verdict, why
		}
	}
	count := map[string]int{}
	var lines, wrong []string
	for _, r := range results {
		if expected[r.name] == "varies" {
			r.verdict = "varies"
		}
		count[r.verdict]++
		line := r.name + ": " + r.verdict
		if r.verdict != "equal" {
			line += "; " + reasons[r.name]
			if reasons[r.name] == "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s, and no reason is given; it says: %s", r.name, r.verdict, r.why))
			}
		}
		if r.verdict != expected[r.name] {
			wrong = append(wrong, fmt.Sprintf("%s: %s, expected %q; %s", r.name, r.verdict, expected[r.name], r.why))
		}
		delete(expected, r.name)
		lines = append(lines, line)
	}
	for name := range expected {
		wrong = append(wrong, name+": is expected and did not run")
	}
	fmt.Printf("of Gorgonia's own tests and examples %d use a machine:", len(results))
	for _, v := range []string{"equal", "differs", "fails on both", "varies", "passes here, fails on TapeMachine"} {
		fmt.Printf(" %d %s;", count[v], v)
	}
	fmt.Println()
	if update {
		head := "# Gorgonia's own tests that use a machine, on graph.NewMachine. Written by go run ./graph/testdata/gorgonia -update;\n" +
			"# the reasons behind a semicolon are ours.\n"
		return os.WriteFile(expectedFile, []byte(head+strings.Join(lines, "\n")+"\n"), 0o644)
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%d differ from %s:\n%s", len(wrong), expectedFile, strings.Join(wrong, "\n"))
	}
	return nil
}
