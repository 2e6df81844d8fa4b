#!/bin/sh
# Times gtrain and its peers side by side and prints markdown tables on stdout. Flags are passed on: -quick to see
# whether everything works (half a minute), -rounds, -seconds, -only train,infer,gemm, -networks lenet-5, -gomlx=false; -h lists them.
#
# It installs nothing. It needs
#   Go, a C compiler and OpenBLAS with its header       (Debian: build-essential, libopenblas-dev)
#   python3 with PyTorch and numpy                       (Debian: python3-torch); PYTHON names another interpreter,
#                                                        and PYTHON= leaves PyTorch out
#   ONNX Runtime's libonnxruntime.so.1, API 24 or later  (in the npm package onnxruntime-node, under bin/); its path in
#                                                        ONNXRUNTIME_LIBRARY; unset leaves ONNX Runtime out
# The other peers, Gorgonia, gonum and GoMLX, are Go modules.
#
# Let nothing else run meanwhile: the rounds even out short disturbances, not a busy machine.
set -eu
cd "$(dirname "$0")"
binary=$(mktemp -d)
trap 'rm -rf "$binary"' EXIT INT TERM
go build -o "$binary/peers" .
"$binary/peers" -python "${PYTHON-python3}" -ort "${ONNXRUNTIME_LIBRARY:-}" "$@"
