"""Tests of the twin against itself: bundles, receipts and proofs that are made here from the page's definitions.

    python tests/twin/test_twin.py

They need a descriptor set of `carestore/log/v1/entry.proto`: the file that CARESTORE_DESCRIPTORS names, or else one made
by grpcio-tools where that is installed. Trees and paths are made by the recursive definitions of RFC 9162, sections 2.1.1,
2.1.3.1 and 2.1.4.1, and the twin checks them by its algorithms, 2.1.3.2 and 2.1.4.2.
"""

import contextlib
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from blake3 import blake3
from google.protobuf import descriptor_pb2

import twin
from forms import ACCOUNTS, LOG, Broken, Growing, checkpoint, decimal, in_base64, read_typed, typed, unbase64
from forms import verifier_key
from proofs import balance, receipt
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


# --- A log that is made here ---


class Log:
    """Entries, keys, checkpoints and files, each of which a test may spoil before it is written."""

    def __init__(self):
        self.entries, self.leaves, self.notes, self.of, self.keys = [], [], [], {}, []
        founding = self.entry()
        founding.coop_founded.coop = "colne-valley"
        self.add(founding)
        self.origin = f"carestore/colne-valley/{self.leaves[0].hex()[:16]}/blake3"
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

    def sealed(self):
        """A seal that is right."""
        entry = self.entry()
        seal = entry.state_sealed
        seal.through_position, seal.accounts = entry.position - 1, len(self.of)
        seal.accounts_root = root(ACCOUNTS, [ACCOUNTS.leaf(record) for record in self.records()])
        for word, kind in (("member", 1), ("held", 2), ("pot", 3), ("commons", 4)):
            setattr(seal, f"{word}_minutes", self.sum(1, kind))
        seal.fund_pence, seal.stock_items, seal.with_member_items = self.sum(2, 1), self.sum(3, 2), self.sum(3, 3)
        return entry

    def sum(self, unit, kind):
        """What all accounts of a kind come to."""
        return sum(balance for key, balance in self.of.items() if key[:2] == (unit, kind))

    def key(self, public):
        """A verifier key, as text."""
        digest = hashlib.sha256(self.origin.encode() + b"\n\x01" + public).digest()
        return "+".join([self.origin, digest[:4].hex(), in_base64(b"\x01" + public)])

    def rotate(self, public):
        """Goes on to another key."""
        entry = self.entry()
        change = entry.signing_key_rotated
        change.old_key, change.new_key = verifier_key(self.keys[-1]).key, public
        change.old_signature = change.new_signature = bytes(64)
        self.keys.append(self.key(public))
        self.add(entry)

    def note(self, **other):
        """A checkpoint of all entries so far, or one with something else in it."""
        size = other.get("size", len(self.entries))
        own = other.get("root", root(LOG, self.leaves))
        name, key_id, _ = verifier_key(other.get("key", self.keys[-1]))
        text = f"{other.get('origin', self.origin)}\n{size}\n{in_base64(own)}\n{other.get('extension', '')}\n"
        lines = [f"— witness.example/w {in_base64(bytes(76))}\n"] * other.get("witnesses", 16)
        lines.append(f"— {name} {in_base64(key_id + bytes(64))}\n")
        return (text + "".join(lines)).encode()

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


