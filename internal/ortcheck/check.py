"""Validates ONNX files against the standard: checker and strict shape and type inference.

Reads paths from the arguments; prints one line for each file that is refused; exits 1 if there was one.
"""

import sys

import onnx
from onnx import checker

refused = False
for path in sys.argv[1:]:
    try:
        checker.check_model(onnx.load(path), full_check=True)
    except Exception as e:  # the checker's errors have no common base class
        refused = True
        print(f"{path}: {' '.join(str(e).split())}")
sys.exit(refused)
