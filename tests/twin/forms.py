"""The twin's strict readers: text, the Merkle tree and checkpoints (FORMAT.md, sections 2 and 3). See twin.py."""

import base64
import binascii
import hashlib
import re
from typing import Iterator, NamedTuple

from blake3 import blake3

import ed25519


class Broken(Exception):
    """Something is not as FORMAT.md says."""

    code = 20


class Missing(Broken):
    """Something that a bundle names is not there."""

    code = 10


def need(holds: object, otherwise: str) -> None:
    """Stops where something does not hold."""
    if not holds:
        raise Broken(otherwise)


# --- Text (the first paragraph of the page) ---


def decimal(text: str) -> int:
    """A number of up to 64 bits, without sign or leading zero."""
    need(re.fullmatch("0|[1-9][0-9]{0,19}", text) and int(text) < 1 << 64, f"not a number: {text!r}")
    return int(text)


def unbase64(text: str, length: int | None = None) -> bytes:
    """Base 64 as an encoder would have written it, of so many bytes where that is known."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Broken(f"not base 64: {text!r}") from None
    need(in_base64(data) == text, f"not base 64 as it is written: {text!r}")
    need(length in (None, len(data)), f"{len(data)} bytes instead of {length}: {text!r}")
    return data


def in_base64(data: bytes) -> str:
    """Base 64 with padding."""
    return base64.b64encode(data).decode()


class Lines:
    """Text, taken line by line from the front."""

    def __init__(self, data: bytes):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Broken("not UTF-8") from None
        need(not text or text.endswith("\n"), "the last line does not end")
        self.left = text.split("\n")[:-1]

    def line(self) -> str:
        """The next line."""
        need(self.left, "ends too early")
        return self.left.pop(0)

    def field(self, word: str) -> str:
        """What stands behind the word that the next line begins with."""
        line = self.line()
        need(line.startswith(word + " "), f"{word!r} should stand where {line!r} does")
        return line[len(word) + 1 :]

    def path(self) -> list[bytes]:
        """A counted list of hashes."""
        return [unbase64(self.line(), 32) for _ in range(min(decimal(self.field("path")), len(self.left) + 1))]

    def rest(self) -> bytes:
        """Whatever follows the empty line that comes next."""
        need(self.line() == "", "an empty line is missing")
        left, self.left = self.left, []
        return "".join(line + "\n" for line in left).encode()


# --- The Merkle tree (section 2) ---


def derived(context: str) -> bytes:
    """The key that is derived from a context."""
    return blake3(derive_key_context=context).digest()


class Tree:
    """The two hashes of a tree, and the proofs of RFC 9162 over them."""

    def __init__(self, leaf: str, node: str):
        self.leaf_key, self.node_key = derived(leaf), derived(node)

    def leaf(self, data: bytes) -> bytes:
        """The hash of one leaf."""
        return blake3(data, key=self.leaf_key).digest()

    def node(self, left: bytes, right: bytes) -> bytes:
        """The hash of two subtrees."""
        return blake3(left + right, key=self.node_key).digest()

    def root(self, leaves: list[bytes]) -> bytes:
        """The root over leaves that are all there."""
        growing = Growing(self)
        for leaf in leaves:
            growing.push(leaf)
        return growing.root()

    def includes(self, leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
        """RFC 9162, section 2.1.3.2."""
        if not 0 <= index < size:
            return False
        fn, sn, r = index, size - 1, leaf
        for p in path:
            if sn == 0:
                return False
            if fn & 1 or fn == sn:
                r = self.node(p, r)
                while not fn & 1 and fn != 0:
                    fn, sn = fn >> 1, sn >> 1
            else:
                r = self.node(r, p)
            fn, sn = fn >> 1, sn >> 1
        return sn == 0 and r == root

    def extends(self, first: int, second: int, first_root: bytes, second_root: bytes, path: list[bytes]) -> bool:
        """RFC 9162, section 2.1.4.2; and for equal sizes an empty path and equal roots."""
        if not 0 < first <= second:
            return False
        if first == second:
            return not path and first_root == second_root
        if not path:
            return False
        if first & (first - 1) == 0:
            path = [first_root, *path]
        fn, sn = first - 1, second - 1
        while fn & 1:
            fn, sn = fn >> 1, sn >> 1
        fr = sr = path[0]
        for c in path[1:]:
            if sn == 0:
                return False
            if fn & 1 or fn == sn:
                fr, sr = self.node(c, fr), self.node(c, sr)
                while not fn & 1 and fn != 0:
                    fn, sn = fn >> 1, sn >> 1
            else:
                sr = self.node(sr, c)
            fn, sn = fn >> 1, sn >> 1
        return fr == first_root and sr == second_root and sn == 0


class Growing:
    """A tree that leaves are added to: the roots of its full subtrees, from the largest."""

    def __init__(self, tree: Tree):
        self.tree, self.size, self.full = tree, 0, []

    def push(self, leaf: bytes) -> None:
        """Adds a leaf and closes every subtree that it fills."""
        self.full.append(leaf)
        self.size += 1
        closed = self.size
        while closed & 1 == 0:
            right = self.full.pop()
            self.full.append(self.tree.node(self.full.pop(), right))
            closed >>= 1

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self.full:
            return blake3(key=self.tree.node_key).digest()
        root = self.full[-1]
        for left in reversed(self.full[:-1]):
            root = self.tree.node(left, root)
        return root


LOG = Tree("carestore v1 leaf", "carestore v1 node")
ACCOUNTS = Tree("carestore v1 account leaf", "carestore v1 account node")

# --- Checkpoints (section 3) ---

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
COOP = "[a-z][a-z0-9-]{1,38}[a-z0-9]"


def typed(size: int, root: bytes) -> str:
    """The line that can be typed."""
    bits = int.from_bytes(root[:15])
    letters = "".join(LETTERS[bits >> shift & 31] for shift in range(115, -1, -5))
    return f"{size} " + "-".join(letters[at : at + 4] for at in range(0, 24, 4))


def read_typed(line: str) -> tuple[int, bytes]:
    """The size and the first 15 bytes of the root that a person typed."""
    size, _, letters = line.partition(" ")
    letters = re.sub("[ -]", "", letters).upper().translate(str.maketrans("OIL", "011"))
    need(re.fullmatch(f"[{LETTERS}]{{24}}", letters), f"not a line of a checkpoint: {line!r}")
    bits = 0
    for letter in letters:
        bits = bits << 5 | LETTERS.index(letter)
    return decimal(size.replace(",", "")), bits.to_bytes(15)


class VerifierKey(NamedTuple):
    """A key that checkpoints are signed by."""

    name: str
    id: bytes
    key: bytes

    @classmethod
    def of(cls, name: str, key: bytes) -> "VerifierKey":
        """The key under a name."""
        return cls(name, hashlib.sha256(name.encode() + b"\n\x01" + key).digest()[:4], key)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{in_base64(bytes([1]) + self.key)}"


def verifier_key(text: str) -> VerifierKey:
    """Reads name, key id and key, and sees that the id is theirs."""
    name, *more = text.split("+", 2)
    need(name and not re.search(r"\s", name) and len(more) == 2, f"not a verifier key: {text!r}")
    data = unbase64(more[1], 33)
    need(data[0] == 1 and ed25519.read(data[1:]), "not a key of Ed25519, or a weak one")
    key = VerifierKey.of(name, data[1:])
    need(more[0] == key.id.hex(), f"a key id that is not that of its key: {more[0]!r}")
    return key


def rotation(origin: str, old: bytes, new: bytes) -> bytes:
    """What the old key and the new one sign."""
    return "".join(f"{line}\n" for line in ("carestore key rotation v1", origin, in_base64(old), in_base64(new))).encode()


class Checkpoint(NamedTuple):
    """What a signed note says, and who signed it: names, key ids and signatures."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: list[tuple[str, bytes, bytes]]

    def signed(self, known: list[VerifierKey]) -> None:
        """Sees that every line of a known key is by it, and that one of them speaks for this origin."""
        by = {(key.name, key.id): key for key in known}
        lines = [(by[name, own], data) for name, own, data in self.signatures if (name, own) in by]
        need(all(ed25519.signs(key.key, self.text, data) for key, data in lines), "a signature is not by its key")
        need(any(key.name == self.origin for key, _ in lines), f"no signature by a known key of {self.origin}")


