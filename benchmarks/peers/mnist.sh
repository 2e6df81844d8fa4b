#!/bin/sh
# Times ten epochs of LeNet-300-100 on MNIST at batch 128 in gtrain and in PyTorch, in turn: mnist.sh DIRECTORY [ROUNDS].
# DIRECTORY holds MNIST's gzipped IDX files. PYTHON names the interpreter with PyTorch.
set -eu
dir=$1 rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM
(cd "$here/../.." && go build -o "$tmp/gtrain" ./cmd/gtrain)
for _ in $(seq "$rounds"); do
	start=$(date +%s.%N)
	"$tmp/gtrain" train -q --data "$dir" --model lenet-300-100 --optimizer adam --epochs 10 --batch 128 --out "$tmp/run" --force >"$tmp/out"
	end=$(date +%s.%N)
	echo "gtrain: whole process $(awk "BEGIN {printf \"%.2f\", $end - $start}") s; $(grep -E '^(lenet|accuracy)' "$tmp/out" | tr -s ' ' | tr '\n' ' ')"
	for threads in 1 2; do
		echo "PyTorch, $threads threads: $(${PYTHON:-python3} "$here/mnist.py" "$dir" 10 $threads)"
	done
done
