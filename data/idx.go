package data

import (
	"crypto/sha256"
	"encoding/hex"
	stderrors "errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gtrain/gtrain/internal/kernels"
)

// labelColumn is the target's name in data read from IDX files, which have no names.
const labelColumn = "label"

// idx is the content of one IDX file of unsigned bytes.
type idx struct {
	file string
	dims []int
	data []byte
}

// readIDX reads an IDX file (LeCun et al., the MNIST database): two zero bytes, the type (8: unsigned byte), the number
// of dimensions, each size as a big-endian uint32, then the values in row-major order. most is how many bytes the
// source can hold at the utmost: a header that promises more is refused before anything is allocated.
func readIDX(r io.Reader, file string, most int64) (*idx, error) {
	bad := func(format string, args ...any) error {
		return failIn(file, ErrFormat, format, args...)
	}
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, readError(err, file)
	}
	switch {
	case head[0] != 0 || head[1] != 0 || head[3] == 0:
		return nil, bad("not an IDX file: it starts with % x and not with 00 00", head)
	case head[2] != 8:
		return nil, bad("the values have IDX type 0x%02x: only unsigned bytes (0x08) are read", head[2])
	}
	sizes := make([]byte, 4*int(head[3]))
	if _, err := io.ReadFull(r, sizes); err != nil {
		return nil, readError(err, file)
	}
	x := &idx{file: file}
	total := int64(1)
	for i := 0; i < len(sizes); i += 4 {
		n := int64(sizes[i])<<24 | int64(sizes[i+1])<<16 | int64(sizes[i+2])<<8 | int64(sizes[i+3])
		if n == 0 {
			return nil, bad("the header promises a dimension of size 0")
		}
		if total > most/n {
			return nil, bad("the header promises more values than the file can hold: it is damaged or truncated")
		}
		total *= n
		x.dims = append(x.dims, int(n))
	}
	x.data = make([]byte, total)
	if _, err := io.ReadFull(r, x.data); err != nil {
		return nil, readError(err, file)
	}
	// Reading on to the end also makes gzip compare its checksum.
	switch n, err := io.ReadFull(r, head[:1]); {
	case n > 0:
		return nil, bad("the file goes on after the %d values that its header promises", total)
	case err != io.EOF:
		return nil, readError(err, file)
	}
	return x, nil
}

// loadIDX reads a directory in MNIST's layout.
func loadIDX(dir string, opt Options) (*Dataset, error) {
	if opt.Target != "" && opt.Target != labelColumn {
		return nil, fail(ErrOption, "%s: the target of IDX data is %q, not %q", dir, labelColumn, opt.Target)
	}
	if opt.Task == Regression {
		return nil, fail(ErrOption, "%s: the task of IDX data is classification", dir)
	}
	var classes []string // those of the labels that occur, unless a schema is to say later which there are
	if opt.Schema != nil {
		classes = byteNames
	}
	train, test := readIDXPart(dir, "train"), readIDXPart(dir, "t10k") // all four files at a time
	d, err := train().dataset(dir, nil, classes)
	if err != nil {
		test() // it is reading
		return nil, err
	}
	d.Schema.Impute = opt.Impute
	d.Test, err = test().dataset(dir, d.Features, d.Classes)
	if err != nil {
		return nil, err
	}
	if d.Test != nil {
		d.Test.Schema = d.Schema
	}
	if opt.Schema != nil {
		return d.conform(opt.Schema.Clone(), opt.IgnoreTarget)
	}
	return d, nil
}

// idxPart is what was read of one part of a directory; a file that does not exist is nil.
type idxPart struct {
	name                     string
	images, labels           *idx
	imagesError, labelsError error
}

// readIDXPart begins to read images and labels of one part. The function that it returns waits for them.
func readIDXPart(dir, part string) (wait func() *idxPart) {
	p := &idxPart{name: part}
	var reading sync.WaitGroup
	reading.Go(func() { p.images, p.imagesError = readIDXFile(dir, part+"-images", "idx3-ubyte") })
	reading.Go(func() { p.labels, p.labelsError = readIDXFile(dir, part+"-labels", "idx1-ubyte") })
	return func() *idxPart {
		reading.Wait()
		return p
	}
}

