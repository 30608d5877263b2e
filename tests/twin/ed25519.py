"""The twin's own Ed25519: RFC 8032, in whole numbers, with nothing but the standard library. See twin.py.

Strict: S is below the order of the base point, a key or an R of small order is refused, and so is a point that is not written
in the one way; the equation is the one without the cofactor. Slow (some milliseconds), and no secret should be near it.
"""

import hashlib

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)  # X, Y, Z, T of section 5.1.4: x = X/Z, y = Y/Z, xy = T/Z.


def add(one, other):
    """The sum of two points."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = one, other
    a, b = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point):
    """A point, so many times."""
    sum_of_all = NEUTRAL
    while number:
        if number & 1:
            sum_of_all = add(sum_of_all, point)
        point, number = add(point, point), number >> 1
    return sum_of_all


def written(point) -> bytes:
    """A point in 32 bytes."""
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


def read(data: bytes):
    """The point that 32 bytes are; None if they are none, or one of small order."""
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    u, v = y * y - 1, D * y * y + 1
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if len(data) != 32 or y >= P or v * x * x % P != u % P:
        return None
    x = x if x & 1 == data[31] >> 7 else P - x
    point = x, y, 1, x * y % P
    return None if written(times(8, point)) == written(NEUTRAL) else point


BASE = read((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def public(seed: bytes) -> bytes:
    """The public key of 32 secret bytes."""
    secret = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return written(times(secret & (1 << 254) - 8 | 1 << 254, BASE))


def signs(key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether a signature over a text is by a key."""
    point, s = read(key), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or read(signature[:32]) is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    x, y, z, t = point
    return written(add(times(s, BASE), times(k, (-x % P, y, z, -t % P)))) == signature[:32]
