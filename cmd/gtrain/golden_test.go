package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gtrain/gtrain/internal/kernels"
	"github.com/gtrain/gtrain/models"
)

// Small jobs whose results are known to the bit, with the first half of the SHA-256 of all parameters, states and
// constants of the model, by instruction set: these round differently. Convolutions and attention take too long with the
// portable one. A model is named by the directory that it is written to; a later job prunes it.
//
// A change that only restructures the code leaves every hash as it is. Update one only with a change that is meant to
// give other numbers, such as another default, initialization, approximation or order of sums, and say in its commit
// which jobs give others and why; the rest must stay the same.
var golden = []struct {
	args string
	want map[string]string
}{
	{"train -q --data iris --epochs 4 --optimizer adam --seed 7 --out iris", map[string]string{"portable": "0be5bebd05bcfb8f536297a382634483", "avx2": "4dc54a2ab798a3e4ce0b2146899af296", "avx512": "4dc54a2ab798a3e4ce0b2146899af296"}},
	{"train -q --data iris --epochs 3 --optimizer rprop --seed 7 --out rprop", map[string]string{"portable": "fc92bb98b29d371400489cb2c49190e3", "avx2": "fc92bb98b29d371400489cb2c49190e3", "avx512": "fc92bb98b29d371400489cb2c49190e3"}},
	{"train -q --data wine --epochs 3 --optimizer sgd --schedule cosine --clip-norm 1 --seed 2 --out wine", map[string]string{"portable": "438ce22d63553feda457a425a3b55501", "avx2": "721481924615ed99cbba492a40162b62", "avx512": "721481924615ed99cbba492a40162b62"}},
	{"train -q --data breast_cancer --epochs 3 --optimizer nadam --model logistic --scaling minmax --out logistic", map[string]string{"portable": "404d3c9bc472159e31d94ba575be27e0", "avx2": "c38fa6d2af7ca717d593121804eb66bd", "avx512": "c38fa6d2af7ca717d593121804eb66bd"}},
	{"train -q --data diabetes --epochs 3 --optimizer rmsprop --loss huber --out diabetes", map[string]string{"portable": "f38ade2bee61044de1e0b18b0ed5c15e", "avx2": "12eb090e992442e8c129ac6e4a19f88a", "avx512": "12eb090e992442e8c129ac6e4a19f88a"}},
	{"train -q --data digits --epochs 1 --optimizer radam --label-smoothing 0.1 --model mlp:32 --out digits", map[string]string{"portable": "5a170115c2218ae3f34aae311a6c7902", "avx2": "ded6c439cff8ec1de40db449c7aa931c", "avx512": "ded6c439cff8ec1de40db449c7aa931c"}},
	{"train -q --data digits --epochs 1 --batch 128 --model cnn-small --out cnn", map[string]string{"avx2": "371990a68bbfcc284879b1e60172a3b1", "avx512": "4a7e484976ac973811f454bea862cf4a"}},
	{"train -q --data digits --epochs 1 --batch 128 --model transformer-mini --out transformer", map[string]string{"avx2": "8a02a9027aeb31f1bbd40ae40a2b2eec", "avx512": "b30e579d435fb7d257256262b9defd0c"}},
	{"prune -q iris --data iris --finetune-epochs 1 --criterion mutual-information --amount 0.5 --out iris-mi", map[string]string{"portable": "83d776a7e29e03f37be13b570af07433", "avx2": "6d1e259cf46e033db2ca77343b7a8975", "avx512": "6d1e259cf46e033db2ca77343b7a8975"}},
	{"prune -q wine --data wine --finetune-epochs 1 --criterion taylor --scope global --amount 0.4 --fold-bias --out wine-taylor", map[string]string{"portable": "a8ddf50db3ab1844656baf6b8bebfb41", "avx2": "ac0354d8796bf9e770e31eca6166a6e4", "avx512": "ac0354d8796bf9e770e31eca6166a6e4"}},
	{"prune -q diabetes --data diabetes --finetune-epochs 1 --rounds 2 --prune-schedule cubic --criterion l2 --method mask --out diabetes-l2", map[string]string{"portable": "a76d38d6abcb4603f22d805252bc0ab6", "avx2": "f8b768854402b114a8c7154d088e8b86", "avx512": "f8b768854402b114a8c7154d088e8b86"}},
}

// hashOf is that of the numbers in a model's file.
func hashOf(t *testing.T, path string) string {
	t.Helper()
	m, err := models.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	var b [4]byte
	for _, n := range m.Net.Tensors() {
		x, ok := n.Value().Data().([]float32)
		if !ok {
			continue
		}
		for _, v := range x {
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
			h.Write(b[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Known results are the same to the bit with every instruction set that this processor has.
func TestGolden(t *testing.T) {
	was := kernels.ISA()
	t.Cleanup(func() {
		if err := kernels.SetISA(was); err != nil {
			t.Error(err)
		}
	})
	for _, isa := range kernels.ISAs() {
		if err := kernels.SetISA(isa); err != nil {
			t.Fatal(err)
		}
		t.Chdir(t.TempDir())
		for _, job := range golden {
			want, timely := job.want[isa]
			if !timely {
				continue
			}
			args := strings.Fields(job.args)
			var out, said bytes.Buffer
			if code := execute(context.Background(), args, streams{out: &out, err: &said}); code != exitOK {
				t.Fatalf("%s, gtrain %s: exit code %d: %s", isa, job.args, code, said.String())
			}
			dir := args[slices.Index(args, "--out")+1]
			if got := hashOf(t, filepath.Join(dir, "model.onnx")); got != want {
				t.Errorf("%s, gtrain %s: the model has hash %q, want %q", isa, job.args, got, want)
			}
		}
	}
}
