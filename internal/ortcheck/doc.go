// Package ortcheck lets tests ask two independent judges about an ONNX file: ONNX Runtime, which computes its outputs,
// and the checker of the onnx Python package, which validates it against the standard.
//
// ONNX Runtime runs in Node, from the npm package onnxruntime-node; to install it anywhere and point the tests at it:
//
//	npm install --prefix DIR --ignore-scripts onnxruntime-node
//	export GTRAIN_ORT_NODE_MODULES=DIR/node_modules
//
// NODE_PATH is searched as well. The checker needs a Python that can import onnx; GTRAIN_PYTHON names it, otherwise
// /usr/bin/python3 and the python3 on PATH are tried.
//
// Where a judge is missing the test is skipped with a message that says how to get it. Under continuous integration
// (CI=true) it fails, so that nothing goes unproven unnoticed.
package ortcheck
