package data

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gtrain/gtrain/internal/workers"
)

// labelColumn is the target's name in data read from IDX files, which have no names.
const labelColumn = "label"

// idxReader reads directories in MNIST's layout.
var idxReader = reader{
	Format: Format{"idx", "a directory with MNIST's files: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-…, plain or .gz; " +
		"idx4 for images with colors"},
	what:   "a directory of IDX files",
	detect: func(_ string, info fs.FileInfo) bool { return info != nil && info.IsDir() },
	read:   loadIDX,
}

// loadIDX reads a directory in MNIST's layout. Files of images are (images, rows, columns), or (images, rows, columns, channels)
// for images with colors, as picture files have them; features are in the order of networks, channel by channel.
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
	train, test := readIDXPart(dir, "train"), readIDXPart(dir, "t10k") // all four files at a time, with threads for it
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
	images                   *idxPixels
	labels                   *idx
	imagesError, labelsError error
}

// readIDXPart begins to read images and labels of one part, as many files at a time as threads allow. The function that it
// returns waits for them.
func readIDXPart(dir, part string) (wait func() *idxPart) {
	p := &idxPart{name: part}
	images := workers.AsideOrNow(func() {
		p.images, p.imagesError = readIDXFile(dir, part+"-images", []string{"idx3-ubyte", "idx4-ubyte"}, func(f *file) (*idxPixels, error) {
			return readIDXPixels(f, f.name, f.most(), f.likely())
		})
	})
	labels := workers.AsideOrNow(func() {
		p.labels, p.labelsError = readIDXFile(dir, part+"-labels", []string{"idx1-ubyte"}, func(f *file) (*idx, error) {
			return readIDX(f, f.name, f.most())
		})
	})
	return func() *idxPart {
		images()
		labels()
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

// newImages joins images and labels. The classes are the labels that occur, sorted, unless given.
func newImages(dir string, images *idxPixels, labels *idx, features, classes []string) (*Dataset, error) {
	shape, err := images.shape()
	switch {
	case err != nil:
		return nil, err
	case len(labels.dims) != 1:
		return nil, labels.bad("the labels have %d dimensions: 1 is needed", len(labels.dims))
	case images.dims[0] != labels.dims[0]:
		return nil, labels.bad("%d labels for the %d images of %s", labels.dims[0], images.dims[0],
			filepath.Base(images.file))
	}
	if classes == nil {
		classes = distinctLabels(labels.data)
		if len(classes) < 2 {
			return nil, failIn(labels.file, ErrTarget, "the labels have one class only: two are needed")
		}
	}
	names := pixelNames(shape[1], shape[2])
	if shape[0] > 1 {
		names = colorNames(shape[0], shape[1], shape[2])
		images.planar(shape[0])
	}
	if features != nil && !slices.Equal(features, names) {
		return nil, failIn(images.file, ErrSchema, "images of %s, and training has others", images.size())
	}
	d := &Dataset{Name: dir, Features: names, Task: Classification, Target: labelColumn, Classes: classes,
		X: images.values, Labels: make([]int, len(labels.data)), Fingerprint: images.fingerprint(labels)}
	index := labelIndex(classes)
	for i, v := range labels.data {
		if d.Labels[i] = index[v]; d.Labels[i] < 0 {
			return nil, failIn(labels.file, ErrSchema,
				"label %d is %d, a class that the training data has not: it has %s",
				i+1, v, strings.Join(classes, ", "))
		}
	}
	d.Schema = numericSchema(names, labelColumn, Classification, classes)
	d.Schema.Shape = shape
	return d, nil
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
