// Package random is the one source of randomness: every shuffle, initialiser, dropout mask and split derives its own
// generator from the run's seed and the name of what it is for.
//
// Two purposes never share a stream, so adding a draw in one place changes nothing elsewhere, and the same seed gives
// the same bits on every machine.
package random

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
)

// Seed derives a 64-bit seed from a parent seed and the parts of a purpose ("shuffle", "epoch 3").
// The parts are length-prefixed before hashing (FNV-1a), so ("ab","c") and ("a","bc") differ; SplitMix64's finaliser
// spreads the result (Steele et al. 2014, "Fast Splittable Pseudorandom Number Generators").
func Seed(seed uint64, purpose ...string) uint64 {
	h := fnv.New64a()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], seed)
	h.Write(b[:])
	for _, p := range purpose {
		binary.LittleEndian.PutUint64(b[:], uint64(len(p)))
		h.Write(b[:])
		h.Write([]byte(p))
	}
	return mix(h.Sum64())
}

// New returns a generator for one purpose. It is not safe for concurrent use.
func New(seed uint64, purpose ...string) *rand.Rand {
	s := Seed(seed, purpose...)
	return rand.New(rand.NewPCG(s, mix(s+0x9e3779b97f4a7c15)))
}

// Bits returns the i-th 64-bit word of the stream that key selects: a counter-based generator, so that any element
// can be drawn without the ones before it (dropout regenerates its mask in the backward pass instead of storing it).
func Bits(key, i uint64) uint64 { return mix(key + (i+1)*0x9e3779b97f4a7c15) }

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
