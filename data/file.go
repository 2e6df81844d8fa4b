package data

import (
	"io"
	"math"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/pkg/errors"
)

// file is an open file, decompressed if its name ends in .gz.
type file struct {
	io.Reader
	name string
	disk *os.File
	zip  *gzip.Reader
	size int64 // bytes on disk
}

func openMaybeGzip(name string) (*file, error) {
	disk, err := os.Open(name)
	if err != nil {
		return nil, errors.Wrap(err, "opening the data")
	}
	f := &file{Reader: disk, name: name, disk: disk}
	info, err := disk.Stat()
	if err != nil {
		disk.Close()
		return nil, errors.Wrap(err, "opening the data")
	}
	if f.size = info.Size(); strings.HasSuffix(name, ".gz") {
		if f.zip, err = gzip.NewReader(disk); err != nil {
			disk.Close()
			return nil, readError(err, name)
		}
		f.Reader = f.zip
	}
	return f, nil
}

// readText opens a file of text, decompressed if its name ends in .gz, and has it read. What reading finds wrong may be due
// to a damaged file, of which that is said.
func readText[T any](name string, read func(text io.Reader) (T, error)) (T, error) {
	f, err := openMaybeGzip(name)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	text := f.bounded()
	v, err := read(text)
	if err != nil && text.left >= 0 {
		if damage := f.damage(); damage != nil {
			err = damage
		}
	}
	return v, err
}

// most is how many bytes the file can hold: DEFLATE packs at most 1032 into one (RFC 1951: 258 bytes in two bits).
func (f *file) most() int64 {
	if f.zip != nil {
		return f.size * 1032
	}
	return f.size
}

// likely is how many bytes the file is expected to hold at most: drawn and photographed images do not compress better
// than to a sixteenth, and only those need much memory.
func (f *file) likely() int64 {
	if f.zip != nil {
		return f.size * 16
	}
	return f.size
}

// damage reads a compressed file that made no sense to its end, where its checksum may say why.
func (f *file) damage() error {
	if f.zip == nil {
		return nil
	}
	_, err := io.Copy(io.Discard, f.zip)
	if err == nil {
		return nil
	}
	return readError(err, f.name)
}

// expands is how many times the size of a compressed file its text may have, beside a fixed amount: tables of numbers have
// some five to fifty times as much. What unpacks to more would take memory that nothing on the disk accounts for.
const expands = 256

// bounded reads a file, and fails where it is compressed and its content is out of all proportion.
func (f *file) bounded() *boundedReader {
	b := &boundedReader{file: f, left: math.MaxInt64}
	if f.zip != nil {
		b.left = 4<<20 + expands*f.size
	}
	return b
}

type boundedReader struct {
	file *file
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.file.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, failIn(b.file.name, ErrFormat, "it unpacks to more than %d times its size: unpack it to a .csv file if that is "+
			"meant", expands)
	}
	return n, err
}

func (f *file) Close() error { return f.disk.Close() }
