#!/usr/bin/env bash
# A disk that is really full while a checkpoint is written: fulldisk.sh GTRAIN
# Needs to mount a small tmpfs, as root in a container may; where it may not, a limit on the size of files stands in.
set -euo pipefail
gtrain=$(realpath "$1")
work=$(mktemp -d)
trap 'umount "$work/disk" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/disk"
train() { "$gtrain" train -q --data digits --schedule constant "$@"; }

full=yes
mount -t tmpfs -o size=2m tmpfs "$work/disk" 2>/dev/null || full=no
cd "$work/disk"
train --epochs 2 --out run >/dev/null
cp -r run/last "$work/last"

set +e
if [ $full = yes ]; then
	dd if=/dev/zero of=filler bs=4k 2>/dev/null # until nothing fits any more
	truncate -s -24k filler # enough for config.yaml, not for a checkpoint
	train --epochs 4 --resume --out run >"$work/out" 2>"$work/err"
else
	(ulimit -f 16 && exec "$gtrain" train -q --epochs 4 --resume --out run) >"$work/out" 2>"$work/err"
fi
code=$?
set -e
cat "$work/err"
[ $code = 1 ] || { echo "exit code $code, want 1"; exit 1; }
[ "$(wc -l <"$work/err")" = 1 ] || { echo "not one line on stderr"; exit 1; }
[ ! -s "$work/out" ] || { echo "something on stdout"; exit 1; }
grep -qE 'checkpoint run/(last|best).*(no space left|file too large)' "$work/err" || { echo "the error does not name the checkpoint"; exit 1; }
diff -r run/last "$work/last" || { echo "the last checkpoint has changed"; exit 1; }

rm -f filler
train --epochs 4 --resume --out run >/dev/null
cd "$work"
train --epochs 4 --out whole >/dev/null
cmp disk/run/model.onnx whole/model.onnx
echo "the checkpoint survived a full disk (tmpfs: $full), and the training went on from it"
