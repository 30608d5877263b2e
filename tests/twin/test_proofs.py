"""Tests of the twin on paths, receipts, proofs of balances, strict text, and the golden entries."""

import hashlib
import json
import tempfile
import unittest
from pathlib import Path

from forms import LOG, Broken, Growing, checkpoint, decimal, in_base64, read_typed, typed, unbase64
from forms import verifier_key
from made import PROTO, WORDS, Log, path, root, small, subproof
from proofs import balance, golden, receipt, vectors
from words import RECORD


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
        for old, new in {
            b"path 3": b"path 4", b"position ": b"pos ", b"\npath": b"\n\npath", b"\n\n\xe2": b"\nx\n\xe2",
        }.items():
            self.assertIn(old, good)
            with self.assertRaises(Broken):
                receipt(WORDS, good.replace(old, new, 1))
        with self.assertRaisesRegex(Broken, "an empty line"):
            receipt(WORDS, good.replace(b"\n\n", b"\nmore\n\n", 1))
        with self.assertRaisesRegex(Broken, "should stand where"):
            receipt(WORDS, good.replace(b"key ", b"kex ", 1))
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
        with self.assertRaisesRegex(Broken, "says position 8"):
            balance(WORDS, good.replace(b"position 8", b"position 7"))
        other = in_base64(log.leaves[6]).encode()
        with self.assertRaisesRegex(Broken, "the seal is not below"):
            balance(WORDS, good.replace(other, in_base64(bytes(32)).encode()))

    def test_a_word_that_there_is_not(self):
        log = Log()
        log.of = {(2, 2, 0, 99): 0}
        log.add(log.sealed())
        log.publish()
        with self.assertRaisesRegex(Broken, "CashSource has no word 99"):
            balance(WORDS, log.balance(0, 2))

    def test_a_record_that_no_account_has(self):
        for key in ((4, 1, 0, 1), (1, 5, 0, 1), (1, 3, 0, 7), (1, 1, 0, 0), (1, 1, 2, 1001), (3, 2, 0, 0), (2, 2, 0, 0)):
            log = Log()
            log.of = {key: 0}
            log.add(log.sealed())
            log.publish()
            with self.assertRaisesRegex(Broken, "no account that there can be"):
                balance(WORDS, log.balance(0, 2))


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
        for why, text in {
            "control": good.replace(b"\n\n", b"\nex\ttension\n\n"),
            "ends too early": good[: good.find(b"\n\n") + 1],
            "without bytes": good.split(b"\n\n")[0] + b"\n\n\xe2\x80\x94 a AAAAAA==\n",
        }.items():
            with self.assertRaisesRegex(Broken, why):
                checkpoint(text)
        key = verifier_key(log.keys[-1])
        other = checkpoint(good.replace(in_base64(key.id + bytes(64)).encode(), in_base64(key.id + bytes(65)).encode()))
        with self.assertRaisesRegex(Broken, "a wrong length"):
            other.signed(key)
        for bad in (good[:-1], good.replace("—".encode(), b"-"), good.split(b"\n\n")[0] + b"\n\n", good + b"\n",
                    good + b"x\n", good.replace(b"\n8\n", b"\n8\r\n"), good.replace(b"\n\n", b"\n"), b"\xff" + good):
            with self.assertRaises(Broken):
                checkpoint(bad)

    def test_keys(self):
        good = small().keys[0]
        for bad in (good[:-1], good.replace("+", "-", 1), good.replace("colne", "calder"), "+" + good, good.upper()):
            with self.assertRaises(Broken):
                verifier_key(bad)
        cosigner = b"\x04" + bytes(32)
        own = hashlib.sha256(b"witness\n" + cosigner).hexdigest()[:8]
        with self.assertRaisesRegex(Broken, "not Ed25519"):
            verifier_key(f"witness+{own}+{in_base64(cosigner)}")


class Vectors(unittest.TestCase):
    """Files of cases that hold, and that do not."""

    def check(self, cases):
        """Checks these cases as if they stood in proofs.json."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("proofs", "checkpoints", "receipts", "accounts"):
                (Path(folder) / f"{name}.json").write_text(json.dumps({"cases": cases if name == "proofs" else []}))
            return list(vectors(WORDS, Path(folder)))

    def test_each_case_is_as_it_says(self):
        log = small()
        leaves, top = [in_base64(leaf) for leaf in log.leaves], in_base64(root(LOG, log.leaves))
        third = {"leaf": leaves[2], "index": 2, "size": 8, "path": [*map(in_base64, path(LOG, 2, log.leaves))], "root": top}
        grown = {"first": 3, "second": 8, "path": [*map(in_base64, subproof(LOG, 3, log.leaves))], "second_root": top}
        records = log.records()
        cases = [
            {"check": "root", "leaves": leaves, "root": top},
            {"check": "inclusion", **third},
            {"check": "consistency", **grown, "first_root": in_base64(root(LOG, log.leaves[:3]))},
            {"check": "line", "line": typed(8, root(LOG, log.leaves)), "size": 8, "root": top},
            {"check": "checkpoint", "note": log.note().decode(), "key": log.keys[-1]},
            {"check": "receipt", "text": log.receipt(3).decode()},
            {"check": "balance", "text": log.balance(1, 8).decode()},
            {"check": "accounts", "records": [*map(in_base64, records)], "root": in_base64(log.accounts_root())},
        ]
        self.assertEqual(len(self.check([{**case, "name": case["check"], "holds": True} for case in cases])), 8)
        for case in cases:
            with self.assertRaisesRegex(Broken, f"{case['check']} should not hold"):
                self.check([{**case, "name": case["check"], "holds": False}])
        for case in (cases[0] | {"root": leaves[0]}, cases[1] | {"index": 3}, cases[2] | {"first": 4},
                     cases[3] | {"size": 9}, cases[4] | {"key": log.keys[0]}, cases[5] | {"text": ""}, cases[6] | {"text": "\n"},
                     cases[7] | {"records": [*map(in_base64, reversed(records))]}):
            with self.assertRaisesRegex(Broken, f"{case['check']} should hold"):
                self.check([{**case, "name": case["check"], "holds": True}])


class Golden(unittest.TestCase):
    """The stored bytes of every kind."""

    def test_every_kind_reads_as_what_its_text_says(self):
        found = list(golden(WORDS, PROTO / "golden"))
        self.assertGreater(len(found), 30)
        moved = {one["file"]: one["transfers"] for one in found}
        self.assertEqual(moved["50-CashSpent.hex"], [["fund/17", "use/OTHER", 130286495225]])
        self.assertEqual(moved["35-HoursRecorded-2.hex"], [["commons", "member/1063", 596]])

    def test_a_text_that_says_otherwise(self):
        stored, text = ((PROTO / "golden" / f"50-CashSpent.{end}").read_text() for end in ("hex", "txt"))
        for name, said in {"51-CashSpent": text, "50-CashReceived": text, "50-CashSpent": text.replace("20732", "20733"),
                           "50-CashSpent-2": text.replace("event: CashSpent", "event: CashReceived")}.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as other:
                (Path(other) / f"{name}.hex").write_text(stored)
                (Path(other) / f"{name}.txt").write_text(said)
                with self.assertRaisesRegex(Broken, name):
                    list(golden(WORDS, Path(other)))


if __name__ == "__main__":
    unittest.main()
