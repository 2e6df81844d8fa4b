package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gtrain": main})
}

// TestScripts runs testdata/script: the whole program, as its users meet it. Beside testscript's own commands there are
//
//	wrong CODE ARGS…       gtrain ARGS exits with CODE, says one line on stderr and nothing on stdout
//	code CODE ARGS…        gtrain ARGS exits with CODE
//	json PATH VALUE        stdout is one JSON object, and in it PATH (a.b.0.c) is VALUE; * is any value
//	interrupt TEXT ARGS…   starts gtrain ARGS, sends SIGINT when TEXT appears on stderr, wants code 130
//	limited BLOCKS ARGS…   code 1 ARGS where no file can be larger than that many blocks of 512 bytes
//	flip FILE OFFSET       flips a bit; a negative offset counts from the end
//	cut FILE BYTES         keeps the first bytes, or all but the last if negative
//	gzip FILE              writes FILE.gz
//	images DIR SEED        writes a tiny dataset in MNIST's IDX layout
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"wrong": scriptWrong, "code": scriptCode, "json": scriptJSON, "interrupt": scriptInterrupt,
			"limited": scriptLimited, "flip": scriptFlip, "cut": scriptCut, "gzip": scriptGzip, "images": scriptImages,
		},
	})
}

func usage(ts *testscript.TestScript, neg, ok bool, text string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", text)
	}
}

func atoi(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) > 1, "code CODE ARGS...")
	wantCode(ts, atoi(ts, args[0]), ts.Exec("gtrain", args[1:]...))
}

func wantCode(ts *testscript.TestScript, want int, err error) {
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func scriptWrong(ts *testscript.TestScript, neg bool, args []string) {
	scriptCode(ts, neg, args)
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("stdout is not empty")
	}
	text := ts.ReadFile("stderr")
	if !strings.HasPrefix(text, "gtrain: ") || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		ts.Fatalf("stderr is not one line")
	}
}

func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "json PATH VALUE")
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.UseNumber()
	var v any
	ts.Check(dec.Decode(&v))
	if _, ok := v.(map[string]any); !ok || dec.More() {
		ts.Fatalf("stdout is not one JSON object")
	}
	for _, key := range strings.Split(args[0], ".") {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[key]
			if !ok {
				ts.Fatalf("%s: there is no %q", args[0], key)
			}
			v = next
		case []any:
			i := atoi(ts, key)
			if i >= len(at) {
				ts.Fatalf("%s: there are %d elements", args[0], len(at))
			}
			v = at[i]
		default:
			ts.Fatalf("%s: %v has no parts", args[0], at)
		}
	}
	text, ok := v.(string)
	if !ok {
		b, err := json.Marshal(v)
		ts.Check(err)
		text = string(b)
	}
	if args[1] != "*" && text != args[1] {
		ts.Fatalf("%s is %s, want %s", args[0], text, args[1])
	}
}

// trigger sends a signal once a text was written to it.
type trigger struct {
	text string
	seen bytes.Buffer
	fire func()
}

func (t *trigger) Write(b []byte) (int, error) {
	t.seen.Write(b)
	if t.fire != nil && strings.Contains(t.seen.String(), t.text) {
		t.fire()
		t.fire = nil
	}
	return len(b), nil
}

func scriptInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) > 1, "interrupt TEXT ARGS...")
	path, err := exec.LookPath("gtrain")
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "HOME=/no-home")
	var out bytes.Buffer
	t := &trigger{text: args[0]}
	t.fire = func() { ts.Check(cmd.Process.Signal(os.Interrupt)) }
	cmd.Stdout, cmd.Stderr = &out, t
	err = cmd.Run()
	ts.Logf("%s", t.seen.String())
	if t.fire != nil {
		ts.Fatalf("%q never appeared", args[0])
	}
	wantCode(ts, exitInterrupted, err)
	if out.Len() > 0 {
		ts.Fatalf("stdout is not empty: %s", out.String())
	}
}

func scriptLimited(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) > 1, "limited BLOCKS ARGS...")
	wantCode(ts, exitFailed, ts.Exec("sh", append([]string{"-c", `ulimit -f "$0"; exec gtrain "$@"`}, args...)...))
}

func change(ts *testscript.TestScript, file string, f func([]byte) []byte) {
	path := ts.MkAbs(file)
	b, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, f(b), 0o666))
}

func scriptFlip(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "flip FILE OFFSET")
	change(ts, args[0], func(b []byte) []byte {
		at := atoi(ts, args[1])
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 4
		return b
	})
}

func scriptCut(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "cut FILE BYTES")
	change(ts, args[0], func(b []byte) []byte {
		n := atoi(ts, args[1])
		if n < 0 {
			n += len(b)
		}
		return b[:n]
	})
}

func scriptGzip(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 1, "gzip FILE")
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(b)
	ts.Check(err)
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".gz"), packed.Bytes(), 0o666))
}

// scriptImages writes pictures of 4×4 pixels: class 0 is bright above, class 1 below.
func scriptImages(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "images DIR SEED")
	dir, seed := ts.MkAbs(args[0]), atoi(ts, args[1])
	ts.Check(os.MkdirAll(dir, 0o777))
	for _, part := range []struct {
		name string
		n    int
	}{{"train", 40}, {"t10k", 12}} {
		header := func(magic uint32, dims ...uint32) []byte {
			b := binary.BigEndian.AppendUint32(nil, magic)
			for _, d := range dims {
				b = binary.BigEndian.AppendUint32(b, d)
			}
			return b
		}
		images, labels := header(0x803, uint32(part.n), 4, 4), header(0x801, uint32(part.n))
		for i := range part.n {
			label := i % 2
			labels = append(labels, byte(label))
			for p := range 16 {
				v := (i*31 + p*17 + seed*7 + len(part.name)) % 97
				if p/8 == label {
					v += 150
				}
				images = append(images, byte(v))
			}
		}
		ts.Check(os.WriteFile(filepath.Join(dir, part.name+"-images-idx3-ubyte"), images, 0o666))
		ts.Check(os.WriteFile(filepath.Join(dir, part.name+"-labels-idx1-ubyte"), labels, 0o666))
	}
}