class InFolder(unittest.TestCase):
    """Writes bundles and audits them."""

    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)

    def write(self, log, files=None, manifest=None):
        """Writes a bundle, with these files and this manifest if they are given."""
        files = log.files() if files is None else files
        for name, data in {**files, "MANIFEST": log.manifest(files) if manifest is None else manifest}.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_bytes(data)

    def audit(self):
        """What the command prints, says on stderr, and leaves with."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            with mock.patch.object(sys, "argv", ["twin.py", "audit", str(self.folder)]):
                try:
                    twin.main()
                    code = 0
                except SystemExit as left:
                    code = left.code
        return code, out.getvalue(), err.getvalue()

    def broken(self, log, why, files=None, manifest=None):
        """Sees that a bundle is refused for the reason that it should be."""
        self.write(log, files, manifest)
        code, out, err = self.audit()
        self.assertEqual((code, out), (20, ""), err)
        self.assertIn(why, err)


class Good(InFolder):
    """What holds."""

    def test_a_bundle_comes_to_its_balances(self):
        log = small()
        self.write(log)
        code, out, err = self.audit()
        self.assertEqual((code, err), (0, ""))
        found = json.loads(out)
        self.assertEqual(found["accounts"], {
            "member/1001": 30, "member/1002": 30, "pot": 60, "commons": -120, "fund/1": 5000, "source/GRANT": -5000,
            "kind/3/outside": -10, "kind/3/stock": 9, "kind/3/with/1001": 1})
        self.assertEqual(found["sums"], {"minutes": 0, "pence": 0, "items": 0, "items of kind/3": 0})
        self.assertEqual(found["totals"]["fund_pence"], 5000)
        self.assertEqual((found["checkpoints"], found["seals"]), ([1, 3, 6, 8], [2, 8]))
        self.assertEqual(found["root"], root(LOG, log.leaves).hex())
        self.assertEqual(found["line"], typed(8, root(LOG, log.leaves)))
        self.assertIn("signatures", found["not_checked"])

    def test_every_file_but_the_last_holds_4096(self):
        for size in (4096, 4097):
            log = Log()
            while len(log.entries) < size:
                log.hours(1001 + len(log.entries) % 7, 5)
            log.publish()
            with tempfile.TemporaryDirectory() as other:
                self.folder = Path(other)
                self.write(log)
                self.assertEqual(len(list(self.folder.glob("entries/*"))), 1 + (size > 4096))
                code, out, err = self.audit()
                self.assertEqual((code, err), (0, ""))
                self.assertEqual(json.loads(out)["accounts"]["commons"], -5 * (size - 1))


class Spoilt(InFolder):
    """What does not: each changes one thing, and is refused for it. Manifests are made anew unless they are what it is."""

    def entry(self, why, change, at=4):
        """A bundle in which one entry is another, with checkpoints made anew over it."""
        log = Log()
        for member in range(1001, 1004):
            log.hours(member, 10)
        while len(log.entries) < at:
            made = log.entry()
            made.member_left.member = 1001
            change(made)
            log.add(made)
        log.publish()
        self.broken(log, why)

    def transfer(self, why, change):
        """A bundle in which entry 5 has one spoilt transfer of time."""
        def spoilt(entry):
            time = entry.transfers.add().time
            getattr(time, "from").commons, time.to.member, time.minutes = True, 1001, 5
            change(time)
        self.entry(why, spoilt, at=5)

    def test_an_entry(self):
        self.entry("entry 5: it says position 6", lambda e: setattr(e, "position", 6), 5)
        self.entry("entry 5: recorded time goes back", lambda e: setattr(e, "recorded_at_unix_ms", 1_800_000_000_001), 5)
        self.entry("entry 5: the founding", lambda e: setattr(e.coop_founded, "coop", "colne-valley"), 5)
        self.entry("entry 5: it says nothing", lambda e: e.ClearField("member_left"), 5)
        self.entry("entry 5: it holds a field", lambda e: e.MergeFromString(b"\xa0\x06\x01"), 5)
        self.entry("entry 5: it holds a field", lambda e: e.member_left.MergeFromString(b"\xa0\x06\x01"), 5)
        self.entry("entry 5: an entry of", lambda e: setattr(e.party_registered, "title", "x" * 16_384), 5)

    def test_a_transfer(self):
        self.transfer("entry 5: a transfer of 0", lambda t: t.ClearField("minutes"))
        self.transfer("entry 5: a transfer of -1", lambda t: setattr(t, "minutes", -1))
        self.transfer("entry 5: a transfer without", lambda t: t.ClearField("to"))
        self.transfer("entry 5: a transfer from an account to itself", lambda t: setattr(t.to, "commons", True))
        self.transfer("entry 5: an account with the number 0", lambda t: setattr(t.to, "member", 0))
        self.transfer("entry 5: an account with the number", lambda t: setattr(t.to, "member", 1 << 32))
        self.entry("entry 5: a transfer of a unit", lambda e: e.transfers.add(), 5)

    def test_a_balance_beyond_eight_bytes(self):
        def huge(entry):
            for _ in range(2):
                time = entry.transfers.add().time
                getattr(time, "from").commons, time.to.member, time.minutes = True, 1001, (1 << 63) - 1
        self.entry("entry 5: a balance beyond", huge, at=5)

    def test_cash_of_a_word_that_there_is_not(self):
        def cash(entry):
            moved = entry.transfers.add().cash
            getattr(moved, "from").source, moved.to.fund, moved.pence = 99, 1, 1
        self.entry("entry 5: no word has the number 99", cash, at=5)

    def test_a_founding_that_is_not_the_first(self):
        log = Log()
        other = log.entry()
        other.position = 1
        other.member_left.member = 1001
        log.entries, log.leaves = [], []
        log.add(other)
        log.publish()
        self.broken(log, "entry 1: the founding is the first")

    def test_an_origin_that_the_first_entry_does_not_bind(self):
        log = Log()
        log.origin = "carestore/colne-valley/0123456789abcdef/blake3"
        log.keys = [log.key(bytes(32))]
        log.publish()
        self.broken(log, "entry 1: the origin is")

    def test_a_stored_entry_that_is_changed(self):
        for position in (1, 3, 5):
            log = small()
            log.entries[position - 1] = log.entries[position - 1].replace(b"\x80\xd0", b"\x81\xd0", 1) + b"\x48\x01"
            self.broken(log, "origin" if position == 1 else f"the checkpoint of size {3 if position == 3 else 6}")

    def test_a_seal(self):
        for word in ("through_position", "accounts", "member_minutes", "held_minutes", "pot_minutes", "commons_minutes",
                     "fund_pence", "stock_items", "with_member_items"):
            log = small()
            entry = log.sealed()
            setattr(entry.state_sealed, word, getattr(entry.state_sealed, word) + 1)
            log.add(entry)
            log.publish()
            self.broken(log, "entry 9: the seal")
        log = small()
        entry = log.sealed()
        entry.state_sealed.accounts_root = bytes(32)
        log.add(entry)
        log.publish()
        self.broken(log, "entry 9: the seal's root")

    def test_a_change_of_keys(self):
        log = small()
        log.keys[1] = log.key(b"\x33" * 32)
        self.broken(log, "entry 6: a change between")
        log = small()
        del log.keys[1]
        self.broken(log, "entry 6: a change to a key")
        log = small()
        log.keys.append(log.key(b"\x33" * 32))
        self.broken(log, "3 keys, and 1 changes")
        log = small()
        log.notes[2] = Log.note(log, size=6, root=root(LOG, log.leaves[:6]), key=log.keys[0])
        self.broken(log, "entry 6: no signature by the key")

    def test_a_checkpoint(self):
        for why, other in {
            "entry 8: the checkpoint of size 8 has another root": {"root": bytes(32)},
            "entry 8: the checkpoint of size 8 is of": {"origin": "carestore/colne-valley/0000000000000000/blake3"},
            "not for the size of the bundle": {"size": 7},
            "not a number": {"size": "08"},
            "an empty line": {"extension": "\n"},
        }.items():
            log = small()
            log.notes[-1] = log.note(**other)
            self.broken(log, why if "empty" not in why else "not a signature line")
        log = small()
        log.notes.append(log.notes[-1])
        self.broken(log, "stands behind")
        log = small()
        log.notes = []
        self.broken(log, "checkpoints: none")
        log = small()
        del log.notes[-1]
        self.broken(log, "not for the size")

    def test_files(self):
        log, name = small(), "entries/000000000001-000000000008"
        good = log.files()
        for why, files in {
            "its head is another": {**good, name: b"CSENTRY2" + good[name][8:]},
            "ends within it": {**good, name: good[name][:-1]},
            "bytes behind entry 8": {**good, name: good[name] + b"\0"},
            "of no bundle": {**good, "more": b""},
            "missing, or of no bundle": {other: data for other, data in good.items() if other != "keys"},
            "ends too early": {**good, "checkpoints": good["checkpoints"][:-1]},
            "should follow": {other.replace("008", "009"): data for other, data in good.items()},
            "the last line does not end": {**good, "keys": good["keys"][:-1]},
        }.items():
            with self.subTest(why), tempfile.TemporaryDirectory() as other:
                self.folder = Path(other)
                self.broken(log, why, files)

    def test_words_that_mean_something_else(self):
        log, good = small(), small().files()
        for message, change in {
            "TimeTransfer": lambda m: (setattr(m.field[0], "number", 2), setattr(m.field[1], "number", 1)),
            "CashTransfer": lambda m: (setattr(m.field[0], "name", "to"), setattr(m.field[1], "name", "from")),
            "StateSealed": lambda m: setattr(m.field[3], "type", m.field[0].type),
            "TimeAccount": lambda m: [field.ClearField("oneof_index") for field in m.field],
            "Transfer": lambda m: setattr(m.field[0], "type_name", ".carestore.log.v1.CashTransfer"),
            "Entry": lambda m: [setattr(field, "label", 1) for field in m.field],
            "CashSource": lambda m: setattr(m.value[1], "name", "CASH_SOURCE_GIFT"),
            "KindAccount": lambda m: setattr(m, "name", "OtherAccount"),
        }.items():
            words = descriptor_pb2.FileDescriptorSet.FromString(SET)
            with self.subTest(message):
                both = [*words.file[0].message_type, *words.file[0].enum_type]
                change(next(found for found in both if found.name == message))
                self.broken(log, "the words", {**good, "entry.binpb": words.SerializeToString()})

    def test_manifests(self):
        log = small()
        good = log.manifest(log.files())
        lines = good.decode().splitlines(keepends=True)
        again = lambda some: "".join(some).encode() + f"manifest {blake3(''.join(some).encode()).hexdigest()}\n".encode()
        self.assertEqual(again(lines[:-1]), good)
        for why, manifest in {
            "its own hash": good.replace(b"size 8", b"size 9"),
            "not a bundle": again(["carestore bundle v2\n", *lines[1:-1]]),
            "not a number": again([*lines[:2], "size 08\n", *lines[3:-1]]),
            "not sorted": again([*lines[:3], lines[4], lines[3], *lines[5:-1]]),
            "the last line": good[:-1],
            "MANIFEST": again([*lines[:3], lines[3].upper(), *lines[4:-1]]),
        }.items():
            with self.subTest(why):
                self.broken(log, why, manifest=manifest)

    def test_files_beside_the_manifest(self):
        log = small()
        for name, data in log.files().items():
            with self.subTest(name), tempfile.TemporaryDirectory() as other:
                self.folder = Path(other)
                self.write(log)
                (self.folder / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
                code, _, err = self.audit()
                self.assertEqual(code, 20)
                self.assertIn(f"{name}: its hash", err)
        self.write(log)
        (self.folder / "entries" / "note").write_bytes(b"")
        self.assertIn("not in the manifest: ['entries/note']", self.audit()[2])
        (self.folder / "entries" / "note").unlink()
        (self.folder / "keys").unlink()
        self.assertIn("missing, or not in the manifest: ['keys']", self.audit()[2])


class Proofs(unittest.TestCase):
    """Paths, receipts and proofs of balances."""

    LEAVES = [LOG.leaf(bytes([i])) for i in range(34)]
    SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33]

    def test_a_growing_tree_has_the_roots_of_the_definition(self):
        growing = Growing(LOG)
        for size in range(len(self.LEAVES)):
            self.assertEqual(growing.root(), root(LOG, self.LEAVES[:size]))
            growing.push(self.LEAVES[size])

    def test_inclusion(self):
        for size in self.SIZES:
            leaves = self.LEAVES[:size]
            top = root(LOG, leaves)
            for index in range(size):
                good = path(LOG, index, leaves)
                self.assertTrue(LOG.includes(leaves[index], index, size, good, top))
                self.assertFalse(LOG.includes(self.LEAVES[33], index, size, good, top))
                self.assertFalse(LOG.includes(leaves[index], index, size, good, bytes(32)))
                self.assertFalse(LOG.includes(leaves[index], index, size, [*good, top], top))
                self.assertFalse(LOG.includes(leaves[index], size, size, good, top))
                self.assertFalse(LOG.includes(leaves[index], -1, size, good, top))
                for other in set(range(size)) - {index}:
                    self.assertFalse(LOG.includes(leaves[index], other, size, good, top))
                for at in range(len(good)):
                    self.assertFalse(LOG.includes(leaves[index], index, size, good[:at] + good[at + 1 :], top))

    def test_consistency(self):
        for second in self.SIZES:
            for first in range(1, second + 1):
                good = subproof(LOG, first, self.LEAVES[:second])
                roots = root(LOG, self.LEAVES[:first]), root(LOG, self.LEAVES[:second])
                self.assertTrue(LOG.extends(first, second, *roots, good))
                self.assertFalse(LOG.extends(first, second, bytes(32), roots[1], good))
                self.assertFalse(LOG.extends(first, second, roots[0], bytes(32), good))
                self.assertFalse(LOG.extends(first, second, *roots, [*good, roots[0]]))
                self.assertFalse(LOG.extends(0, second, *roots, good))
                self.assertFalse(LOG.extends(second + 1, second, *roots, good))
                for at in range(len(good)):
                    self.assertFalse(LOG.extends(first, second, *roots, good[:at] + [bytes(32)] + good[at + 1 :]))
                    self.assertFalse(LOG.extends(first, second, *roots, good[:at] + good[at + 1 :]))

    def test_receipts(self):
        log = small()
        for position in range(1, 9):
            self.assertEqual(receipt(WORDS, log.receipt(position))["position"], position)
            self.assertEqual(receipt(WORDS, log.receipt(position, "leaf"))["event"], None)
        good = log.receipt(3)
        for old, new in {
            b"receipt v1": b"receipt v2", b"position 3": b"position 4", b"path 3": b"path 2", b"\nkey ": b"\n\nkey ",
            b"entry ": b"leaf ", b"\n8\n": b"\n9\n", b"position 3\n": b"position 3 \n", b"path 3\n": b"path 03\n",
        }.items():
            self.assertIn(old, good)
            with self.assertRaises(Broken):
                receipt(WORDS, good.replace(old, new, 1))
        moved = log.receipt(3).replace(in_base64(log.entries[2]).encode(), in_base64(log.entries[3]).encode())
        with self.assertRaisesRegex(Broken, "says position 4"):
            receipt(WORDS, moved)

    def test_a_key_speaks_only_for_its_origin(self):
        log = small()
        good = log.receipt(3)
        log.origin = log.origin.replace("colne", "calder")
        other = log.key(b"\x22" * 32)
        with self.assertRaisesRegex(Broken, "does not speak"):
            receipt(WORDS, good.replace(log.keys[-1].encode(), other.encode()))

    def test_balances(self):
        log = small()
        found = [balance(WORDS, log.balance(index, 8)) for index in range(9)]
        self.assertEqual({one["account"]: one["balance"] for one in found}["kind/3/stock"], 9)
        good = log.balance(0, 8)
        less = in_base64(RECORD.pack(1, 1, 0, 1001, 31)).encode()
        for old, new in {
            b"index 0": b"index 1", b"position 8": b"position 7", in_base64(log.records()[0]).encode(): less,
            b"balance v1": b"receipt v1",
        }.items():
            self.assertIn(old, good)
            with self.assertRaises(Broken):
                balance(WORDS, good.replace(old, new, 1))
        with self.assertRaisesRegex(Broken, "seals nothing"):
            balance(WORDS, log.balance(0, 7))


class Text(unittest.TestCase):
    """Strict text."""

    def test_numbers(self):
        self.assertEqual([decimal("0"), decimal("10")], [0, 10])
        for bad in ("", "01", "+1", "-1", " 1", "1\n", "1_0", "\u0661"):
            with self.assertRaises(Broken):
                decimal(bad)

    def test_base_64(self):
        self.assertEqual(unbase64("AQ=="), b"\x01")
        for bad in ("AQ", "AQ=", "AR==", "AQ==\n", " AQ==", "A-_=", "AQ==AQ==", "\u0410Q=="):
            with self.assertRaises(Broken):
                unbase64(bad)

    def test_lines_that_are_typed(self):
        own = bytes(range(100, 132))
        line = typed(8213, own)
        self.assertRegex(line, "^8213 [0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){5}$")
        self.assertEqual(read_typed(line.lower()), (8213, own[:15]))
        self.assertEqual(read_typed("1 OIL0-oil0-0000-0000-0000-0000")[1][:3], bytes([0, 0x42, 0]))
        for bad in (line[:-1], line.replace("-", ""), line + "0", "08213" + line[4:], line[:-1] + "U"):
            with self.assertRaises(Broken):
                read_typed(bad)

    def test_notes(self):
        log = small()
        good = log.note()
        self.assertEqual(len(checkpoint(good).signatures), 17)
        for bad in (good[:-1], good.replace("—".encode(), b"-"), good.split(b"\n\n")[0] + b"\n\n", good + b"\n", good + b"x\n",
                    good.replace(b"\n8\n", b"\n8\r\n"), good.replace(b"\n\n", b"\n"), b"\xff" + good):
            with self.assertRaises(Broken):
                checkpoint(bad)

    def test_keys(self):
        good = small().keys[0]
        for bad in (good[:-1], good.replace("+", "-", 1), good.replace("colne", "calder"), "+" + good, good.upper()):
            with self.assertRaises(Broken):
                verifier_key(bad)


class Golden(unittest.TestCase):
    """The stored bytes of every kind."""

    def test_every_kind_reads_as_what_its_text_says(self):
        found = list(twin.golden(WORDS, PROTO / "golden"))
        self.assertGreater(len(found), 30)
        moved = {one["file"]: one["transfers"] for one in found}
        self.assertEqual(moved["50-CashSpent.hex"], [["fund/17", "use/OTHER", 130286495225]])
        self.assertEqual(moved["35-HoursRecorded-2.hex"], [["commons", "member/1063", 596]])


if __name__ == "__main__":
    unittest.main()
