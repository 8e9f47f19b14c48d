"""Reads vectors/native.json with Python's standard library alone, written from docs/format.md: python3 native.py FILE"""
import base64, hashlib, hmac, json, re, sys

ORDER = ["absent", "too_long", "malformed", "invalid_signature", "not_yet_valid", "expired", "payload", "unsupported"]
ENVELOPE = re.compile(r"~\[~(0|[1-9][0-9]{0,19})~,~(true|false)~,(.*)\]~".replace("~", r"[ \t\n\r]*"), re.DOTALL)

def decode(text):
    is_base64 = re.fullmatch(rb"([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3})?", text)
    data = base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)) if is_base64 else b""
    return data if base64.urlsafe_b64encode(data).rstrip(b"=") == text else None

def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()

def age(then, now, skew, limit):
    return "not_yet_valid" if then > now + skew else "expired" if now - then > limit else None

def members(pairs):
    return {**dict(pairs), **({None: "twice"} if len(dict(pairs)) < len(pairs) else {})}

def judge(value, now, group, best, seen):
    """Returns the session, or the reason why there is none."""
    name, skew, limits = group["name"].encode(), group["skew"], [group["lifetime"], group["permanent_lifetime"]]
    if len(name + value) > 4096:
        return "too_long"
    token = re.fullmatch(rb"((.*)\.([^.]{0,11}))\.(.{43})", value, re.DOTALL)
    if not token or decode(token[4]) is None:
        return "malformed"
    seen.append(value)
    if len(seen) > 8:
        return best
    salt = "/".join(["cookie-session/v1/cookie", group["name"], *filter(None, [group.get("application")])]).encode()
    keys = [mac(bytes.fromhex(key), salt) for key in group["keys"]]
    made = [number for number, key in enumerate(keys, 1) if hmac.compare_digest(mac(key, token[1]), decode(token[4]))]
    if not made:
        return "invalid_signature"
    stamp = decode(token[3])
    if stamp is None or len(stamp) > 8 or stamp[:1] == b"\0":
        return "malformed"
    issued = int.from_bytes(stamp, "big")
    if reason := age(issued, now, skew, max(limit["idle"] for limit in limits)):
        return reason
    if isinstance(best, dict) and best["issued"] >= issued:
        return best
    try:
        envelope = ENVELOPE.fullmatch(decode(token[2]).decode())
        created, permanent = int(envelope[1]), envelope[2] == "true"
        created.to_bytes(8, "big")
    except (AttributeError, OverflowError, TypeError, ValueError):
        return "payload"
    if reason := age(issued, now, skew, limits[permanent]["idle"]) or age(created, now, skew, limits[permanent]["absolute"]):
        return reason
    try:
        data, *more = json.loads(f"[{envelope[3]}]", object_pairs_hook=members, parse_constant=int)
    except ValueError:
        return "payload"
    if len(more) > 1 or any(type(element) is not dict or None in element for element in [data, *more]):
        return "payload"
    for facts in more:
        if not 1 <= len(facts) <= 16 or not all(re.fullmatch("[A-Za-z]", letter) for letter in facts):
            return "payload"
        if any(letter.isupper() for letter in facts):
            return "unsupported"
    return {"result": "valid", "key": made[0], "issued": issued, "created": created, "permanent": permanent, "data": data}

def read(test, group):
    best, seen = "absent", []
    for pair in ";".join(test["cookies"]).encode("latin-1").split(b";"):
        name, equals, value = (part.strip(b" \t") for part in pair.partition(b"="))
        if equals and name == group["name"].encode():
            found = judge(value, test["now"], group, best, seen)
            if isinstance(found, dict) or isinstance(best, str) and ORDER.index(found) > ORDER.index(best):
                best = found
    return best if isinstance(best, dict) else {"result": "invalid", "reason": best}

if __name__ == "__main__":
    tests = [(group, test) for group in json.load(open(sys.argv[1], encoding="utf-8"))["testGroups"] for test in group["tests"]]
    wrong = [test for group, test in tests if any(test.get(key) != value for key, value in read(test, group).items())]
    print("".join(f"{test['tcId']} fails: {test['comment']}\n" for test in wrong), end="")
    sys.exit(print(f"{len(tests)} vectors, {len(wrong)} failed") or bool(wrong or not tests))
