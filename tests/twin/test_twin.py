"""Tests of the twin on bundles that are made here: good ones, and ones in which one thing is spoilt.

    python -m unittest discover -s tests/twin            (see made.py for what it needs)
"""

import contextlib
import io
import json
import re
import shutil
import struct
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from blake3 import blake3
from google.protobuf import descriptor_pb2

import twin
from forms import LOG, typed
from made import SET, WORDS, Log, root, small
from words import Words


class InFolder(unittest.TestCase):
    """Writes bundles and audits them."""

    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name) / "bundle"
        self.folder.mkdir()

    def write(self, log, files=None, manifest=None):
        """Writes a bundle, with these files and this manifest if they are given."""
        files = log.files() if files is None else files
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, data in {**files, "MANIFEST": log.manifest(files) if manifest is None else manifest}.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
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
        self.assertEqual(found["keys"], log.keys)
        self.assertEqual(len(found["not_checked"]), 3)

    def test_every_file_but_the_last_holds_4096(self):
        for size in (4096, 4097):
            log = Log()
            while len(log.entries) < size:
                log.hours(1001 + len(log.entries) % 7, 5)
            log.publish()
            with tempfile.TemporaryDirectory() as other:
                self.folder = Path(other) / "bundle"
                self.folder.mkdir()
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
        self.entry("entry 5: it is not written in the one way", lambda e: e.MergeFromString(b"\xa0\x06\x01"), 5)
        self.entry("entry 5: it is not written in the one way", lambda e: e.member_left.MergeFromString(b"\xa0\x06\x01"), 5)
        self.entry("entry 5: an entry of", lambda e: setattr(e.party_registered, "title", "x" * 16_384), 5)

    def test_a_transfer(self):
        self.transfer("entry 5: a transfer of 0", lambda t: t.ClearField("minutes"))
        self.transfer("entry 5: a transfer of -1", lambda t: setattr(t, "minutes", -1))
        self.transfer("entry 5: a transfer without", lambda t: t.ClearField("to"))
        self.transfer("entry 5: a transfer from an account to itself", lambda t: setattr(t.to, "commons", True))
        self.transfer("entry 5: no account: (1, 1, 0, 0)", lambda t: setattr(t.to, "member", 0))
        self.transfer("entry 5: no account: (1, 1, 0, 4294967296)", lambda t: setattr(t.to, "member", 1 << 32))
        self.entry("entry 5: a transfer of a unit", lambda e: e.transfers.add(), 5)

    def test_a_balance_beyond_eight_bytes(self):
        def huge(entry):
            for _ in range(2):
                time = entry.transfers.add().time
                getattr(time, "from").commons, time.to.member, time.minutes = True, 1001, (1 << 63) - 1
        self.entry("entry 5: a balance beyond", huge, at=5)

    def test_an_offer_without_a_number(self):
        def kind(entry, offer):
            moved = entry.transfers.add().kind
            getattr(moved, "from").outside, moved.to.stock, moved.items, moved.offer = True, True, 1, offer
        for offer in (0, -1, 1 << 32):
            self.entry("entry 5: no account", lambda e, offer=offer: kind(e, offer), at=5)

    def test_cash_of_a_word_that_there_is_not(self):
        def cash(entry):
            moved = entry.transfers.add().cash
            getattr(moved, "from").source, moved.to.fund, moved.pence = 99, 1, 1
        self.entry("entry 5: no account: CashSource has no word 99", cash, at=5)

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
        for position, why in ((1, "entry 1: the origin is"), (3, "size 3 has another root than the entries: one from 2 to 3"),
                              (5, "size 6 has another root than the entries: one from 4 to 6")):
            log = small()
            other = WORDS.make.FromString(log.entries[position - 1])
            other.on_behalf_of = 1001
            log.entries[position - 1] = other.SerializeToString()
            self.broken(log, why)

    def test_an_entry_that_is_not_written_in_the_one_way(self):
        def varint(number):
            """A number in the fewest bytes."""
            return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)

        ways = {
            "a field twice": lambda e: e[:2] + e,
            "out of order": lambda e: e[2:] + e[:2],
            "a varint too long": lambda e: e[:1] + bytes([e[1] | 128, 0]) + e[2:],
            "a default that stands there": lambda e: e[:2] + e[2:9] + b"\x18\x00" + e[9:],
            "a field without words": lambda e: e + varint(1000 << 3) + b"\x01",
            "a message in two parts": lambda e: e + b"\xba\x02\x00",
        }
        for name, way in ways.items():
            with self.subTest(name):
                log = small()
                log.entries[2] = way(log.entries[2])
                self.assertTrue(WORDS.make.FromString(log.entries[2]).position)
                self.broken(log, "entry 3: it is not written in the one way")

    def test_a_seal_of_a_reducer_that_is_not_known(self):
        log = small()
        entry = log.sealed()
        entry.state_sealed.reducer_version, entry.state_sealed.member_minutes = 2, 1
        log.add(entry)
        log.publish()
        self.write(log)
        found = json.loads(self.audit()[1])
        self.assertEqual((found["seals"], found["seals_of_an_unknown_reducer"]), ([2, 8], [9]))

    def test_a_loss_that_does_not_begin_where_it_stands(self):
        def loss(entry, first):
            entry.loss_accepted.first_position, entry.loss_accepted.last_position = first, 9
        self.entry("entry 5: a loss", lambda entry: loss(entry, 4), at=5)

    def test_a_byte_of_an_entry_that_is_flipped(self):
        log, name = small(), "entries/000000000001-000000000008"
        good = log.files()[name]
        starts = [20]
        for stored in log.entries:
            starts.append(starts[-1] + 4 + len(stored))
        for at in range(20, len(good), 7):
            self.write(log)
            (self.folder / name).write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            code, out, err = self.audit()
            self.assertEqual((code, out), (20, ""))
            self.assertIn(f"{name}: its hash is another than the manifest's", err)
            position = sum(start <= at for start in starts)
            # The entry itself, or one before the next checkpoint.
            named = re.search("entry ([0-9]+)", err)
            self.assertLessEqual(position, int(named[1]))
            self.assertLessEqual(int(named[1]), {1: 1, 2: 3, 3: 3}.get(position, 6 if position < 7 else 8))

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
        for which in ("old", "new"):
            for other in (b"", bytes(63), bytes(64)):
                log = Log()
                log.rotate(b"\x22" * 32, **{which: other})
                log.publish()
                self.broken(log, f"entry 2: a change that the {which} key did not sign")
        log = small()
        log.keys[0] = log.keys[0].replace("colne", "calder")
        self.broken(log, "a key id")
        log, origin = small(), small().origin
        log.origin = origin.replace("colne", "calder")
        log.keys.append(log.key(b"\x33" * 32))
        log.origin = origin
        self.broken(log, "keys: of another origin")
        log = small()
        self.broken(log, "keys: none", {**log.files(), "keys": b""})
        log = small()
        del log.keys[1]
        self.broken(log, "entry 6: a change to a key")
        log = small()
        log.keys.append(log.key(b"\x33" * 32))
        self.broken(log, "3 keys, and 1 changes")
        log = small()
        log.notes[2] = Log.note(log, size=6, root=root(LOG, log.leaves[:6]), key=log.keys[0])
        self.broken(log, "entry 6: no signature by a known key")

    def test_a_checkpoint(self):
        for why, other in {
            "entry 8: the checkpoint of size 8 has another root": {"root": bytes(32)},
            "entry 8: the checkpoint of size 8 is of": {"origin": "carestore/colne-valley/0000000000000000/blake3"},
            "not for the size of the bundle": {"size": 7},
            "bytes instead of 32": {"root": bytes(31)},
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

    def test_a_name_that_no_co_op_has(self):
        for name in ("", "Colne", "colne valley", "colne/valley", "colne\n"):
            log = Log()
            log.entries, log.leaves = [], []
            founding = log.entry()
            founding.coop_founded.coop = name
            log.add(founding)
            log.publish()
            self.broken(log, "entry 1: not the name of a co-op")

    def test_entries_in_other_files(self):
        log = small()
        good = log.files()
        empty = {**good, "entries/000000000009-000000000008": b"CSENTRY1" + struct.pack(">QI", 9, 0)}
        self.broken(log, "position 4097 to 8 should follow", empty)

    def test_entries_that_are_missing(self):
        log = small()
        files = {name: data for name, data in log.files().items() if not name.startswith("entries")}
        self.broken(log, "MANIFEST: entries are missing", files)

    def test_a_file_that_is_a_link(self):
        log = small()
        self.write(log)
        with tempfile.TemporaryDirectory() as other:
            (self.folder / "keys").rename(Path(other) / "keys")
            (self.folder / "keys").symlink_to(Path(other) / "keys")
            self.assertIn("keys: not a plain file", self.audit()[2])

    def test_files(self):
        log, name = small(), "entries/000000000001-000000000008"
        good = log.files()
        for why, files in {
            "its head is another": {**good, name: b"CSENTRY2" + good[name][8:]},
            "ends within it": {**good, name: good[name][:-1]},
            "bytes behind entry 8": {**good, name: good[name] + b"\0"},
            "no bundle has: ['more']": {**good, "more": b""},
            "does not name, or": {other: data for other, data in good.items() if other != "keys"},
            "ends too early": {**good, "checkpoints": good["checkpoints"][:-1]},
            "should follow": {other.replace("008", "009"): data for other, data in good.items()},
            "the last line does not end": {**good, "keys": good["keys"][:-1]},
        }.items():
            with self.subTest(why), tempfile.TemporaryDirectory() as other:
                self.folder = Path(other) / "bundle"
                self.folder.mkdir()
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
            "CashUse": lambda m: m.value.pop(),
            "KindAccount": lambda m: setattr(m, "name", "OtherAccount"),
        }.items():
            words = descriptor_pb2.FileDescriptorSet.FromString(SET)
            with self.subTest(message):
                both = [*words.file[0].message_type, *words.file[0].enum_type]
                change(next(found for found in both if found.name == message))
                self.broken(log, "the words", {**good, "entry.binpb": words.SerializeToString()})

    def test_words_of_another_syntax(self):
        words = descriptor_pb2.FileDescriptorSet.FromString(SET)
        words.file[0].ClearField("syntax")
        for field in (field for message in words.file[0].message_type for field in message.field):
            field.ClearField("proto3_optional")
        self.broken(small(), "is not proto3", {**small().files(), "entry.binpb": words.SerializeToString()})

    def test_a_kind_of_account_that_was_added(self):
        words = descriptor_pb2.FileDescriptorSet.FromString(SET)
        accounts = next(found for found in words.file[0].message_type if found.name == "TimeAccount")
        accounts.field.add(name="reserve", number=5, type=8, label=1, oneof_index=0)
        log = Log()
        entry = Words(words.SerializeToString()).make.FromString(log.entry().SerializeToString())
        entry.member_left.member = 1001
        time = entry.transfers.add().time
        getattr(time, "from").reserve, time.to.member, time.minutes = True, 1001, 5
        log.add(entry)
        log.publish()
        self.broken(log, "entry 2: no account: (1, 5, 0, 0)", {**log.files(), "entry.binpb": words.SerializeToString()})

    def test_manifests(self):
        def again(some):
            """These lines with their hash."""
            text = "".join(some).encode()
            return text + f"manifest {blake3(text).hexdigest()}\n".encode()

        log = small()
        good = log.manifest(log.files())
        lines = good.decode().splitlines(keepends=True)
        self.assertEqual(again(lines[:-1]), good)
        for why, manifest in {
            "its own hash": good.replace(b"size 8", b"size 9"),
            "not a bundle": again(["carestore bundle v2\n", *lines[1:-1]]),
            "not a number": again([*lines[:2], "size 08\n", *lines[3:-1]]),
            "not sorted": again([*lines[:3], lines[4], lines[3], *lines[5:-1]]),
            "the last line": good[:-1],
            "should stand where": again([lines[0], lines[2], *lines[3:-1]]),
            "bytes instead of": again([line.replace(" 10 README", " 11 README") for line in lines[:-1]]),
            "MANIFEST": again([*lines[:3], lines[3].upper(), *lines[4:-1]]),
        }.items():
            with self.subTest(why):
                self.broken(log, why, manifest=manifest)

    def test_files_beside_the_manifest(self):
        log = small()
        for name, data in log.files().items():
            with self.subTest(name), tempfile.TemporaryDirectory() as other:
                self.folder = Path(other) / "bundle"
                self.folder.mkdir()
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
        self.assertEqual(self.audit()[0::2], (10, "broken: keys is missing\n"))
        self.write(log)
        (self.folder / "entries" / "000000000001-000000000008").unlink()
        self.assertEqual(self.audit()[0::2], (10, "broken: entries/000000000001-000000000008 is missing\n"))
        (self.folder / "MANIFEST").unlink()
        self.assertEqual(self.audit()[0::2], (10, "broken: MANIFEST is missing\n"))


if __name__ == "__main__":
    unittest.main()
