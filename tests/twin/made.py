"""What the twin's tests are made of: a log, its bundle, receipts and proofs, from the page's definitions.

A descriptor set of `carestore/log/v1/entry.proto` is needed: the file that CARESTORE_DESCRIPTORS names, or else one made by
grpcio-tools where that is installed. Trees and paths are made by the recursive definitions of RFC 9162, sections 2.1.1,
2.1.3.1 and 2.1.4.1, and the twin checks them by its algorithms, 2.1.3.2 and 2.1.4.2.
"""

import hashlib
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from blake3 import blake3

import ed25519
from forms import ACCOUNTS, LOG, VerifierKey, in_base64, rotation, verifier_key
from words import RECORD, Words

PROTO = Path(__file__).resolve().parents[2] / "proto"


def descriptors() -> bytes:
    """A descriptor set of entry.proto."""
    if named := os.environ.get("CARESTORE_DESCRIPTORS"):
        return Path(named).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "entry.binpb"
        protoc = [sys.executable, "-m", "grpc_tools.protoc", "--include_imports", f"--descriptor_set_out={made}"]
        subprocess.run([*protoc, "-I", PROTO, "carestore/log/v1/entry.proto"], check=True)
        return made.read_bytes()


SET = descriptors()
WORDS = Words(SET)


# --- The definitions of RFC 9162, by recursion ---


def half(n: int) -> int:
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def root(tree, leaves):
    """Section 2.1.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else blake3(key=tree.node_key).digest()
    k = half(len(leaves))
    return tree.node(root(tree, leaves[:k]), root(tree, leaves[k:]))


def path(tree, m, leaves):
    """Section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = half(len(leaves))
    if m < k:
        return path(tree, m, leaves[:k]) + [root(tree, leaves[k:])]
    return path(tree, m - k, leaves[k:]) + [root(tree, leaves[:k])]


def subproof(tree, m, leaves, whole=True):
    """Section 2.1.4.1."""
    if m == len(leaves):
        return [] if whole else [root(tree, leaves)]
    k = half(len(leaves))
    if m <= k:
        return subproof(tree, m, leaves[:k], whole) + [root(tree, leaves[k:])]
    return subproof(tree, m - k, leaves[k:], False) + [root(tree, leaves[:k])]


def signature(seed, text):
    """Section 5.1.6 of RFC 8032."""
    digest, key = hashlib.sha512(seed).digest(), ed25519.public(seed)
    secret = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    r = int.from_bytes(hashlib.sha512(digest[32:] + text).digest(), "little") % ed25519.ORDER
    start = ed25519.written(ed25519.times(r, ed25519.BASE))
    k = int.from_bytes(hashlib.sha512(start + key + text).digest(), "little")
    return start + ((r + k * secret) % ed25519.ORDER).to_bytes(32, "little")


# --- A log that is made here ---


