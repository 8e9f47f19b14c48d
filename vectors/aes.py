"""AES-256 in counter mode (FIPS 197, SP 800-38A), for the vectors of encrypted sessions: Python's library has none. Slow, and open
to whoever can measure time: not for anything else.
"""


def double(byte):
    return (byte << 1 ^ (0x11B if byte & 0x80 else 0)) & 0xFF


def substitutions():
    """The S-box: the inverse in GF(2^8), and an affine map."""
    box, p, q = [0] * 256, 1, 1
    while True:
        p ^= double(p)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        q ^= 0x09 if q & 0x80 else 0
        rotated = q
        for turn in range(1, 5):
            rotated ^= (q << turn | q >> (8 - turn)) & 0xFF
        box[p] = rotated ^ 0x63
        if p == 1:
            box[0] = 0x63
            return box


BOX = substitutions()


def schedule(key):
    """Fifteen round keys of 16 bytes."""
    words = [list(key[n : n + 4]) for n in range(0, 32, 4)]
    constant = 1
    for n in range(8, 60):
        word = words[-1]
        if n % 8 == 0:
            word = [BOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= constant
            constant = double(constant)
        elif n % 8 == 4:
            word = [BOX[byte] for byte in word]
        words.append([a ^ b for a, b in zip(words[-8], word)])
    return [sum(words[n : n + 4], []) for n in range(0, 60, 4)]


def encrypt_block(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for n, key in enumerate(keys[1:], 1):
        # Rows are shifted: byte r of column c comes from column c + r.
        state = [BOX[state[(c + r) % 4 * 4 + r]] for c in range(4) for r in range(4)]
        if n < 14:
            mixed = []
            for c in range(0, 16, 4):
                a = state[c : c + 4]
                mixed += [double(a[r]) ^ double(a[(r + 1) % 4]) ^ a[(r + 1) % 4] ^ a[(r + 2) % 4] ^ a[(r + 3) % 4] for r in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def ctr(key, iv, text):
    """Encrypts or decrypts. The counter is the whole block, big-endian, and wraps."""
    keys, counter, stream = schedule(key), int.from_bytes(iv, "big"), b""
    while len(stream) < len(text):
        stream += encrypt_block(keys, counter.to_bytes(16, "big"))
        counter = (counter + 1) % 2**128
    return bytes(a ^ b for a, b in zip(text, stream))


# FIPS 197, C.3; SP 800-38A, F.5.5.
assert encrypt_block(schedule(bytes(range(32))), bytes.fromhex("00112233445566778899aabbccddeeff")).hex() == "8ea2b7ca516745bfeafc49904b496089"
assert ctr(
    bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
    bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"),
    bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"),
).hex() == "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