// dataset joins images and labels; nil if the directory has no test part. The test part has the features and classes of
// the training part.
func (p *idxPart) dataset(dir string, features, classes []string) (*Dataset, error) {
	switch {
	case p.imagesError != nil:
		return nil, p.imagesError
	case p.labelsError != nil:
		return nil, p.labelsError
	case p.images == nil && p.labels == nil && p.name != "train":
		return nil, nil
	case p.images == nil:
		return nil, failIn(dir, ErrFormat,
			"the directory has no %s-images-idx3-ubyte (plain or .gz): MNIST's IDX layout is read", p.name)
	case p.labels == nil:
		return nil, failIn(dir, ErrFormat, "the directory has no %s-labels-idx1-ubyte (plain or .gz)", p.name)
	}
	return newImages(dir, p.images, p.labels, features, classes)
}

// readIDXFile reads the file of that name, plain or .gz, with "-" or "." before its ending; nil if there is none.
func readIDXFile(dir, name, ending string) (*idx, error) {
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
		return readIDX(f, path, f.most())
	}
	return nil, nil
}

// newImages joins images and labels. The classes are the labels that occur, sorted, unless given.
func newImages(dir string, images, labels *idx, features, classes []string) (*Dataset, error) {
	bad := func(x *idx, format string, args ...any) error {
		return failIn(x.file, ErrFormat, format, args...)
	}
	switch {
	case len(images.dims) != 3:
		return nil, bad(images, "the images have %d dimensions: 3 are needed (images, rows, columns)", len(images.dims))
	case len(labels.dims) != 1:
		return nil, bad(labels, "the labels have %d dimensions: 1 is needed", len(labels.dims))
	case images.dims[0] != labels.dims[0]:
		return nil, bad(labels, "%d labels for the %d images of %s", labels.dims[0], images.dims[0],
			filepath.Base(images.file))
	case images.dims[1] > 1<<12 || images.dims[2] > 1<<12:
		return nil, bad(images, "images of %d×%d: at most 4096×4096 are read", images.dims[1], images.dims[2])
	}
	if classes == nil {
		classes = distinctLabels(labels.data)
		if len(classes) < 2 {
			return nil, failIn(labels.file, ErrTarget, "the labels have one class only: two are needed")
		}
	}
	names := pixelNames(images.dims[1], images.dims[2])
	if features != nil && !slices.Equal(features, names) {
		return nil, failIn(images.file, ErrSchema, "images of %d×%d, and training has others", images.dims[1],
			images.dims[2])
	}
	d := &Dataset{Name: dir, Features: names, Task: Classification, Target: labelColumn, Classes: classes,
		X: make([]float32, len(images.data)), Labels: make([]int, len(labels.data))}
	fingerprint := make(chan string)
	go func() { fingerprint <- idxFingerprint(images, labels) }()
	kernels.Parallel(len(d.X), 1<<18, func(lo, hi int) {
		x := d.X[lo:hi]
		for i, v := range images.data[lo:hi] {
			x[i] = float32(v)
		}
	})
	d.Fingerprint = <-fingerprint
	index := labelIndex(classes)
	for i, v := range labels.data {
		if d.Labels[i] = index[v]; d.Labels[i] < 0 {
			return nil, failIn(labels.file, ErrSchema,
				"label %d is %d, a class that the training data has not: it has %s",
				i+1, v, strings.Join(classes, ", "))
		}
	}
	d.Schema = numericSchema(names, labelColumn, Classification, classes)
	return d, nil
}

func idxFingerprint(images, labels *idx) string {
	h := sha256.New()
	hashStrings(h, []string{"idx"})
	for _, n := range images.dims {
		hashUint(h, uint64(n))
	}
	h.Write(images.data)
	h.Write(labels.data)
	return hex.EncodeToString(h.Sum(nil))
}

// byteNames are all the labels there can be.
var byteNames = func() (names []string) {
	for l := range 256 {
		names = append(names, strconv.Itoa(l))
	}
	return names
}()

// labelIndex is the place of every label among the classes, or −1.
func labelIndex(classes []string) (index [256]int) {
	for l, name := range byteNames {
		index[l] = slices.Index(classes, name)
	}
	return index
}

func distinctLabels(labels []byte) (classes []string) {
	var seen [256]bool
	for _, l := range labels {
		seen[l] = true
	}
	for l, ok := range seen {
		if ok {
			classes = append(classes, byteNames[l])
		}
	}
	return classes
}
