"""Tests of the twin on paths, receipts, proofs of balances, strict text, and the golden entries."""

import hashlib
import json
import tempfile
import unittest
from pathlib import Path

import ed25519
import made
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
        with self.assertRaisesRegex(Broken, "no signature by a known key"):
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
            with self.assertRaisesRegex(Broken, "no account"):
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
        self.assertEqual(read_typed("8,213 " + line[5:].replace("-", "").lower()), (8213, own[:15]))
        self.assertEqual(read_typed("8213 " + " ".join(line[5:])), (8213, own[:15]))
        self.assertEqual(read_typed("1 OIL0-oil0-0000-0000-0000-0000")[1][:3], bytes([0, 0x42, 0]))
        for bad in (line[:-1], line + "0", "08213" + line[4:], line[:-1] + "U", line.replace("-", "."), line[5:]):
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
        known = [verifier_key(log.keys[-1])]
        checkpoint(good).signed(known)
        for other in (bytes(63), bytes(64), bytes(65)):
            with self.assertRaisesRegex(Broken, "a signature is not by its key"):
                checkpoint(log.note(signature=other)).signed(known)
        for keys in ([], [verifier_key(log.keys[0])]):
            with self.assertRaisesRegex(Broken, "no signature by a known key"):
                checkpoint(good).signed(keys)
        with self.assertRaisesRegex(Broken, "102 signatures"):
            checkpoint(log.note(witnesses=101))
        with self.assertRaisesRegex(Broken, "bytes"):
            checkpoint(log.note(extension="x" * 65_536 + "\n"))
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
        with self.assertRaisesRegex(Broken, "not a key of Ed25519"):
            verifier_key(f"witness+{own}+{in_base64(cosigner)}")


class Signatures(unittest.TestCase):
    """The first cases of RFC 8032 section 7.1, and what strict means."""

    CASES = [
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
         "d25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
         "387b2eaeb4302aeeb00d291612bb0c00"),
    ]

    def test_the_cases_of_the_rfc(self):
        for case in self.CASES:
            seed, text, key, signature = map(bytes.fromhex, case)
            self.assertEqual(ed25519.public(seed), key)
            self.assertEqual(made.signature(seed, text), signature)
            self.assertTrue(ed25519.signs(key, text, signature))
            higher = int.from_bytes(signature[32:], "little") + ed25519.ORDER
            for other in (signature[:-1], signature + b"\0", bytes(32) + signature[32:], b"\1" + bytes(63),
                          signature[:32] + higher.to_bytes(32, "little")):
                self.assertFalse(ed25519.signs(key, text, other))
            self.assertFalse(ed25519.signs(key, text + b"x", signature))
            self.assertFalse(ed25519.signs(ed25519.public(bytes(32)), text, signature))

    def test_weak_keys_and_what_is_no_point(self):
        y_beyond = (ed25519.P + 1).to_bytes(32, "little")
        for bad in (b"\1" + bytes(31), bytes(32), b"\2" + bytes(31), y_beyond, bytes(31), b"\xff" * 32):
            self.assertIsNone(ed25519.read(bad))
        # The neutral element as key and as R: the equation alone would hold for every text.
        self.assertFalse(ed25519.signs(b"\1" + bytes(31), b"any", b"\1" + bytes(63)))


class Vectors(unittest.TestCase):
    """The published cases."""

    FILES = ("proofs", "checkpoints", "receipts", "accounts")
    LISTS = {name: json.loads((PROTO / "golden" / f"{name}.json").read_text()) for name in FILES}

    def check(self, lists):
        """Checks cases as if they were those that are published."""
        with tempfile.TemporaryDirectory() as folder:
            for name in self.LISTS:
                (Path(folder) / f"{name}.json").write_text(json.dumps(lists.get(name, {})))
            return list(vectors(WORDS, Path(folder)))

    def test_every_case_is_as_it_says(self):
        found = list(vectors(WORDS, PROTO / "golden"))
        cases = [case for lists in self.LISTS.values() for name in lists if isinstance(lists[name], list) for case in lists[name]]
        self.assertEqual([one["holds"] for one in found], [case["holds"] for case in cases])
        self.assertGreater(len(cases), 500)

    def test_a_case_that_says_otherwise(self):
        for name, lists in self.LISTS.items():
            for kind in [kind for kind in lists if isinstance(lists[kind], list)]:
                for holds in (True, False):
                    for case in [case for case in lists[kind] if case["holds"] == holds][:1]:
                        with self.assertRaisesRegex(Broken, f"{name}.json, {kind}: .* should{' not' if holds else ''} hold"):
                            self.check({name: {kind: [{**case, "holds": not holds}]}})

    def test_what_a_good_case_says_is_compared(self):
        receipts, balances = self.LISTS["receipts"]["receipts"], self.LISTS["receipts"]["balances"]
        for kind, case in (("receipts", receipts[0]), ("balances", balances[0])):
            for word, said in case["proves"].items():
                other = {**case, "proves": {**case["proves"], word: said + 1 if isinstance(said, int) else said + "x"}}
                with self.assertRaisesRegex(Broken, "should hold"):
                    self.check({"receipts": {kind: [other]}})
        note = self.LISTS["checkpoints"]["notes"][0]
        with self.assertRaisesRegex(Broken, "should hold"):
            self.check({"checkpoints": {"notes": [{**note, "says": {**note["says"], "size": 21}}]}})

    def test_a_list_that_is_not_known(self):
        with self.assertRaisesRegex(Broken, "no such list: more"):
            self.check({"accounts": {"more": []}})


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