def checkpoint(note: bytes) -> Checkpoint:
    """Reads a signed note."""
    lines = Lines(note)
    need(len(note) <= 65_536, f"a checkpoint of {len(note)} bytes")
    need(not any(re.search("[\x00-\x1f\x7f-\x9f]", line) for line in lines.left), "a control character in a checkpoint")
    origin, size, root = lines.line(), decimal(lines.line()), unbase64(lines.line(), 32)
    need(re.fullmatch(f"carestore/{COOP}/[0-9a-f]{{16}}/blake3", origin), f"not the origin of a log: {origin!r}")
    need(size, "a checkpoint of a log without an entry")
    while lines.left and lines.left[0]:
        lines.line()
    text = note[: note.find(b"\n\n") + 1]
    signatures = []
    for line in Lines(lines.rest()).left:
        found = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
        need(found, f"not a signature line: {line!r}")
        data = unbase64(found[2])
        need(len(data) > 4, "a signature without bytes")
        signatures.append((found[1], data[:4], data[4:]))
    need(1 <= len(signatures) <= 100, f"a checkpoint with {len(signatures)} signatures")
    return Checkpoint(origin, size, root, text, signatures)


def checkpoints(data: bytes) -> Iterator[Checkpoint]:
    """Reads the file of checkpoints, whose sizes go up."""
    last = 0
    while data:
        line, end, data = data.partition(b"\n")
        length = decimal(Lines(line + end).field("checkpoint"))
        need(length <= len(data), "the last checkpoint ends too early")
        note, data = checkpoint(data[:length]), data[length:]
        need(note.size > last, f"the checkpoint of size {note.size} stands behind that of size {last}")
        last = note.size
        yield note
