#!/usr/bin/env python3
"""Writes the seeds of all targets but round_trip, and the dictionary. Same bytes every time.

    python3 fuzz/make_seeds.py            writes
    python3 fuzz/make_seeds.py --check    exits 1 if a file differs from what it would write

The seeds of round_trip are no text: they are the smallest inputs of a long run that together reach most of the code.
"""

import base64
import hashlib
import hmac
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "vectors"))

import aes  # beside the public vectors

KEY = bytes.fromhex("8f1c62d40ba739e554902ecb7106f83da24f95176ed08823bc5a01e97d46b33e")
NOW = 1_750_000_000
NAME = b"__Host-session"
SESSION_SALT = b"cookie-session/v1/cookie/__Host-session"
TOKEN_SALT = b"cookie-session/v1/token/fuzz"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def timestamp(seconds):
    return b64(seconds.to_bytes(8, "big").lstrip(b"\0"))


def token(json, salt=SESSION_SALT, issued=NOW, key=KEY):
    text = b64(json) + b"." + timestamp(issued)
    return text + b"." + b64(mac(mac(key, salt), text))


def encrypted(json, place=b"cookie/__Host-session"):
    """As encrypted_token in src/lib.rs makes it."""
    signs, encrypts = (mac(KEY, b"cookie-session/v1/" + used + place) for used in (b"private/", b"encrypt/"))
    block = mac(KEY, json)[:16]
    block = bytes([block[0] | 128]) + block[1:]
    text = b64(block + aes.ctr(encrypts, block, json.ljust(-(-len(json) // 32) * 32))) + b"." + timestamp(NOW)
    return text + b"." + b64(mac(signs, text))


SESSION = token(b'[1750000000,false,{"user_id":42,"name":"Ada"}]')
PERMANENT = token(b'[1745000000,true,{"cart":["tea",{"n":2}],"csrf":"k3"}]')
DEEP = token(b'[1750000000,false,{"":[[[[[[[[null]]]]]]]],"\\u00e9\\"":-1.5e-7}]')
FOREIGN = token(b'[1750000000,false,{"user_id":42}]', key=KEY[::-1])
ENCRYPTED = encrypted(b'[1750000000,false,{"user_id":42,"name":"Ada"}]')
pair = (NAME + b"=").__add__

COOKIE_LINES = {
    "good": pair(SESSION),
    "encrypted": pair(ENCRYPTED),
    "both_kinds": pair(SESSION) + b"; " + pair(ENCRYPTED),
    "empty": b"",
    "among_others": b"theme=dark; " + pair(SESSION) + b"; lang=en",
    "other_key": pair(FOREIGN),
    "two": pair(FOREIGN) + b"; " + pair(PERMANENT),
    "two_lines": b"a=b; c\n" + pair(SESSION),
    "blanks": b" \t" + NAME + b" \t=\t " + SESSION + b" \t ;",
    "quoted": pair(b'"' + SESSION + b'"'),
    "nine": b";".join([pair(FOREIGN)] * 8 + [pair(SESSION)]),
    "no_value": NAME + b"; " + pair(b"") + b";=" + SESSION,
    "unicode_blank": b"\xe2\x80\x83" + pair(SESSION),
    "not_utf8": b"\xff\xfe=\xc0\x80; \x00=\x01; " + pair(b"\xff"),
    "other_case": pair(SESSION).lower(),
    "prefixes": b"__Host-sessio=1; __Host-session2=2; X__Host-session=3; %5F_Host-session=4",
    "semicolons": b";" * 64 + pair(SESSION),
}

signature = SESSION[-43:]
TOKEN_BYTES = {
    "session": SESSION,
    "session_permanent": PERMANENT,
    "session_deep": DEEP,
    "token": token(b'"ada@example.org"', TOKEN_SALT),
    "token_number": token(b"42", TOKEN_SALT),
    "token_object": token(b'{"a":[1,2],"b":null}', TOKEN_SALT),
    "empty": b"",
    "dots": b"..",
    "four_parts": b"." + SESSION,
    "other_key": FOREIGN,
    "padded": SESSION + b"=",
    "plain_alphabet": SESSION.replace(b"-", b"+").replace(b"_", b"/"),
    "no_timestamp": SESSION.split(b".")[0] + b".." + signature,
    "long_timestamp": b"e30.AAAAAAAAAAA." + signature,
    "blanks": b" \t" + SESSION + b" ",
    "stray_bits": SESSION[:-1] + bytes([SESSION[-1] + 1]),
}

# The first byte: which part the rest is (two bits), and which time (three bits).
JSON, PAYLOAD_TEXT, SIGNED_TEXT, TOKEN = b"@", b"A", b"B", b"C"
SIGNED_PAYLOAD = {
    "json": JSON + b'[1750000000,false,{"user_id":42,"name":"Ada"}]',
    "json_due": b"D" + b'[1749990000,false,{"n":1}]',
    "json_permanent": b"H" + b'[1745000000,true,{"cart":["tea",{"n":2}]}]',
    "json_idle": b"L" + b'[1745000000,true,{"cart":[]}]',
    "json_future": b"T" + b'[1750000060,true,{"n":1}]',
    "json_blanks": JSON + b' [ 1750000000 , true , { "a" : 1 , "b" : [ ] } ] ',
    "json_empty": JSON + b"[1750000000,false,{}]",
    "json_twice": JSON + b'[1750000000,false,{"a":1,"\\u0061":2}]',
    "json_twice_plain": JSON + b'[1750000000,false,{"a":1,"b":2,"a":3}]',
    "json_twice_many": JSON + b'[1750000000,false,{' + b",".join(b'"%d":0' % (n % 39) for n in range(40)) + b"}]",
    "json_surrogate": JSON + b'[1750000000,false,{"\\ud800":1,"\\ud83d\\ude00":2}]',
    "json_numbers": JSON + b'[0,true,{"a":-0,"b":1e400,"c":1E-7,"d":123456789012345678901234567890}]',
    "json_deep": JSON + b'[1750000000,true,{"a":' + b"[" * 200 + b"]" * 200 + b"}]",
    "json_many": JSON + b'[1750000000,true,{' + b",".join(b'"%d":%d' % (n, n) for n in range(40)) + b"}]",
    "json_facts": JSON + b'[1750000000,false,{"a":1}, {"s":"x","k":[1]} ]',
    "json_unknown_fact": JSON + b'[1750000000,false,{"a":1},{"s":1,"Z":2}]',
    "json_no_fact": JSON + b'[1750000000,false,{"a":1},{}]',
    "json_five_elements": JSON + b'[1750000000,false,{"a":1},{"s":1},{"s":1}]',
    "json_other_shape": JSON + b'{"created":1750000000}',
    "json_latin1": JSON + b'[1750000000,true,{"a":"\xe9"}]',
    "payload": PAYLOAD_TEXT + b64(b'[1750000000,false,{"a":1}]'),
    "payload_padded": PAYLOAD_TEXT + base64.urlsafe_b64encode(b'[1750000000,false,{"a":11}]'),
    "payload_compressed": PAYLOAD_TEXT + b".eJyLVspLzE1VslIqLU4tUtJRKi1OLYrPTFGyMqgFAHoJCGk",
    "text": SIGNED_TEXT + b64(b'[1750000000,false,{"a":1}]') + b"." + timestamp(NOW),
    "text_no_time": SIGNED_TEXT + b64(b'[0,true,{"a":1}]') + b".",
    "text_long_time": SIGNED_TEXT + b64(b'[0,true,{"a":1}]') + b"." + b64(b"\0" + NOW.to_bytes(4, "big")),
    "token": TOKEN + b'"ada@example.org"',
    "token_blanks": TOKEN + b' [ 1 , "two" ] ',
    "token_old": b"O" + b"1",
    "token_long": TOKEN + b'["' + b"long" * 900 + b'",1]',
}

RANDOM = mac(KEY, b"a key") + mac(KEY, b"more of it")
KEYS = {
    "hex": RANDOM[:32].hex().encode(),
    "hex_upper": RANDOM.hex().upper().encode(),
    "base64": base64.b64encode(RANDOM[:32]),
    "base64_url": b64(RANDOM),
    "bytes": RANDOM[:32],
    "ring": base64.b64encode(RANDOM[:32]) + b"," + RANDOM[32:].hex().encode() + b"\n",
    "ring_bad": base64.b64encode(RANDOM[:32]) + b" , changeme",
    "ring_nine": b" ".join(mac(KEY, bytes([n])).hex().encode() for n in range(9)),
    "ring_twice": b",".join([RANDOM[:32].hex().encode(), RANDOM[:32].hex().upper().encode()]),
    "empty": b"",
    "separators": b" ,\t,\n",
    "short": b"c2hvcnQ=",
    "repeated": b"ab" * 32,
    "counting": bytes(range(40)),
    "odd_hex": b"a" * 65,
    "words": b"this-is-my-secret-key-please-do-not-tell-anyone",
    "not_ascii": "schlüssel".encode() * 8,
    "stray_bits": base64.b64encode(RANDOM[:32])[:-2] + b"B=",
}

FLASK_SALT, STARLETTE_SALT = b"cookie-session", b"itsdangerous.Signer"
DJANGO_SALT = b"django.contrib.sessions.backends.signed_cookies"


def base62(number):
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, digit = divmod(number, 62)
        text = digits[digit] + text
    return text.encode()


def flask_token(payload):
    text = payload + b"." + timestamp(NOW)
    key = hmac.new(KEY, FLASK_SALT, hashlib.sha1).digest()
    return text + b"." + b64(hmac.new(key, text, hashlib.sha1).digest())


def django_token(payload):
    text = payload + b":" + base62(NOW)
    key = hashlib.sha256(DJANGO_SALT + b"signer" + KEY).digest()
    return text + b":" + b64(mac(key, text))


def starlette_token(payload):
    text = payload + b"." + timestamp(NOW)
    key = hashlib.sha1(STARLETTE_SALT + b"signer" + KEY).digest()
    return text + b"." + b64(hmac.new(key, text, hashlib.sha1).digest())


# Made with zlib 1.3, level 9: other versions may write other streams.
COMPRESSED = {
    "small": "eNqrViotTi1SslJKTElU0lHKySwuUbKKNtQx0jHWwSBjawE6VQv6",
    "cap": "eNqrVspWslKqGAWjYBQMW6BUCwClCtM1",
    "zeros": "eNrtwTEBAAAAwqD1T20Gf6AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAgNcADW0AAQ==",
    "nested": "eNqruPX2oCEjAwPDoQVf/XPZ6hcwDHXQcJ2BN5eBEQAbuAk9",
}
COMPRESSED = {name: base64.b64decode(text) for name, text in COMPRESSED.items()}

# Flask's types, and what only looks like them.
TAGGED = {
    "tuple": b'{" t":[1,[2,3],{" t":[]}]}',
    "bytes": b'{" b":"AAECgP8="}',
    "markup": b'{" m":"<b>hi</b> \\u00e9"}',
    "uuid": b'{" u":"12345678123456781234567812345678"}',
    "date": b'{" d":"Thu, 02 Jan 2020 03:04:05 GMT"}',
    "date_early": b'{" d":"Mon, 01 Jan 0001 00:00:00 GMT"}',
    "escaped": b'{" di":{" t__":[1,2]}}',
    "escaped_twice": b'{"a":{" di":{" di__":{" m":"x"}}},"b":[{" di":{" u__":1}}]}',
    "flashes": b'[{" t":["message","saved"]},["error","bad"],{" t":["m",{" m":"<i>"}]}]',
    "nested": b'{" t":[{" t":[{" b":""},{" b":"AA=="}]},null]}',
    "two_keys": b'{" t":[1]," b":"AA=="}',
    "deep": b'{" t":[' * 63 + b"]}" * 63,
    "flashes_escaped": b'[{" t":["m",{" di":{" m__":"x"}}]},["m",{" m":"a"},3]]',
    "flashes_none": b"[ ]",
    "markups": b'[{" m":"a"},{" m":""}]',
    "numbers": b"[1e400,-0,1E-7,123456789012345678901234567890,0.1]",
}

# The first byte: which framework (two bits) and which part the rest is (two bits).
FRAMEWORKS = {"flask": (0, flask_token), "django": (1, django_token), "starlette": (2, starlette_token)}
PYTHON_PAYLOAD = {}
for name, (number, token_of) in FRAMEWORKS.items():
    json_part, payload_part, text_part, raw_part = (bytes([0x40 | part << 2 | number]) for part in range(4))
    encode = base64.b64encode if name == "starlette" else b64
    PYTHON_PAYLOAD |= {
        f"{name}_json": json_part + b'{"user": "ada", "_permanent": true, "n": [1, 2.5, null]}',
        f"{name}_json_empty": json_part + b"{}",
        f"{name}_json_expiry": json_part + b'{"a":1,"_session_expiry":"2025-06-16T15:06:40"}',
        f"{name}_json_twice": json_part + b'{"a":1,"\\u0061":2}',
        f"{name}_json_surrogate": json_part + b'{"\\ud800":1,"a":"\\ud83d\\ude00"}',
        f"{name}_json_latin1": json_part + b'{"a":"\xe9"}',
        f"{name}_json_nan": json_part + b'{"a":NaN,"b":Infinity}',
        f"{name}_json_list": json_part + b"[1]",
        f"{name}_json_tag": json_part + b'{" di":{" t__":[1]}}',
        f"{name}_json_tags": json_part + b'{"t":' + TAGGED["tuple"] + b',"e":' + TAGGED["escaped"] + b"}",
        f"{name}_json_deep": json_part + b'{"a":' + b"[" * 200 + b"]" * 200 + b"}",
        f"{name}_compressed": payload_part + b"." + b64(COMPRESSED["small"]),
        f"{name}_bomb": payload_part + b"." + b64(COMPRESSED["zeros"]),
        f"{name}_padded": payload_part + base64.urlsafe_b64encode(b'{"a":11}'),
        f"{name}_no_time": text_part + encode(b'{"a":1}') + b".",
        f"{name}_other_time": text_part + encode(b'{"a":1}') + b":" + base62(NOW),
        f"{name}_raw": raw_part + token_of(encode(b'{"user":"ada"}')),
        f"{name}_raw_stray_bits": raw_part + token_of(encode(b'{"user":"ada"}'))[:-1] + b"_",
    }

PYTHON_PAYLOAD |= {
    # Issued within the skew, but after migrations ended.
    "flask_later": b"H" + b64(b'{"a":1}') + b"." + timestamp(NOW + 30),
    "starlette_later": b"J" + base64.b64encode(b'{"a":1}') + b"." + timestamp(NOW + 30),
} | {
    f"django_expiry_{name}": b'A{"a":%s,"_session_expiry":%s}' % (expiry, expiry)
    for name, expiry in {
        "zone": b'"2025-06-16T15:06:40.250000+00:00"',
        "day": b'"2025-06-16"',
        "zero": b"0",
        "true": b"true",
        "null": b"null",
        "seconds": b"3600",
        "past": b"-1.5",
        "fraction": b"3600.5",
        "too_many": b"1e18",
    }.items()
}

# Lines of Cache-Control and Vary.
RESPONSE_HEADERS = {
    "empty": b"",
    "public": b"public, max-age=60",
    "private": b"private",
    "private_field": b'private="set-cookie, x", max-age=60',
    "shared": b"max-age=60, s-maxage=600, stale-while-revalidate=30",
    "strict": b"private, no-store",
    "no_store_field": b"No-Store=1 , PRIVATE",
    "must_understand": b"must-understand, no-store",
    "lines": b"private\nno-cache\n\nmax-age=0",
    "quoted": b'ext="a, public, b" , private',
    "escape": b'ext="a\\", private", public',
    "open_quote": b'ext="private, no-store',
    "stray_quote": b'ext"a", private',
    "after_quote": b'ext="a"b, private',
    "commas": b",, ,private,,",
    "vary": b"Accept-Encoding, cookie",
    "vary_all": b"Accept,*",
    "not_utf8": b"private, \xff=\xc0\x80",
}

MEMBER_PLACES = {
    "session": b'{"user_id":42,"name":"Ada","cart":[{"sku":"TP-0001","count":2},{"sku":"TP-0002","count":1}]}',
    "empty": b"{}",
    "facts": b'{"a":1},{"s":"x"}',
    "rest": b'{"a":1}x',
    "numbers": b'{"a":-0,"b":1e400,"c":1E-7,"d":0.50e+10,"e":123456789012345678901234567890}',
    "words": b'{"a":true,"b":[false,null]}',
    "nested": b'{"":[[],{},[{"a":[]}]]}',
    "not_ascii": '{"ключ":"é🍵\x7f"}'.encode(),
    "long_strings": b'{"' + b"k" * 23 + b'":"' + b"v" * 64 + b'"}',
    "many": b"{" + b",".join(b'"%d":%d' % (n, n) for n in range(20)) + b"}",
    "twice": b'{"a":1,"a":2}',
    "level_64": b'{"a":' + b"[" * 63 + b"]" * 63 + b"}",
    "level_65": b'{"a":' + b"[" * 64 + b"]" * 64 + b"}",
    "level_65_object": b'{"a":' * 65 + b"1" + b"}" * 65,
    "escape": b'{"a":"\\u00e9"}',
    "surrogate": b'{"\\ud800":1}',
    "blanks": b' { "a" : [ 1 , 2 ] } ',
    "blank_after": b'{"a":1} ,',
    "not_utf8": b'{"a":"\xe9"}',
} | {
    # What JSON does not have. None is to be taken.
    f"bad_{name}": text
    for name, text in {
        "nan": b'{"a":NaN}',
        "infinity": b'{"a":-Infinity}',
        "leading_zero": b'{"a":01}',
        "minus_leading_zero": b'{"a":[-00]}',
        "minus": b'{"a":-}',
        "plus": b'{"a":+1}',
        "no_fraction": b'{"a":1.}',
        "no_integer": b'{"a":.5}',
        "no_exponent": b'{"a":1e}',
        "no_exponent_after_sign": b'{"a":1e+}',
        "trailing_comma": b'{"a":1,}',
        "trailing_comma_in_list": b'{"a":[1,]}',
        "comma_first": b'{,"a":1}',
        "two_commas": b'{"a":[1,,2]}',
        "no_comma": b'{"a":1"b":2}',
        "no_colon": b'{"a"1}',
        "equals_sign": b'{"a"=1}',
        "escape": b'{"a":"\\x"}',
        "no_value": b'{"a":}',
        "other_bracket": b'{"a":[1}}',
        "other_bracket_of_object": b'{"a":{"b":1]}',
        "bracket_too_many": b'{"a":1]}',
        "open": b'{"a":[1',
        "open_string": b'{"a":"b}',
        "key_is_no_string": b'{1:2}',
        "nested_key_is_no_string": b'{"a":{true:2}}',
        "line_feed_in_string": b'{"a":"b\nc"}',
        "nul_in_key": b'{"a\0b":1}',
        "tab_in_long_string": b'{"a":"' + b"b" * 40 + b'\t"}',
        "word_cut": b'{"a":tru}',
        "word_too_long": b'{"a":nulll}',
        "other_case": b'{"a":True}',
        "list": b'["a"]',
    }.items()
}

# The first byte: which framework and which cap.
PYTHON_INFLATE = {
    "small": b"2" + COMPRESSED["small"],
    "small_django": b"3" + COMPRESSED["small"],
    "cap": b"2" + COMPRESSED["cap"],
    "over_the_cap": b"0" + COMPRESSED["cap"],
    "zeros": b"6" + COMPRESSED["zeros"],
    "nested": b"6" + COMPRESSED["nested"],
    "a_byte_more": b"2" + COMPRESSED["small"] + b"\0",
    "a_byte_less": b"2" + COMPRESSED["small"][:-1],
    "no_checksum": b"2" + COMPRESSED["small"][:-4],
    "twice": b"2" + COMPRESSED["small"] * 2,
    "raw_deflate": b"2" + COMPRESSED["small"][2:-4],
    "stored": b"2x\x01\x01\x07\0\xf8\xff" + b'{"a":1}' + b"\x08\x2a\x02\x09",
    "empty_blocks": b"2x\x9c" + b"\0\0\0\xff\xff" * 100,
    "dictionary": b"2x\xbb\0\0\0\x01\x03\0",
    "header": b"2x\x9c",
}

# The same first byte with another bit: text, to be compressed as the second byte says.
TEXT = {"flask": b"r", "django": b"s", "flask_small": b"p", "django_large": b"w"}
PYTHON_INFLATE |= {
    "text": TEXT["flask"] + b"\x06" + b'{"user":"ada","n":[1,2,2,2,2,2,2,2,2]}',
    "text_django": TEXT["django"] + b"\x06" + b'{"user":"ada","n":[1,2,2,2,2,2,2,2,2]}',
    "text_stored": TEXT["flask"] + b"\x0b" + b'{"a":1}',
    "text_not_ascii": TEXT["django"] + b"\x06" + '{"a":"é"}'.encode(),
    "text_utf8": TEXT["flask"] + b"\x06" + '{"a":"é"}'.encode(),
    "text_below_the_cap": TEXT["flask_small"] + b"\x16" + b'{"a":1}',
    "text_of_the_cap": TEXT["flask_small"] + b"\x26" + b'{"a":1}',
    "text_over_the_cap": TEXT["flask_small"] + b"\x36" + b'{"a":1}',
    "text_of_a_large_cap": TEXT["django_large"] + b"\x26" + b'{"a":1}',
    "text_over_a_large_cap": TEXT["django_large"] + b"\x36" + b'{"a":1}',
    "text_a_byte_more": TEXT["django"] + b"\x46" + b'{"a":1}',
    "text_a_byte_less": TEXT["django"] + b"\x86" + b'{"a":1}',
    "text_twice": TEXT["flask"] + b"\xc6" + b'{"a":1}',
    "text_tag": TEXT["flask"] + b"\x06" + b'{" di":{" t__":[1]}}',
    "text_a_tag": TEXT["flask"] + b"\x06" + b'{" t":[1]}',
    "text_one_key_twice": TEXT["flask"] + b"\x06" + b'{"a":1,"\\u0061":2}',
    "text_empty": TEXT["flask"] + b"\x06" + b"{}",
    "text_deep": TEXT["django_large"] + b"\x06" + b'{"":' + b"[" * 500 + b"]" * 500 + b"}",
}

# Three bytes for each cookie of many_cookies.
OURS, OLD, OTHER = range(3)
AGES = [0, 30, 31, 7200, 7201, 86400, 86401, 1209600, 1209601, 2678400, 2678401, 7776000, 7776001, -60, -61, -4000000000]
FAULTS = ["none", "altered", "no_object", "long", "shapeless", "empty"]


def cookie(name=OURS, key=0, age=0, session_age=0, fault="none", permanent=False, line=False, spaced=False, other_kind=False):
    first = name | line << 2 | key << 3
    second = AGES.index(age) | AGES.index(session_age) << 4
    return bytes([first, second, permanent | spaced << 1 | other_kind << 2 | FAULTS.index(fault) << 4])


# The first byte: which framework.
FLASK, DJANGO, STARLETTE = b"\0", b"\1", b"\2"
MANY_COOKIES = {
    "none": FLASK,
    "one": FLASK + cookie(),
    "newest_of_three": FLASK + cookie(age=31) + cookie(age=30) + cookie(age=7200),
    "tie": FLASK + cookie(key=2) + cookie(key=1),
    "lines": DJANGO + cookie(age=31) + cookie(age=30, line=True) + cookie(OTHER, line=True) + cookie(key=3, line=True),
    "strangers": FLASK + cookie(key=3) * 8 + cookie(),
    "strangers_but_one": FLASK + cookie(key=3) * 7 + cookie() + cookie(),
    "junk_is_not_counted": FLASK + cookie(fault="shapeless") * 20 + cookie(fault="long") + cookie(fault="empty") + cookie(key=2),
    "too_old_and_good": FLASK + cookie(age=7201) + cookie(age=7200) + cookie(age=7201, permanent=True),
    "created_long_ago": FLASK + cookie(session_age=86401) + cookie(session_age=86400, age=31) + cookie(session_age=7776001, permanent=True),
    "from_the_future": FLASK + cookie(age=-61) + cookie(age=-60) + cookie(session_age=-61) + cookie(age=-4000000000),
    "only_bad": FLASK + b"".join(cookie(fault=fault) for fault in FAULTS[1:]),
    "bad_after_good": FLASK + cookie(age=31) + b"".join(cookie(fault=fault) for fault in FAULTS[1:]),
    "other_kind": FLASK + cookie(other_kind=True),
    "other_kind_newer": FLASK + cookie(age=31) + cookie(age=30, other_kind=True) + cookie(age=7200, other_kind=True, key=2),
    "other_kind_older": DJANGO + cookie(age=31, other_kind=True) + cookie(age=30) + cookie(OLD, age=31),
    "other_kind_counts": FLASK + cookie(key=3, other_kind=True) * 4 + cookie(key=3) * 3 + cookie(other_kind=True) + cookie(),
    "other_kind_bad": STARLETTE + b"".join(cookie(fault=fault, other_kind=True) for fault in FAULTS[1:]) + cookie(age=7201, other_kind=True),
    "blanks": STARLETTE + cookie(spaced=True, fault="shapeless") + cookie(spaced=True) + cookie(OLD, spaced=True),
} | {
    f"{name}_{what}": choice + cookies
    for name, choice in {"flask": FLASK, "django": DJANGO, "starlette": STARLETTE}.items()
    for what, cookies in {
        "old": cookie(OLD, age=31),
        "old_permanent": cookie(OLD, age=1209600, permanent=True),
        "old_too_late": cookie(OLD, age=30),
        "old_too_old": cookie(OLD, age=2678401, permanent=True) + cookie(OLD, age=2678400, line=True),
        "old_first_good": cookie(OLD, age=31) + cookie(OLD, key=1, line=True),
        "old_last_good": cookie(OLD, fault="altered") + cookie(OLD, fault="no_object", line=True) + cookie(OLD, age=31),
        "old_and_ours": cookie(OLD, age=31) + cookie(age=7200, line=True),
        "old_and_bad_of_ours": cookie(OLD, age=31) + cookie(fault="shapeless"),
        "old_of_day": cookie(OLD, age=86401),
        "old_bad": cookie(OLD, fault="long"),
    }.items()
}

DICTIONARY = [
    NAME + b"=", b"; ", b";", b"=", b".", b"..", b"\n", b"\t", b'"', b"%5F", b"\xe2\x80\x83",
    SESSION, PERMANENT, token(b"42", TOKEN_SALT), timestamp(NOW), signature, b"AAAAAAAAAAA", b"__________8", b"e30",
    b"[1750000000,false,{", b"[1750000000,true,{", b"[0,true,{}]", b'"a":1', b'"\\u0061":', b"\\ud800", b"\\udc00", b"\\u0000",
    b"null", b"true", b"1e400", b"-0", b"18446744073709551616", b"[[[[[[[[", b"]]]]]]]]", b"}]",
    b'{" di":{" ', b'__":', b'" t":[', b'" b":"', b'" m":"', b'" u":"', b'" d":"', b"Thu, 02 Jan 2020 03:04:05 GMT",
    b'"_permanent":true', b'"_session_expiry":', b'"_flashes":[', b"NaN", b"Infinity", b": ", base62(NOW), b".eJ", b"x\x9c",
    b"\0\0\0\xff\xff", b"session=", b"sessionid=", flask_token(b"e30"), django_token(b"e30"), starlette_token(b"e30="),
    b"private", b"no-store", b"public", b"s-maxage=", b"must-understand", b'="', b'",', b"Cookie", b"*",
    b"changeme", RANDOM[:32].hex().encode(), base64.b64encode(RANDOM[:32]),
]


SEEDS = {
    "cookie_lines": COOKIE_LINES,
    "token_bytes": TOKEN_BYTES,
    "signed_payload": SIGNED_PAYLOAD,
    "keys": KEYS,
    "python_payload": PYTHON_PAYLOAD,
    "python_inflate": PYTHON_INFLATE,
    "python_tags": TAGGED,
    "response_headers": RESPONSE_HEADERS,
    "many_cookies": MANY_COOKIES,
    "member_places": MEMBER_PLACES,
}


def files():
    for target, inputs in SEEDS.items():
        for name, data in inputs.items():
            yield HERE / "seeds" / target / name, data
    lines = ["# Parts of cookies, tokens, sessions and keys. Written by make_seeds.py."]
    for entry in DICTIONARY:
        plain = "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\x{b:02x}" for b in entry)
        lines.append(f'"{plain}"')
    yield HERE / "cookie.dict", "\n".join(lines).encode() + b"\n"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    wanted = dict(files())
    if sys.argv[1:]:
        stale = [path for path, data in wanted.items() if not path.is_file() or path.read_bytes() != data]
        kept = {path for target in SEEDS for path in (HERE / "seeds" / target).iterdir()}
        stale += sorted(kept - set(wanted))
        for path in stale:
            print(f"not what make_seeds.py writes: {path.relative_to(HERE)}")
        sys.exit(bool(stale))
    for path, data in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
