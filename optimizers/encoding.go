package optimizers

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash"
	"hash/crc32"
	"io"
	"math"

	"github.com/pkg/errors"
)

// The file: 8 bytes of magic, the header's length and its CRC-32C (uint32 each, little-endian like everything), the
// header as JSON, the data (the slots, then the numbers of each parameter in turn) and the CRC-32C of the data.
// The same state always gives the same bytes.
const (
	stateMagic  = "gtropt1\n"
	maxHeader   = 1 << 26
	maxElements = 1 << 40
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type stateHeader struct {
	Optimizer string        `json:"optimizer"`
	Step      int           `json:"step"`
	Params    []paramHeader `json:"params"`
	Solver    *[]byte       `json:"solver,omitempty"`
}

type paramHeader struct {
	Name    string   `json:"name"`
	Shape   []int    `json:"shape"`
	DType   string   `json:"dtype"`
	Step    int      `json:"step"`
	Slots   []string `json:"slots"`
	Numbers []string `json:"numbers,omitempty"`
}

// WriteTo writes the state to w in the package's binary format, which [ReadState] reads. It returns the number of bytes
// written, as io.WriterTo wants.
func (s *State) WriteTo(w io.Writer) (int64, error) {
	h := stateHeader{Optimizer: s.Optimizer, Step: s.Step, Params: make([]paramHeader, 0, len(s.Params))}
	for i := range s.Params {
		p := &s.Params[i]
		ph := paramHeader{Name: p.Name, Shape: p.Shape, DType: p.DType, Step: p.Step, Slots: []string{}}
		if ph.Shape == nil {
			ph.Shape = []int{}
		}
		for _, sl := range p.Slots {
			if !sl.fits(p) {
				return 0, errors.Wrapf(ErrState, "parameter %q: slot %q does not fit shape %v and %s",
					p.Name, sl.Name, p.Shape, p.DType)
			}
			ph.Slots = append(ph.Slots, sl.Name)
		}
		for _, n := range p.Numbers {
			ph.Numbers = append(ph.Numbers, n.Name)
		}
		h.Params = append(h.Params, ph)
	}
	if s.Solver != nil {
		h.Solver = &s.Solver
	}
	header, err := json.Marshal(h)
	if err != nil {
		return 0, errors.Wrap(err, "encode optimizer state")
	}
	if len(header) > maxHeader {
		return 0, errors.Wrapf(ErrState, "header of %d bytes, at most %d are possible", len(header), maxHeader)
	}
	out := &countingWriter{w: w, crc: crc32.New(castagnoli)}
	buf := bufio.NewWriterSize(out, 1<<16)
	var word [8]byte
	buf.WriteString(stateMagic)
	binary.LittleEndian.PutUint32(word[:], uint32(len(header)))
	binary.LittleEndian.PutUint32(word[4:], crc32.Checksum(header, castagnoli))
	buf.Write(word[:])
	buf.Write(header)
	if err := buf.Flush(); err != nil {
		return out.n, errors.Wrap(err, "write optimizer state")
	}
	out.crc.Reset() // from here on the data
	for i := range s.Params {
		for _, sl := range s.Params[i].Slots {
			for _, v := range sl.F32 {
				binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
				buf.Write(word[:4])
			}
			for _, v := range sl.F64 {
				binary.LittleEndian.PutUint64(word[:], math.Float64bits(v))
				buf.Write(word[:])
			}
		}
		for _, n := range s.Params[i].Numbers {
			binary.LittleEndian.PutUint64(word[:], math.Float64bits(n.Value))
			buf.Write(word[:])
		}
	}
	if err := buf.Flush(); err != nil { // a bufio.Writer keeps its first error for this
		return out.n, errors.Wrap(err, "write optimizer state")
	}
	binary.LittleEndian.PutUint32(word[:], out.crc.Sum32())
	buf.Write(word[:4])
	err = errors.Wrap(buf.Flush(), "write optimizer state")
	return out.n, err
}

// fits reports whether the slot has as many entries as its parameter, in the parameter's dtype.
func (s *Slot) fits(p *ParamState) bool {
	have, other := len(s.F64), len(s.F32)
	if p.DType == "float32" {
		have, other = other, have
	}
	return have == volume(p.Shape) && other == 0
}

type countingWriter struct {
	w   io.Writer
	n   int64
	crc hash.Hash32
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.crc.Write(p[:n])
	return n, err
}

// ReadState reads what [State.WriteTo] wrote and nothing beyond it. Truncated or damaged data, down to a single bit, is
// an error that wraps [ErrCorrupt].
func ReadState(r io.Reader) (*State, error) {
	var start [len(stateMagic) + 8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return nil, damaged(err, "its beginning")
	}
	if string(start[:len(stateMagic)]) != stateMagic {
		return nil, errors.Wrap(ErrCorrupt, "no optimizer state: it does not begin with \"gtropt1\"")
	}
	size := binary.LittleEndian.Uint32(start[len(stateMagic):])
	if size > maxHeader {
		return nil, errors.Wrapf(ErrCorrupt, "header of %d bytes", size)
	}
	header, err := readN(r, int64(size))
	if err != nil {
		return nil, damaged(err, "its header")
	}
	if crc32.Checksum(header, castagnoli) != binary.LittleEndian.Uint32(start[len(stateMagic)+4:]) {
		return nil, errors.Wrap(ErrCorrupt, "the checksum of its header is wrong")
	}
	var h stateHeader
	d := json.NewDecoder(bytes.NewReader(header))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return nil, errors.Wrapf(ErrCorrupt, "header: %v", err)
	}
	s := &State{Optimizer: h.Optimizer, Step: h.Step, Params: make([]ParamState, 0, len(h.Params))}
	if h.Solver != nil {
		s.Solver = *h.Solver
	}
	sum := crc32.New(castagnoli)
	data := io.TeeReader(r, sum)
	for _, ph := range h.Params {
		p, err := readParam(data, ph)
		if err != nil {
			return nil, err
		}
		s.Params = append(s.Params, p)
	}
	want := sum.Sum32()
	var tail [4]byte
	if _, err := io.ReadFull(r, tail[:]); err != nil {
		return nil, damaged(err, "its end")
	}
	if binary.LittleEndian.Uint32(tail[:]) != want {
		return nil, errors.Wrap(ErrCorrupt, "the checksum of its data is wrong")
	}
	return s, nil
}

