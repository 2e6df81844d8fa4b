package data

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// epoch collects the batches up to the end of the epoch.
func epoch(b *Batches) (batches [][]int) {
	for idx, ok := b.Next(); ok; idx, ok = b.Next() {
		batches = append(batches, slices.Clone(idx))
	}
	return batches
}

func TestBatchesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfNDistinct(rapid.IntRange(0, 500), 1, 100, rapid.ID).Draw(t, "rows")
		size := rapid.IntRange(1, 120).Draw(t, "size")
		seed := rapid.Uint64().Draw(t, "seed")
		b, err := NewBatches(rows, size, seed)
		if err != nil {
			t.Fatal(err)
		}
		var cursors []Cursor
		var all [][]int
		for e := range 3 {
			var seen []int
			for n := 0; ; n++ {
				c := b.Cursor()
				idx, ok := b.Next()
				if !ok {
					if n != b.Len() {
						t.Fatalf("%d batches, want %d", n, b.Len())
					}
					break
				}
				if c != (Cursor{e, n}) {
					t.Fatalf("cursor %v at batch %d of epoch %d", c, n, e)
				}
				if want := min(size, len(rows)-n*size); len(idx) != want {
					t.Fatalf("a batch of %d, want %d", len(idx), want)
				}
				cursors, all = append(cursors, c), append(all, slices.Clone(idx))
				seen = append(seen, idx...)
			}
			want := slices.Clone(rows)
			slices.Sort(want)
			if slices.Sort(seen); !slices.Equal(seen, want) {
				t.Fatalf("epoch %d has rows %v, want %v", e, seen, want)
			}
		}
		// From any cursor on, another walker gives the same batches.
		from := rapid.IntRange(0, len(all)-1).Draw(t, "from")
		again, err := NewBatches(rows, size, seed)
		if err == nil {
			err = again.Seek(cursors[from])
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range all[from:] {
			idx, ok := again.Next()
			if !ok {
				idx, ok = again.Next()
			}
			if !ok || !slices.Equal(idx, want) {
				t.Fatalf("resumed with %v, want %v", idx, want)
			}
		}
	})
}

func TestBatchesOrder(t *testing.T) {
	rows := identity(100)
	b, err := NewBatches(rows, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	first, second := slices.Concat(epoch(b)...), slices.Concat(epoch(b)...)
	if slices.Equal(first, second) || slices.IsSorted(first) {
		t.Error("epochs are not shuffled anew")
	}
	other, _ := NewBatches(rows, 7, 2)
	if slices.Equal(first, slices.Concat(epoch(other)...)) {
		t.Error("another seed gives the same order")
	}
	s, err := NewSequentialBatches([]int{5, 3, 8}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := slices.Concat(epoch(s)...); !slices.Equal(got, []int{5, 3, 8}) {
			t.Errorf("sequential: %v", got)
		}
	}
}

func TestBatchesErrors(t *testing.T) {
	_, err := NewBatches([]int{1}, 0, 0)
	wantError(t, err, ErrOption, "a batch of 0 rows: at least 1 is needed")
	_, err = NewSequentialBatches(nil, 1)
	wantError(t, err, ErrOption, "no rows to make batches of")
	b, err := NewBatches(identity(10), 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Cursor{{-1, 0}, {0, -1}, {0, 4}} {
		if b.Seek(c) == nil {
			t.Errorf("went to %v", c)
		}
	}
	if err := b.Seek(Cursor{2, 3}); err != nil {
		t.Error(err)
	}
	if idx, ok := b.Next(); ok || b.Cursor() != (Cursor{3, 0}) {
		t.Errorf("%v at the end of an epoch, then %v", idx, b.Cursor())
	}
}

func TestGather(t *testing.T) {
	d := load(t, "iris", Options{})
	idx := []int{149, 0, 75}
	x, labels := make([]float32, 12), make([]int, 3)
	if err := d.Gather(x, labels, idx); err != nil {
		t.Fatal(err)
	}
	for k, r := range idx {
		if !slices.Equal(x[4*k:4*k+4], d.Row(r)) || labels[k] != d.Labels[r] {
			t.Errorf("row %d: %v, label %d", r, x[4*k:4*k+4], labels[k])
		}
	}
	r := load(t, "diabetes", Options{})
	targets := make([]float32, 2)
	if err := r.GatherTargets(targets, []int{441, 0}); err != nil || !slices.Equal(targets, []float32{57, 151}) {
		t.Errorf("targets %v, %v", targets, err)
	}
	for message, err := range map[string]error{
		"a buffer of 11 values is too short for 3 rows of 4 features": d.Gather(x[:11], nil, idx),
		"a buffer of 2 is too short for 3 rows":                       d.Gather(x, labels[:2], idx),
		"row 150 is not one of the 150 rows of iris":                  d.Gather(x, nil, []int{150}),
		"row -1 is not one of the 150 rows of iris":                   d.Gather(x, nil, []int{-1}),
		"row 0 has no label or target: iris has 0":                    d.GatherTargets(targets, []int{0}),
		"row 1 has no label or target: diabetes has 0":                r.Gather(make([]float32, 10), labels, []int{1}),
	} {
		wantError(t, err, ErrOption, message)
	}
}

// A step of training allocates nothing here.
func TestBatchAllocations(t *testing.T) {
	d := load(t, "iris", Options{})
	b, err := NewBatches(identity(150), 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	x, labels := make([]float32, 8), make([]int, 2)
	if n := testing.AllocsPerRun(60, func() {
		idx, _ := b.Next()
		if d.Gather(x, labels, idx) != nil {
			t.Fatal("cannot gather")
		}
	}); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

// The bits of an order are part of the contract: a run resumes in the middle of an epoch, perhaps with a later version.
func TestBatchesGolden(t *testing.T) {
	b, err := NewBatches(identity(10), 10, 1)
	if err == nil {
		err = b.Seek(Cursor{Epoch: 3})
	}
	if err != nil {
		t.Fatal(err)
	}
	idx, _ := b.Next()
	if want := []int{6, 3, 7, 2, 9, 4, 1, 0, 8, 5}; !slices.Equal(idx, want) {
		t.Errorf("%v, want %v", idx, want)
	}
}
