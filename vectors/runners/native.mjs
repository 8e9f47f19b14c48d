// Reads vectors/native.json with Node's standard library alone, written from docs/format.md: node native.mjs FILE
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

const ORDER = ["absent", "too_long", "malformed", "invalid_signature", "not_yet_valid", "expired", "payload", "unsupported"];
const ENVELOPE = new RegExp(String.raw`^~\[~(0|[1-9][0-9]{0,19})~,~(true|false)~,~(\{.*\})~\]~$`.replaceAll("~", "[ \\t\\n\\r]*"), "s");
const KEY_OR_STRING = /("(?:[^"\\]|\\.)*")(?=[ \t\n\r]*:)|"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
// Texts are strings whose characters are bytes. This is canonical URL-safe base64 without padding, or null.
const decode = (text, bytes = Buffer.from(text, "base64url")) => (bytes.toString("base64url") === text ? bytes : null);
const mac = (key, message) => createHmac("sha256", key).update(message, "latin1").digest();
const age = (then, now, skew, limit) => (then > now + skew ? "not_yet_valid" : now - then > limit ? "expired" : null);

// Says whether one of the objects has a key twice: JSON.parse keeps the last one and is silent.
function hasTwins(objects) {
  let [keys, depth, object] = [[], 0, 0];
  for (const [word, key] of objects.matchAll(KEY_OR_STRING)) {
    if (!word.startsWith('"')) depth += "{[".includes(word) ? 1 : -1;
    else if (key && depth === 1) keys.push(object + JSON.parse(key));
    if (depth === 0) object += 1;
  }
  return new Set(keys).size < keys.length;
}

// Returns the session, or the reason why there is none.
function judge(value, now, group, best, seen) {
  const limits = [group.lifetime, group.permanent_lifetime].map(({ idle, absolute }) => [BigInt(idle), BigInt(absolute)]);
  const [name, skew] = [group.name, BigInt(group.skew)];
  if (name.length + value.length > 4096) return "too_long";
  const token = /^((.*)\.([^.]{0,11}))\.(.{43})$/s.exec(value);
  const signature = token && decode(token[4]);
  if (!signature) return "malformed";
  if (seen.push(value) > 8) return best;
  const salt = "cookie-session/v1/cookie/" + name + (group.application ? "/" + group.application : "");
  const key = group.keys.findIndex((key) => timingSafeEqual(mac(mac(Buffer.from(key, "hex"), salt), token[1]), signature)) + 1;
  if (!key) return "invalid_signature";
  const stamp = decode(token[3]);
  if (!stamp || stamp.length > 8 || stamp[0] === 0) return "malformed";
  const issued = BigInt("0x0" + stamp.toString("hex"));
  const early = age(issued, now, skew, limits.map(([idle]) => idle).reduce((a, b) => (a > b ? a : b)));
  if (early || best.issued >= issued) return early ?? best;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decode(token[2]) ?? Buffer.of(0xff));
    const [, number, flag, object] = ENVELOPE.exec(text);
    const [created, permanent] = [BigInt(number), flag === "true"];
    if (created >= 2n ** 64n) return "payload";
    const reason = limits[Number(permanent)].map((limit, n) => age([issued, created][n], now, skew, limit)).find(Boolean);
    if (reason) return reason;
    const [data, ...more] = JSON.parse(`[${object}]`);
    if (hasTwins(object) || more.length > 1) return "payload";
    for (const facts of more) {
      const letters = Object.keys(facts);
      const areLetters = letters.every((letter) => /^[A-Za-z]$/.test(letter));
      if (Array.isArray(facts) || letters.length < 1 || letters.length > 16 || !areLetters) return "payload";
      if (letters.some((letter) => letter < "a")) return "unsupported";
    }
    return { result: "valid", key, issued, created, permanent, data };
  } catch {
    return "payload";
  }
}

function read(test, group) {
  let [best, seen] = ["absent", []];
  for (const pair of test.cookies.join(";").split(";")) {
    const [, name, value] = /^[ \t]*(.*?)[ \t]*=[ \t]*(.*?)[ \t]*$/s.exec(pair) ?? [];
    if (name !== group.name) continue;
    const found = judge(value, BigInt(test.now), group, best, seen);
    if (found.result || (!best.result && ORDER.indexOf(found) > ORDER.indexOf(best))) best = found;
  }
  return best.result ? { ...best, issued: Number(best.issued), created: Number(best.created) } : { result: "invalid", reason: best };
}

const { testGroups } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tests = testGroups.flatMap((group) => group.tests.map((test) => [group, test]));
const agrees = ([group, test]) => Object.entries(read(test, group)).every(([key, value]) => isDeepStrictEqual(test[key], value));
const wrong = tests.filter((test) => !agrees(test));
for (const [, test] of wrong) console.log(`${test.tcId} fails: ${test.comment}`);
console.log(`${tests.length} vectors, ${wrong.length} failed`);
process.exit(wrong.length || !tests.length ? 1 : 0);