func readParam(r io.Reader, h paramHeader) (ParamState, error) {
	p := ParamState{Name: h.Name, Shape: h.Shape, DType: h.DType, Step: h.Step}
	width := map[string]int64{"float32": 4, "float64": 8}[h.DType]
	size := int64(1)
	for _, d := range h.Shape {
		if d < 0 || d > 0 && size > maxElements/int64(d) {
			return p, errors.Wrapf(ErrCorrupt, "parameter %q: shape %v", h.Name, h.Shape)
		}
		size *= int64(d)
	}
	if width == 0 {
		return p, errors.Wrapf(ErrCorrupt, "parameter %q: dtype %q", h.Name, h.DType)
	}
	for _, name := range h.Slots {
		raw, err := readN(r, size*width)
		if err != nil {
			return p, damaged(err, "slot "+name+" of parameter "+h.Name)
		}
		slot := Slot{Name: name}
		if width == 4 {
			slot.F32 = make([]float32, size)
			for i := range slot.F32 {
				slot.F32[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			}
		} else {
			slot.F64 = make([]float64, size)
			for i := range slot.F64 {
				slot.F64[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
			}
		}
		p.Slots = append(p.Slots, slot)
	}
	for _, name := range h.Numbers {
		raw, err := readN(r, 8)
		if err != nil {
			return p, damaged(err, "number "+name+" of parameter "+h.Name)
		}
		p.Numbers = append(p.Numbers, Number{name, math.Float64frombits(binary.LittleEndian.Uint64(raw))})
	}
	return p, nil
}

// readN reads n bytes. It grows as they arrive, so that a length that lies costs nothing.
func readN(r io.Reader, n int64) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.CopyN(&b, r, n)
	return b.Bytes(), err
}

func damaged(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.Wrapf(ErrCorrupt, "it ends in the middle of %s", where)
	}
	return errors.Wrapf(err, "read optimizer state: %s", where)
}
