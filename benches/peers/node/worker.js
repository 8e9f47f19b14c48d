// Reads and writes sessions as ordered on standard input: see languages.rs. The argument says with which package.

import { createInterface } from "node:readline";

const SECRET = "5f1c0a7b93de4862c1b7a9e0d3f46825";

// The package is a middleware: it reads when a handler asks for the session, and writes with the head of the response.
async function cookieSession() {
  const { default: middleware } = await import("cookie-session");
  const session = middleware({ name: "session", keys: [SECRET], maxAge: 2 * 60 * 60 * 1000 });

  class Response {
    headers = new Map();
    getHeader(name) { return this.headers.get(name.toLowerCase()); }
    setHeader(name, value) { this.headers.set(name.toLowerCase(), value); }
    writeHead() {}
  }

  function handle(cookie, handler) {
    const request = { headers: { cookie }, connection: {} };
    const response = new Response();
    session(request, response, () => handler(request));
    response.writeHead(200);
    return response;
  }

  return {
    write(values) {
      const response = handle(undefined, (request) => { request.session = values; });
      return response.getHeader("set-cookie").map((line) => line.split(";")[0]).join("; ");
    },
    read(cookie) {
      let values;
      handle(cookie, (request) => { values = request.session; });
      return values;
    },
  };
}

async function ironSession() {
  const { sealData, unsealData } = await import("iron-session");
  const options = { password: SECRET, ttl: 2 * 60 * 60 };
  return {
    write: (values) => sealData(values, options),
    read: (seal) => unsealData(seal, options),
  };
}

const peers = { "cookie-session": cookieSession, "iron-session": ironSession };
const peer = await peers[process.argv[2]]();
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const sessions = JSON.parse((await lines.next()).value);
const cookies = {};
for (const [size, values] of Object.entries(sessions)) {
  cookies[size] = [];
  for (const value of values) cookies[size].push(await peer.write(value));
  const read = await peer.read(cookies[size][0]);
  if (read.user_id !== values[0].user_id) throw new Error("it does not read what it wrote");
}

for await (const line of lines) {
  const [verb, size, turns] = line.split(" ");
  const values = verb === "read" ? cookies[size] : sessions[size];
  const once = peer[verb];
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < Number(turns); turn++) {
    const result = once(values[turn % values.length]);
    // What is no promise is not waited for.
    if (result instanceof Promise) await result;
  }
  console.log(String(process.hrtime.bigint() - start));
}
