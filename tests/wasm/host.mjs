// What a worker's host does with the module of ./worker: node host.mjs MODULE
// It has no clock and nothing random to give, and fails if the module asks for either.
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";

const module = await WebAssembly.compile(await readFile(process.argv[2]));

// WebAssembly without a system imports nothing. With one, the standard library names what it would need to report a panic.
const FORBIDDEN = /clock|random|poll|sched|sock/;
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  if (FORBIDDEN.test(name)) throw new Error(`the module imports ${name}`);
  imports[from] ??= {};
  imports[from][name] = () => {
    throw new Error(`the module calls ${name}`);
  };
}
const { exports } = await WebAssembly.instantiate(module, imports);
exports._initialize?.();

function ask(question) {
  for (const byte of new TextEncoder().encode(JSON.stringify(question))) exports.push(byte);
  exports.ask();
  const bytes = [];
  for (let byte = exports.pop(); byte >= 0; byte = exports.pop()) bytes.push(byte);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(bytes)));
}

function expect(found, wanted, what) {
  const holds = wanted instanceof RegExp ? wanted.test(found) : isDeepStrictEqual(found, wanted);
  if (!holds) throw new Error(`${what}: ${JSON.stringify(found)}, not ${wanted instanceof RegExp ? wanted : JSON.stringify(wanted)}`);
}

// The key of the first test: what it is does not matter.
const vectors = JSON.parse(await readFile(new URL("../../vectors/native.json", import.meta.url)));
const key = vectors.testGroups[0].keys[0];
const now = 1_750_000_000;

let count = 0;
for (const { tests, ...group } of vectors.testGroups) {
  for (const test of tests) {
    const found = ask({ what: "open", group, test });
    for (const [name, value] of Object.entries(found)) expect(value, test[name], `${name} of ${test.tcId}: ${test.comment}`);
    expect(found.result, test.result, `test ${test.tcId}`);
    count += 1;
  }
}
expect(count, vectors.numberOfTests, "the number of public vectors");

const cookie = ask({ what: "log in", key, now });
expect(ask({ what: "read", key, now: now + 60, cookie }), 42, "a minute after logging in");
expect(ask({ what: "read", key, now: now + 24 * 60 * 60, cookie }), null, "a day after logging in");
expect(ask({ what: "token", key, now }), ["ada", "expired"], "a token with a clock, and without one");
expect(ask({ what: "build without a clock", key }), /no clock.*`clock`/, "sessions without a clock");
expect(ask({ what: "make a key" }), /random/, "a new key");
expect(ask({ what: "form", key, now }), /random/, "a token for a form");

console.log(`${count} public vectors and 7 other answers, ${Object.keys(imports).length ? "nothing asked of the system" : "nothing imported"}`);
