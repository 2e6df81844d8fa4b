package data

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"github.com/gtrain/gtrain/internal/workers"
)

// idxPixels is the content of one IDX file of images, as features.
type idxPixels struct {
	idxHeader
	values []float32
	hash   hash.Hash // of what identifies the images
}

// The values of a file pass in blocks from the goroutine that reads, and perhaps decompresses, to one that converts and
// hashes: so many that neither waits for the other's every pause.
const (
	pixelBlocks = 8
	pixelBlock  = 256 << 10
)

// readIDXPixels reads an IDX file of images. It converts the values while it goes on reading,
// where there is a thread for it. Of what the header
// promises within most, it allocates no more at first than is likely, and more only when more has come.
func readIDXPixels(r io.Reader, file string, most, likely int64) (*idxPixels, error) {
	head, err := readIDXHeader(r, file, most)
	if err != nil {
		return nil, err
	}
	p := newIDXPixels(head, int(min(int64(head.total), likely)))
	free, full := make(chan []byte, pixelBlocks), make(chan []byte, pixelBlocks)
	for range pixelBlocks {
		free <- make([]byte, min(pixelBlock, head.total))
	}
	converted, beside := workers.Aside(func() {
		for b := range full {
			p.add(b)
			free <- b[:cap(b)]
		}
	})
	for left := head.total; left > 0; {
		b := <-free
		b = b[:min(left, len(b))]
		if _, err = io.ReadFull(r, b); err != nil {
			break
		}
		left -= len(b)
		if !beside {
			p.add(b)
			free <- b[:cap(b)]
			continue
		}
		full <- b
	}
	close(full)
	if beside {
		converted()
	}
	if err != nil {
		return nil, readError(err, file)
	}
	return p, p.end(r)
}

// newIDXPixels reserves memory for some of the values that head promises.
func newIDXPixels(head *idxHeader, capacity int) *idxPixels {
	p := &idxPixels{idxHeader: *head, values: make([]float32, 0, capacity), hash: sha256.New()}
	hashStrings(p.hash, []string{"idx"})
	for _, n := range head.dims {
		hashUint(p.hash, uint64(n))
	}
	return p
}

// add appends values.
func (p *idxPixels) add(b []byte) {
	n := len(p.values)
	if need := n + len(b); need > cap(p.values) {
		more := make([]float32, min(p.total, max(need, 2*n)))
		copy(more, p.values)
		p.values = more[:n]
	}
	x := p.values[n : n+len(b)]
	p.values = p.values[:n+len(b)]
	for i, v := range b {
		x[i] = float32(v)
	}
	p.hash.Write(b)
}

// fingerprint identifies images and labels together. It can be asked for once.
func (p *idxPixels) fingerprint(labels *idx) string {
	p.hash.Write(labels.data)
	return hex.EncodeToString(p.hash.Sum(nil))
}

// shape is that of an image as networks take it, [channels, height, width].
func (p *idxPixels) shape() ([]int, error) {
	channels := 1
	switch len(p.dims) {
	case 3:
	case 4:
		if channels = p.dims[3]; p.dims[1] <= 4 && channels > 4 {
			return nil, p.bad("images of %s: channels come last (images, rows, columns, channels)", p.size())
		}
	default:
		return nil, p.bad("the images have %d dimensions: 3 are needed (images, rows, columns), or 4 (and channels)", len(p.dims))
	}
	if p.dims[1] > 1<<12 || p.dims[2] > 1<<12 || channels > 1<<12 {
		return nil, p.bad("images of %s: at most 4096×4096 are read", p.size())
	}
	return []int{channels, p.dims[1], p.dims[2]}, nil
}

// planar puts the values of each image into the order channel, row, column.
func (p *idxPixels) planar(channels int) {
	size := len(p.values) / p.dims[0]
	workers.Parallel(p.dims[0], max(1, 1<<16/size), func(lo, hi int) {
		image := make([]float32, size)
		for i := lo; i < hi; i++ {
			values := p.values[i*size : (i+1)*size]
			copy(image, values)
			for k := range channels {
				plane := values[k*size/channels : (k+1)*size/channels]
				for j := range plane {
					plane[j] = image[j*channels+k]
				}
			}
		}
	})
}
