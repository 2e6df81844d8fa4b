package data

import (
	stderrors "errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// idxHeader is what an IDX file of unsigned bytes says of itself.
type idxHeader struct {
	file  string
	dims  []int
	total int // the product of dims
}

// idx is the content of one IDX file of unsigned bytes.
type idx struct {
	idxHeader
	data []byte
}

// readIDX reads an IDX file into memory. most is how many bytes the source can hold at the utmost.
func readIDX(r io.Reader, file string, most int64) (*idx, error) {
	head, err := readIDXHeader(r, file, most)
	if err != nil {
		return nil, err
	}
	x := &idx{idxHeader: *head, data: make([]byte, head.total)}
	if _, err := io.ReadFull(r, x.data); err != nil {
		return nil, readError(err, file)
	}
	return x, x.end(r)
}

// readIDXHeader reads what precedes the values of an IDX file (LeCun et al., the MNIST database): two zero bytes, the
// type (8: unsigned byte), the number of dimensions, each size as a big-endian uint32; the values follow in row-major
// order. A header that promises more than most bytes is refused before anything is allocated.
func readIDXHeader(r io.Reader, name string, most int64) (*idxHeader, error) {
	x := &idxHeader{file: name}
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, readError(err, name)
	}
	switch {
	case head[0] != 0 || head[1] != 0 || head[3] == 0:
		return nil, x.bad("not an IDX file: it starts with % x and not with 00 00", head)
	case head[2] != 8:
		return nil, x.bad("the values have IDX type 0x%02x: only unsigned bytes (0x08) are read", head[2])
	}
	sizes := make([]byte, 4*int(head[3]))
	if _, err := io.ReadFull(r, sizes); err != nil {
		return nil, readError(err, name)
	}
	total := int64(1)
	for i := 0; i < len(sizes); i += 4 {
		n := int64(sizes[i])<<24 | int64(sizes[i+1])<<16 | int64(sizes[i+2])<<8 | int64(sizes[i+3])
		if n == 0 {
			return nil, x.bad("the header promises a dimension of size 0")
		}
		if total > most/n {
			return nil, x.bad("the header promises more values than the file can hold: it is damaged or truncated")
		}
		total *= n
		x.dims = append(x.dims, int(n))
	}
	x.total = int(total)
	if f, ok := r.(*file); ok {
		return x, f.fits(x)
	}
	return x, nil
}

// packs is how many values a byte of a compressed file may stand for, beside a fixed amount: pictures have a sixteenth at
// best, and a million sorted labels less than the fixed amount. DEFLATE would allow 1032, each of which becomes a feature
// of four bytes.
const packs = 64

// fits refuses a header that promises, within what the file can hold, what is out of all proportion to its size on disk:
// images of so many pixels, each a feature with a name and statistics of its own, or so many values in a compressed file.
func (f *file) fits(x *idxHeader) error {
	pixels := f.size
	if f.zip != nil {
		pixels = 1<<16 + 4*f.size
	}
	if len(x.dims) > 2 && int64(x.total/x.dims[0]) > pixels {
		return x.bad("images of %s in a file of %d bytes", x.size(), f.size)
	}
	if f.zip != nil && int64(x.total) > 4<<20+packs*f.size {
		return x.bad("%d values in a compressed file of %d bytes are more than %d times its size: unpack it if that is meant",
			x.total, f.size, packs)
	}
	return nil
}

// end reads on behind the values, which must be the end; that also makes gzip compare its checksum.
func (x *idxHeader) end(r io.Reader) error {
	var more [1]byte
	switch n, err := io.ReadFull(r, more[:]); {
	case n > 0:
		return x.bad("the file goes on after the %d values that its header promises", x.total)
	case err != io.EOF:
		return readError(err, x.file)
	}
	return nil
}

func (x *idxHeader) bad(format string, args ...any) error {
	return failIn(x.file, ErrFormat, format, args...)
}

// size is that of one element, "28×28".
func (x *idxHeader) size() string {
	text := make([]string, len(x.dims)-1)
	for i, n := range x.dims[1:] {
		text[i] = strconv.Itoa(n)
	}
	return strings.Join(text, "×")
}

// readIDXFile reads the file of that name, plain or .gz, with "-" or "." before one of the endings; nil if there is none.
func readIDXFile[T any](dir, name string, endings []string, read func(f *file) (*T, error)) (*T, error) {
	for _, ending := range endings {
		for _, n := range []string{"-" + ending, "." + ending, "-" + ending + ".gz", "." + ending + ".gz"} {
			path := filepath.Join(dir, name+n)
			if _, err := os.Stat(path); stderrors.Is(err, fs.ErrNotExist) {
				continue
			}
			f, err := openMaybeGzip(path)
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return read(f)
		}
	}
	return nil, nil
}
