// Runs ONNX models in ONNX Runtime. Reads from standard input
//   {"jobs": [{"model": path, "runs": [{"inputs": [{"name", "type", "dims", "data"}]}]}]}
// and writes to standard output, for each job,
//   {"jobs": [{"runs": [{"outputs": [{"name", "type", "dims", "data"}]}]}   or   {"error": message}]}
// where type is "float32", "float64" or "int64" and data is little-endian, in base64.
"use strict";

const types = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array };

function decode(ort, t) {
  const bytes = Buffer.from(t.data, "base64");
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return new ort.Tensor(t.type, new types[t.type](copy), t.dims);
}

function encode(name, t) {
  if (!(t.type in types)) throw new Error(`output ${name} has type ${t.type}`);
  const data = Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength).toString("base64");
  return { name, type: t.type, dims: t.dims.map(Number), data };
}

async function run(ort, job) {
  const session = await ort.InferenceSession.create(job.model, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const runs = [];
  for (const run of job.runs) {
    const feeds = {};
    for (const t of run.inputs) feeds[t.name] = decode(ort, t);
    const out = await session.run(feeds);
    runs.push({ outputs: session.outputNames.map((n) => encode(n, out[n])) });
  }
  await session.release();
  return { runs };
}

async function main() {
  const chunks = [];
  for await (const c of process.stdin) chunks.push(c);
  const request = JSON.parse(Buffer.concat(chunks).toString());
  const ort = require("onnxruntime-node");
  const jobs = [];
  for (const job of request.jobs) jobs.push(await run(ort, job).catch((e) => ({ error: String(e.message ?? e) })));
  process.stdout.write(JSON.stringify({ jobs }));
}

main();
