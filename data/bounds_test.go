package data

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// What a few bytes declare, or unpack to, costs no memory that the file does not account for.
func TestSizesAreBoundByTheFile(t *testing.T) {
	header := func(kind byte, sizes ...uint32) []byte {
		b := []byte{0, 0, kind, byte(len(sizes))}
		for _, n := range sizes {
			b = append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		}
		return b
	}
	labels := append(header(8, 2), 0, 1)
	zeros := func(n int) []byte { return make([]byte, n) }
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"2^32 images":              {map[string][]byte{"train-images-idx3-ubyte": header(8, 1<<32-1, 1<<12, 1<<12)}, "more values than the file can hold"},
		"dimensions that overflow": {map[string][]byte{"train-images-idx3-ubyte": header(8, 1<<31, 1<<31, 1<<31, 1<<31)}, "more values than the file can hold"},
		"255 dimensions":           {map[string][]byte{"train-images-idx3-ubyte": {0, 0, 8, 255}}, "truncated"},
		"compressed, promised only": {map[string][]byte{"train-images-idx3-ubyte.gz": squeezed(header(8, 1<<31, 1, 1))},
			"more values than the file can hold"},
		"large images of zeros": {map[string][]byte{
			"train-images-idx3-ubyte.gz": squeezed(append(header(8, 2, 1<<10, 1<<11), zeros(2<<21)...))}, "images of 1024×2048 in a file of"},
		"small images of zeros": {map[string][]byte{
			"train-images-idx3-ubyte.gz": squeezed(append(header(8, 40<<10, 1<<5, 1<<5), zeros(40<<20)...))}, "41943040 values in a compressed file of"},
		"images whose file ends early": {map[string][]byte{
			"train-images-idx3-ubyte.gz": squeezed(append(header(8, 40<<10, 1<<5, 1<<5), zeros(1<<20)...))}, "the header promises more values than the file can hold"},
		"labels of zeros": {map[string][]byte{"train-images-idx3-ubyte": append(header(8, 2, 1, 1), 0, 1),
			"train-labels-idx1-ubyte.gz": squeezed(append(header(8, 40<<20), zeros(40<<20)...))}, "41943040 values in a compressed file of"},
		"labels": {map[string][]byte{"train-images-idx3-ubyte": append(header(8, 2, 1, 1), 0, 1),
			"train-labels-idx1-ubyte": header(8, 1<<32-1)}, "more values than the file can hold"},
	} {
		dir := t.TempDir()
		if _, ok := c.files["train-labels-idx1-ubyte.gz"]; !ok && c.files["train-labels-idx1-ubyte"] == nil {
			c.files["train-labels-idx1-ubyte"] = labels
		}
		for file, b := range c.files {
			if err := os.WriteFile(filepath.Join(dir, file), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		took(t, name, 64<<20, func() error { _, err := Load(dir, Options{}); return err }, c.want)
	}
	table := filepath.Join(t.TempDir(), "t.csv.gz")
	bomb := append([]byte("a,b\n"), bytes.Repeat([]byte("0,0\n"), 3<<20)...)
	if err := os.WriteFile(table, squeezed(bomb), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Load(table, Options{})
	if err == nil || !strings.Contains(err.Error(), "it unpacks to more than 256 times its size") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a table of zeros: %v", err)
	}
	plain := filepath.Join(filepath.Dir(table), "small.csv.gz")
	var rows strings.Builder
	rows.WriteString("a,b\n")
	for i := range 5000 {
		fmt.Fprintf(&rows, "0,%d\n", i%2)
	}
	if err := os.WriteFile(plain, squeezed([]byte(rows.String())), 0o644); err != nil {
		t.Fatal(err)
	}
	if d, err := Load(plain, Options{Task: Regression}); err != nil || d.Rows() != 5000 {
		t.Errorf("a table that compresses well: %v", err)
	}
}

// Images and labels that compress well are read as long as they are few: a mebibyte of zeros, and labels in order.
func TestFewThatCompressWell(t *testing.T) {
	labels := bytes.Repeat([]byte{0}, 1<<10)
	copy(labels[1<<9:], bytes.Repeat([]byte{1}, 1<<9))
	dir := tinyDir(t, map[string][]byte{
		"train-images-idx3-ubyte.gz": squeezed(encodeIDX(make([]byte, 1<<20), 1<<10, 1<<5, 1<<5)),
		"train-labels-idx1-ubyte.gz": squeezed(encodeIDX(labels, 1<<10)),
	})
	if d, err := Load(dir, Options{}); err != nil || d.Rows() != 1<<10 {
		t.Errorf("%v", err)
	}
}

func squeezed(b []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, 9)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// took fails the test if f takes more memory than that, or does not fail with these words.
func took(t *testing.T, name string, most uint64, f func() error, want string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := f()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > most {
		t.Errorf("%s: took %d bytes", name, got)
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: %v, want %q", name, err, want)
	}
}
