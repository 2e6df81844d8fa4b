#!/usr/bin/env bash
# Makes matrices/progress.json: the state of a training as it was written when every epoch's record had the scores of each
# class and the confusion matrix. Run it in a clone that has the project's history.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git -C "$(git -C "$here" rev-parse --show-toplevel)" archive 9a95c67 | tar -x -C "$work"
cd "$work"
go run ./cmd/gtrain train -q --data iris --model mlp:4 --epochs 2 --seed 1 --out run
cp run/last/progress.json "$here/matrices/"
