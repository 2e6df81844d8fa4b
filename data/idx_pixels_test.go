package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gtrain/gtrain/internal/random"
	"github.com/gtrain/gtrain/internal/workers"
)

// someImages is the content of a file of n images of 7×9, hard to compress.
func someImages(n int) (values, file []byte) {
	rng := random.New(1, "images")
	values = make([]byte, n*7*9)
	for i := range values {
		values[i] = byte(rng.Uint32())
	}
	return values, encodeIDX(values, n, 7, 9)
}

// Images that are converted while they are read are those of the file read at once, wherever blocks end, whatever
// pieces the reader gives and however much memory was made for them at first.
func TestReadPixels(t *testing.T) {
	const block = pixelBlock / 63 // images in a block, about
	for _, n := range []int{1, block, block + 1, pixelBlocks * block, 2*pixelBlocks*block + 5} {
		values, file := someImages(n)
		want := make([]float32, len(values))
		for i, v := range values {
			want[i] = float32(v)
		}
		labels := &idx{idxHeader{"l", []int{n}, n}, slices.Repeat([]byte{3, 4}, n)[:n]}
		h := sha256.New()
		hashStrings(h, []string{"idx"})
		for _, d := range []uint64{uint64(n), 7, 9} {
			hashUint(h, d)
		}
		h.Write(values)
		h.Write(labels.data)
		fingerprint := hex.EncodeToString(h.Sum(nil))
		whole := func(r io.Reader) io.Reader { return r }
		for _, tt := range []struct {
			pieces func(io.Reader) io.Reader
			likely int
		}{{whole, len(values)}, {whole, 0}, {whole, 100}, {whole, len(values) / 3}, {whole, 1 << 40},
			{iotest.HalfReader, len(values)}, {iotest.DataErrReader, len(values)}} {
			p, err := readIDXPixels(tt.pieces(bytes.NewReader(file)), "f", int64(len(file)), int64(tt.likely))
			if err != nil {
				t.Fatalf("%d images, %d likely: %v", n, tt.likely, err)
			}
			if !slices.Equal(p.values, want) || !slices.Equal(p.dims, []int{n, 7, 9}) {
				t.Errorf("%d images, %d likely: other values", n, tt.likely)
			}
			if got := p.fingerprint(labels); got != fingerprint {
				t.Errorf("%d images, %d likely: fingerprint %s, want %s", n, tt.likely, got, fingerprint)
			}
		}
	}
}

// A file that is damaged or ends far behind its header gives the error that it has at its start, and the goroutine that
// converts ends with the reading.
func TestReadPixelsErrors(t *testing.T) {
	const name = "train-images-idx3-ubyte.gz"
	values, plain := someImages(3 * pixelBlock / 63)
	header := len(plain) - len(values)
	zip := zipped(plain)
	damaged := slices.Clone(zip)
	damaged[len(zip)-7] ^= 1
	inside := slices.Clone(zip) // random values are stored as they are: only the checksum tells
	inside[len(inside)/2] ^= 1
	tests := []struct {
		name    string
		content []byte
		message string
	}{
		{"gzip truncated", zip[:len(zip)/2], "the file is truncated"},
		{"checksum cut off", zip[:len(zip)-4], "the file is truncated"},
		{"truncated inside a block", zipped(plain[:len(plain)-pixelBlock-100]), "the file is truncated"},
		{"truncated between blocks", zipped(plain[:header+pixelBlock]), "the file is truncated"},
		{"one value too few", zipped(plain[:len(plain)-1]), "the file is truncated"},
		{"one too many", zipped(append(slices.Clone(plain), 1)),
			"the file goes on after the 786429 values that its header promises"},
		{"damaged", damaged, "the gzip checksum does not match: the file is damaged"},
		{"damaged inside", inside, "the gzip checksum does not match: the file is damaged"},
		{"bytes after gzip", append(slices.Clone(zip), "more"...), "the file is truncated"},
		{"another file after gzip", append(slices.Clone(zip), zipped([]byte("more"))...),
			"the file goes on after the 786429 values that its header promises"},
		{"text after gzip", append(slices.Clone(zip), "something more"...),
			"the file is not in gzip format, or something follows the compressed data"},
	}
	before := runtime.NumGoroutine()
	for _, tt := range tests {
		files := tiny()
		files[name] = tt.content
		dir := tinyDir(t, files)
		_, err := Load(dir, Options{})
		if err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		wantError(t, err, ErrFormat, filepath.Join(dir, name)+": "+tt.message)
	}
	for i := 0; runtime.NumGoroutine() > before && i < 100; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

// A header that promises what the compressed file could hold, and does not, costs memory for what came.
func TestPixelsAllocation(t *testing.T) {
	values := make([]byte, 200<<10)
	zip := zipped(encodeIDX(values, 3, 1<<12, 1<<12)) // 48 MiB promised
	most := int64(64 << 20)
	if _, err := readIDXHeader(bytes.NewReader(encodeIDX(nil, 3, 1<<12, 1<<12)), "f", most); err != nil {
		t.Fatal(err)
	}
	dir := tinyDir(t, map[string][]byte{"f.gz": zip})
	f, err := openMaybeGzip(filepath.Join(dir, "f.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = readIDXPixels(struct{ io.Reader }{f}, f.name, most, f.likely()) // a reader whose size on disk is not known
	runtime.ReadMemStats(&after)
	wantError(t, err, ErrFormat, f.name+": the file is truncated")
	if got := after.TotalAlloc - before.TotalAlloc; got > pixelBlocks*pixelBlock+8*uint64(len(values)) {
		t.Errorf("%d bytes allocated for %d values", got, len(values))
	}
}

// countingReader notes how many goroutines there are when it is read.
type countingReader struct {
	io.Reader
	most int
}

func (r *countingReader) Read(b []byte) (int, error) {
	r.most = max(r.most, runtime.NumGoroutine())
	return r.Reader.Read(b)
}

// With one thread nothing is read or converted beside the caller, and the values are the same.
func TestReadPixelsOnOneThread(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	defer workers.Set(0)
	_, file := someImages(20 * pixelBlock / 63)
	read := func(threads int) (*idxPixels, int) {
		workers.Set(threads)
		before := runtime.NumGoroutine()
		r := &countingReader{Reader: bytes.NewReader(file)}
		p, err := readIDXPixels(r, "f", int64(len(file)), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		return p, r.most - before
	}
	one, more := read(1)
	if more > 0 {
		t.Errorf("%d more goroutines with one thread", more)
	}
	two, more := read(2)
	if more != 1 {
		t.Errorf("%d more goroutines with two threads, want 1", more)
	}
	labels := &idx{idxHeader{"l", []int{1}, 1}, []byte{3}}
	if !slices.Equal(one.values, two.values) || one.fingerprint(labels) != two.fingerprint(labels) {
		t.Error("other values with one thread")
	}
}
