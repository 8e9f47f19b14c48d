// Makes tokens.json: cookies as Rails and Express write them, with the documented parameters and the OpenSSL of node.
//
//     node tests/recipes/make_tokens.mjs [--check]
//
// Rails 7 and 8 (ActionDispatch::Cookies, ActiveSupport::MessageEncryptor, MessageVerifier, KeyGenerator):
//   keys       PBKDF2-HMAC-SHA256 of secret_key_base, 1000 rounds, salts as below
//   encrypted  AES-256-GCM, base64(ciphertext)--base64(iv)--base64(tag)
//   signed     base64(envelope)--hex(HMAC-SHA1(base64(envelope))), a key of 64 bytes
//   envelope   {"_rails":{"message":base64(JSON),"exp":...,"pur":"cookie.NAME"}}
// Express (cookie-session, keygrip): base64(JSON), and in NAME.sig HMAC-SHA1("NAME=value") in base64url without padding.
//   That is what cookie-session 2.1.1 with keygrip 1.1.0 sets for this session and key.
import { createCipheriv, createHmac, pbkdf2Sync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const secretKeyBase = "an example of a secret_key_base, which is public and so protects nothing";
const base64 = (text) => Buffer.from(text).toString("base64");
const key = (salt, length) => pbkdf2Sync(secretKeyBase, salt, 1000, length, "sha256");

function envelope(name, data, exp) {
  return JSON.stringify({ _rails: { message: base64(JSON.stringify(data)), exp, pur: `cookie.${name}` } });
}

function encrypted(name, data, exp = null) {
  const iv = Buffer.from("000102030405060708090a0b", "hex");
  const cipher = createCipheriv("aes-256-gcm", key("authenticated encrypted cookie", 32), iv);
  const text = Buffer.concat([cipher.update(envelope(name, data, exp)), cipher.final()]);
  return encodeURIComponent([text, iv, cipher.getAuthTag()].map((part) => part.toString("base64")).join("--"));
}

function signed(name, data, exp = null) {
  const text = base64(envelope(name, data, exp));
  return encodeURIComponent(`${text}--${createHmac("sha1", key("signed cookie", 64)).update(text).digest("hex")}`);
}

function express(name, data, secret) {
  const value = base64(JSON.stringify(data));
  return { value, signature: createHmac("sha1", secret).update(`${name}=${value}`).digest("base64url") };
}

const session = { session_id: "5d2c1f0b6a3e4d8f9b7a6c5d4e3f2a1b", _csrf_token: "gq5x3mC9", user_id: 42 };
const tokens = {
  secret_key_base: secretKeyBase,
  rails_encrypted: encrypted("_shop_session", session),
  rails_encrypted_of_another_cookie: encrypted("_other_session", session),
  rails_encrypted_expired: encrypted("_shop_session", session, "2020-01-01T00:00:00.000Z"),
  rails_signed: signed("user_id", 42),
  rails_signed_of_another_cookie: signed("coupon", 42),
  rails_signed_expired: signed("user_id", 42, "2020-01-01T00:00:00.000Z"),
  express_secret: "an example of a key, which is public too",
  express: express("session", { user_id: 42 }, "an example of a key, which is public too"),
  express_of_another_cookie: express("cart", { user_id: 42 }, "an example of a key, which is public too"),
};

const file = new URL("tokens.json", import.meta.url);
const text = `${JSON.stringify(tokens, null, 2)}\n`;
if (process.argv[2] === "--check") {
  if (readFileSync(file, "utf8") !== text) {
    console.error("tokens.json is not what make_tokens.mjs writes");
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
}
