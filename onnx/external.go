package onnx

import (
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gtrain/gtrain/onnx/internal/pb"
	"github.com/pkg/errors"
)

// externalFiles reads the tensors of a model that stand in files beside it, as exporters write models of more than two
// gigabytes. Only regular files in the model's folder, or below it, are read: neither ".." nor a link leads out of it.
type externalFiles struct {
	root  *os.Root
	sizes map[string]int64 // of the files that were named
	left  int64            // bytes of them that are not read yet
	read  int
}

// besides gives access to the files in the folder of path.
func besides(path string) (*externalFiles, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return &externalFiles{root: root, sizes: map[string]int64{}}, nil
}

// taken is how many bytes were read so far.
func (e *externalFiles) taken() int {
	if e == nil {
		return 0
	}
	return e.read
}

// bytes reads the data of tensor t, which has so many bytes by its dimensions. A file's bytes are read once in all:
// many tensors that claim the same ones would take more memory than there is data.
func (e *externalFiles) bytes(t *pb.TensorProto, want int) ([]byte, error) {
	if e == nil {
		return nil, unsupportedf("tensor %q is stored outside the file (external data), which is read by Load alone",
			t.GetName())
	}
	name, offset, err := placeOf(t, want)
	if err != nil {
		return nil, err
	}
	info, err := e.root.Stat(name) // first: opening what is no file may wait forever
	if err == nil && !info.Mode().IsRegular() {
		return nil, invalidf("tensor %q is stored in %q (external data), which is not a file", t.GetName(), name)
	}
	var f *os.File
	if err == nil {
		f, err = e.root.Open(name)
	}
	if err != nil {
		return nil, invalidf("tensor %q is stored in %q (external data), which cannot be read in the model's folder: %v",
			t.GetName(), name, unwrapPath(err))
	}
	defer f.Close()
	size, ok := e.sizes[name]
	if !ok {
		size = info.Size()
		e.sizes[name] = size
		e.left += size
	}
	if offset > size || int64(want) > size-offset {
		return nil, faultf(ErrDamaged, "tensor %q has %d bytes from byte %d of %q, which has %d bytes", t.GetName(), want,
			offset, name, size)
	}
	if e.left -= int64(want); e.left < 0 {
		return nil, unsupportedf("tensor %q shares its bytes in %q with others", t.GetName(), name)
	}
	b := make([]byte, want)
	if _, err := io.ReadFull(io.NewSectionReader(f, offset, int64(want)), b); err != nil {
		return nil, faultf(ErrDamaged, "tensor %q in %q: %v", t.GetName(), name, err)
	}
	e.read += want
	return b, nil
}

// placeOf reads where a tensor is stored.
func placeOf(t *pb.TensorProto, want int) (name string, offset int64, err error) {
	for _, p := range t.GetExternalData() {
		v := p.GetValue()
		switch p.GetKey() {
		case "location":
			name = filepath.FromSlash(v)
		case "offset", "length":
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || n < 0 {
				return "", 0, invalidf("tensor %q: %s of its external data is %q", t.GetName(), p.GetKey(), v)
			}
			if p.GetKey() == "offset" {
				offset = n
			} else if n != int64(want) {
				return "", 0, invalidf("tensor %q has %d bytes of external data where its dimensions ask for %d", t.GetName(), n,
					want)
			}
		case "checksum": // SHA-1 of the file, which few exporters write
		default:
			return "", 0, unsupportedf("tensor %q: key %q of its external data is not known", t.GetName(), p.GetKey())
		}
	}
	if !filepath.IsLocal(name) {
		return "", 0, invalidf("tensor %q is stored in %q (external data), outside of the model's folder", t.GetName(), name)
	}
	return name, offset, nil
}

// unwrapPath leaves out the path, which the message has already.
func unwrapPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