class Log:
    """Entries, keys, checkpoints and files, each of which a test may spoil before it is written."""

    def __init__(self):
        self.entries, self.leaves, self.notes, self.of, self.keys = [], [], [], {}, []
        founding = self.entry()
        founding.coop_founded.coop = "colne-valley"
        self.add(founding)
        self.origin = f"carestore/colne-valley/{self.leaves[0].hex()[:16]}/blake3"
        self.seeds = {}
        self.keys.append(self.key(b"\x11" * 32))

    def entry(self):
        """An entry that can be added next."""
        entry = WORDS.make()
        entry.position = len(self.entries) + 1
        entry.recorded_at_unix_ms = 1_800_000_000_000 + entry.position // 2
        return entry

    def add(self, entry):
        """Adds an entry as it is."""
        self.entries.append(entry.SerializeToString())
        self.leaves.append(LOG.leaf(self.entries[-1]))

    def moved(self, key, amount):
        """Keeps count of an account as (unit, kind, offer, number)."""
        self.of[key] = self.of.get(key, 0) + amount

    def hours(self, member, minutes):
        """Hours out of the commons into a member's account."""
        entry = self.entry()
        entry.hours_recorded.help.giver = member
        time = entry.transfers.add().time
        getattr(time, "from").commons, time.to.member, time.minutes = True, member, minutes
        self.moved((1, 4, 0, 0), -minutes)
        self.moved((1, 1, 0, member), minutes)
        self.add(entry)

    def cash(self, fund, pence):
        """A grant into a fund."""
        entry = self.entry()
        entry.cash_received.fund = fund
        cash = entry.transfers.add().cash
        getattr(cash, "from").source, cash.to.fund, cash.pence = 1, fund, pence
        self.moved((2, 2, 0, 1), -pence)
        self.moved((2, 1, 0, fund), pence)
        self.add(entry)

    def vouchers(self, offer, items, member, minutes):
        """Vouchers into stock, and one of them for minutes to a member."""
        entry = self.entry()
        entry.voucher_issued.offer = offer
        for out, into, count in (("outside", "stock", items), ("stock", "with_member", 1)):
            kind = entry.transfers.add().kind
            kind.offer, kind.items = offer, count
            setattr(getattr(kind, "from"), out, True)
            setattr(kind.to, into, True if into == "stock" else member)
        time = entry.transfers.add().time
        getattr(time, "from").member, time.to.pot, time.minutes = member, True, minutes
        for key, amount in (((3, 1, offer, 0), -items), ((3, 2, offer, 0), items - 1), ((3, 3, offer, member), 1)):
            self.moved(key, amount)
        self.moved((1, 1, 0, member), -minutes)
        self.moved((1, 3, 0, 0), minutes)
        self.add(entry)

    def records(self):
        """The records of all accounts."""
        return sorted(RECORD.pack(*key, balance) for key, balance in self.of.items())

    def accounts_root(self):
        """The root over them."""
        return root(ACCOUNTS, [ACCOUNTS.leaf(record) for record in self.records()])

    def sealed(self):
        """A seal that is right."""
        entry = self.entry()
        seal = entry.state_sealed
        seal.through_position, seal.accounts, seal.reducer_version = entry.position - 1, len(self.of), 1
        seal.accounts_root = self.accounts_root()
        for word, kind in (("member", 1), ("held", 2), ("pot", 3), ("commons", 4)):
            setattr(seal, f"{word}_minutes", self.sum(1, kind))
        seal.fund_pence, seal.stock_items, seal.with_member_items = self.sum(2, 1), self.sum(3, 2), self.sum(3, 3)
        return entry

    def sum(self, unit, kind):
        """What all accounts of a kind come to."""
        return sum(balance for key, balance in self.of.items() if key[:2] == (unit, kind))

    def key(self, seed):
        """The verifier key of a seed, as text."""
        key = VerifierKey.of(self.origin, ed25519.public(seed))
        self.seeds[key.key] = seed
        return str(key)

    def signed(self, key, text):
        """A signature by a key that was made here."""
        return signature(self.seeds[verifier_key(key).key], text)

    def rotate(self, seed, **other):
        """Goes on to another key; a test may give another signature."""
        entry = self.entry()
        change, old, new = entry.signing_key_rotated, self.keys[-1], self.key(seed)
        change.old_key, change.new_key = verifier_key(old).key, verifier_key(new).key
        text = rotation(self.origin, change.old_key, change.new_key)
        change.old_signature = other.get("old", self.signed(old, text))
        change.new_signature = other.get("new", self.signed(new, text))
        self.keys.append(new)
        self.add(entry)

    def note(self, **other):
        """A checkpoint of all entries so far, or one with something else in it."""
        size = other.get("size", len(self.entries))
        own = other.get("root", root(LOG, self.leaves))
        key = other.get("key", self.keys[-1])
        name, key_id, _ = verifier_key(key)
        text = f"{other.get('origin', self.origin)}\n{size}\n{in_base64(own)}\n{other.get('extension', '')}"
        lines = [f"— witness.example/w {in_base64(bytes(76))}\n"] * other.get("witnesses", 16)
        lines.append(f"— {name} {in_base64(key_id + other.get('signature', self.signed(key, text.encode())))}\n")
        return (text + "\n" + "".join(lines)).encode()

    def publish(self, **other):
        """Publishes a checkpoint."""
        self.notes.append(self.note(**other))

    def head(self):
        """What receipts and proofs end in."""
        return f"key {self.keys[-1]}\n\n".encode() + self.notes[-1]

    def receipt(self, position, kind="entry"):
        """A receipt for an entry."""
        shown = self.entries[position - 1] if kind == "entry" else self.leaves[position - 1]
        hashes = path(LOG, position - 1, self.leaves)
        text = ["carestore receipt v1", f"position {position}", f"{kind} {in_base64(shown)}", f"path {len(hashes)}"]
        return "".join(f"{line}\n" for line in [*text, *map(in_base64, hashes)]).encode() + self.head()

    def balance(self, index, seal):
        """The proof of a balance below the seal at a position; nothing may have moved since."""
        records = self.records()
        below = path(ACCOUNTS, index, [ACCOUNTS.leaf(record) for record in records])
        above = path(LOG, seal - 1, self.leaves)
        text = ["carestore balance v1", f"record {in_base64(records[index])}", f"index {index}", f"path {len(below)}"]
        text += [*map(in_base64, below), f"position {seal}", f"entry {in_base64(self.entries[seal - 1])}"]
        text += [f"path {len(above)}", *map(in_base64, above)]
        return "".join(f"{line}\n" for line in text).encode() + self.head()

    def files(self):
        """The files of the bundle, but for the manifest."""
        files = {name: name.encode() for name in ("README.txt", "FORMAT.md", "entry.proto")} | {"entry.binpb": SET}
        files["keys"] = "".join(f"{key}\n" for key in self.keys).encode()
        files["checkpoints"] = b"".join(b"checkpoint %d\n" % len(note) + note for note in self.notes)
        for at in range(0, len(self.entries), 4096):
            some = self.entries[at : at + 4096]
            body = b"".join(struct.pack(">I", len(stored)) + stored for stored in some)
            name = f"entries/{at + 1:012}-{at + len(some):012}"
            files[name] = b"CSENTRY1" + struct.pack(">QI", at + 1, len(some)) + body
        return files

    def manifest(self, files):
        """The manifest of files."""
        lines = ["carestore bundle v1", f"origin {self.origin}", f"size {len(self.entries)}"]
        lines += [f"{blake3(data).hexdigest()} {len(data)} {name}" for name, data in sorted(files.items())]
        text = "".join(f"{line}\n" for line in lines).encode()
        return text + f"manifest {blake3(text).hexdigest()}\n".encode()


def small() -> Log:
    """A log with all that a bundle can hold."""
    log = Log()
    log.publish()
    log.add(log.sealed())
    log.hours(1001, 90)
    log.publish(extension="seen at the meeting\n")
    log.hours(1002, 30)
    log.cash(1, 5000)
    log.rotate(b"\x22" * 32)
    log.publish()
    log.vouchers(3, 10, 1001, 60)
    log.add(log.sealed())
    log.publish()
    return log
