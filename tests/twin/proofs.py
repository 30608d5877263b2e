"""The twin's verifier of receipts, proofs of balances and vectors (FORMAT.md, sections 5, 6 and 8). See twin.py."""

import json
import re
from pathlib import Path
from typing import Iterator

import ed25519
from forms import ACCOUNTS, LOG, Broken, Checkpoint, Lines, Tree, VerifierKey, checkpoint, decimal, derived, in_base64, need
from forms import read_typed, rotation, typed, unbase64, verifier_key
from words import RECORD, Words


def signed_note(lines: Lines, known: list[VerifierKey] | None) -> Checkpoint:
    """The checkpoint that both texts end in, by the key in the file and, where the reader knows keys, by one of them too."""
    key = verifier_key(lines.field("key"))
    note = checkpoint(lines.rest())
    for keys in ([key], known):
        if keys is not None:
            note.signed(keys)
    return note


def receipt(words: Words, data: bytes, known: list[VerifierKey] | None = None) -> dict:
    """Checks a receipt."""
    lines = Lines(data)
    need(lines.line() == "carestore receipt v1", "not a receipt")
    position = decimal(lines.field("position"))
    entry = None
    if lines.left and lines.left[0].startswith("leaf "):
        leaf = unbase64(lines.field("leaf"), 32)
    else:
        stored = unbase64(lines.field("entry"))
        leaf, entry = LOG.leaf(stored), words.read(stored)
        need(entry.position == position, f"the entry says position {entry.position}, and the receipt {position}")
    path, note = lines.path(), signed_note(lines, known)
    need(LOG.includes(leaf, position - 1, note.size, path, note.root), f"entry {position} is not below the checkpoint")
    said = {"position": position, "leaf": in_base64(leaf), "size": note.size, "entry_shown": "yes" if entry else "no"}
    event = entry and entry.WhichOneof("event")
    return said | {"event": event, "origin": note.origin, "line": typed(note.size, note.root)}


def balance(words: Words, data: bytes, known: list[VerifierKey] | None = None) -> dict:
    """Checks the proof of a balance."""
    lines = Lines(data)
    need(lines.line() == "carestore balance v1", "not the proof of a balance")
    record, index, to_seal = unbase64(lines.field("record"), RECORD.size), decimal(lines.field("index")), lines.path()
    position, stored = decimal(lines.field("position")), unbase64(lines.field("entry"))
    path, note, entry = lines.path(), signed_note(lines, known), words.read(stored)
    need(entry.position == position, f"the entry says position {entry.position}, and the proof {position}")
    need(entry.WhichOneof("event") == "state_sealed", f"entry {position} seals nothing")
    need(LOG.includes(LOG.leaf(stored), position - 1, note.size, path, note.root), "the seal is not below the checkpoint")
    seal = entry.state_sealed
    need(seal.through_position == position - 1, f"the seal speaks of position {seal.through_position}")
    need(ACCOUNTS.includes(ACCOUNTS.leaf(record), index, seal.accounts, to_seal, seal.accounts_root), "not in the seal")
    key, amount = words.record(record)
    said = {"record": record.hex(), "balance": amount, "through": seal.through_position, "size": note.size}
    return said | {"account": words.name(key), "origin": note.origin, "line": typed(note.size, note.root)}


def golden(words: Words, folder: Path) -> Iterator[dict]:
    """Reads every stored entry, and compares what it reads with the name and the text beside it."""
    for path in sorted(folder.glob("*.hex")):
        try:
            stored = bytes.fromhex(path.read_text())
            entry, text = words.read(stored), path.with_suffix(".txt").read_text()
            field = words.entry.fields_by_name[entry.WhichOneof("event")]
            said = [field.number, field.message_type.name, entry.position, entry.recorded_at_unix_ms, entry.occurred_on_day]
            shown = re.search(r"position: \w+\(\s*(\d+),.*?at: \w+\(\s*(\d+),.*?on: \w+\(\s*(-?\d+),", text, re.S)
            number, kind = path.stem.split("-")[:2]
            need(said == [int(number), kind, *map(int, shown.groups())], f"it reads {said}")
            need(f"event: {kind}" in text, "the text tells of another event")
            moves = map(words.movement, entry.transfers)
            moved = [[words.name(out), words.name(into), amount] for out, into, amount in moves]
        except Broken as broken:
            raise Broken(f"{path.name}: {broken}") from None
        yield {"file": path.name, "leaf": LOG.leaf(stored).hex(), "transfers": moved}


class Cases:
    """How the cases of each list are judged. Each answers whether its case holds, or is Broken where it cannot be read."""

    def __init__(self, words: Words):
        self.words = words

    def proofs_keys(self, case: dict) -> bool:
        """A key that is derived."""
        return derived(case["context"]) == unbase64(case["key"])

    def proofs_leaves(self, case: dict) -> bool:
        """A leaf."""
        return over(case).leaf(bytes.fromhex(case["bytes"])) == unbase64(case["leaf"])

    def proofs_nodes(self, case: dict) -> bool:
        """A node."""
        return over(case).node(unbase64(case["left"]), unbase64(case["right"])) == unbase64(case["node"])

    def proofs_roots(self, case: dict) -> bool:
        """A root over leaves by the rule."""
        tree = over(case)
        return tree.root([tree.leaf(n.to_bytes(8)) for n in range(case["size"])]) == unbase64(case["root"])

    def proofs_inclusion(self, case: dict) -> bool:
        """A path from a leaf."""
        leaf, root = unbase64(case["leaf"], 32), unbase64(case["root"], 32)
        return over(case).includes(leaf, case["index"], case["size"], hashes(case), root)

    def proofs_consistency(self, case: dict) -> bool:
        """A path between two roots."""
        roots = unbase64(case["old_root"], 32), unbase64(case["new_root"], 32)
        return over(case).extends(case["old_size"], case["new_size"], *roots, hashes(case))

    def checkpoints_keys(self, case: dict) -> bool:
        """A key from its seed."""
        key = ed25519.public(bytes.fromhex(case["seed"]))
        return key == unbase64(case["public"]) and str(VerifierKey.of(case["origin"], key)) == case["vkey"]

    def checkpoints_vkeys(self, case: dict) -> bool:
        """A verifier key."""
        return str(verifier_key(case["vkey"])) == case["vkey"]

    def checkpoints_notes(self, case: dict) -> bool:
        """A signed note, for a reader who knows these keys."""
        note = checkpoint(case["note"].encode())
        note.signed([verifier_key(key) for key in case["keys"]])
        return {"origin": note.origin, "size": note.size, "root": in_base64(note.root)} == case.get("says")

    def checkpoints_lines(self, case: dict) -> bool:
        """A line as it is written, and as somebody typed it."""
        size, root = case["size"], unbase64(case["root"], 32)
        return typed(size, root) == case["line"] and read_typed(case["typed"]) == (size, root[:15])

    def checkpoints_rotations(self, case: dict) -> bool:
        """A change of keys."""
        keys = [unbase64(case["old_key"], 32), unbase64(case["new_key"], 32)]
        text, signatures = case["message"].encode(), [unbase64(case["old_signature"]), unbase64(case["new_signature"])]
        return text == rotation(case["origin"], *keys) and all(
            ed25519.signs(key, text, signature) for key, signature in zip(keys, signatures))

    def receipts_receipts(self, case: dict) -> bool:
        """A receipt, and what it proves."""
        return self.file(receipt, case)

    def receipts_balances(self, case: dict) -> bool:
        """The proof of a balance, and what it proves."""
        return self.file(balance, case)

    def file(self, check, case: dict) -> bool:
        """Whether a file holds and proves what the case says."""
        known = [verifier_key(key) for key in case["keys"]] if "keys" in case else None
        return case.get("proves", {}).items() <= check(self.words, case["file"].encode(), known).items()

    def accounts_records(self, case: dict) -> bool:
        """A record, and what it says."""
        key, amount = self.words.record(bytes.fromhex(case["record"]))
        return [*key, amount] == [case[word] for word in ("unit", "kind", "offer", "number", "balance")]

    def accounts_lists(self, case: dict) -> bool:
        """All records, and the root over them."""
        records = [bytes.fromhex(record) for record in case["records"]]
        keys = [self.words.record(record)[0] for record in records]
        need(keys == sorted(set(keys)), "not sorted, or an account twice")
        return ACCOUNTS.root([ACCOUNTS.leaf(record) for record in records]) == unbase64(case["root"], 32)

    def accounts_paths(self, case: dict) -> bool:
        """A record's path."""
        record, root = bytes.fromhex(case["record"]), unbase64(case["root"], 32)
        self.words.record(record)
        return ACCOUNTS.includes(ACCOUNTS.leaf(record), case["index"], case["accounts"], hashes(case), root)


def over(case: dict) -> Tree:
    """The tree that a case is over."""
    return {"entries": LOG, "accounts": ACCOUNTS}[case["over"]]


def hashes(case: dict) -> list[bytes]:
    """The path of a case."""
    return [unbase64(line, 32) for line in case["path"]]


def vectors(words: Words, folder: Path) -> Iterator[dict]:
    """Sees that every case of every file of vectors holds, or does not, as it says."""
    cases = Cases(words)
    for file in ("proofs", "checkpoints", "receipts", "accounts"):
        lists = json.loads((folder / f"{file}.json").read_text())
        for name in [name for name in lists if isinstance(lists[name], list)]:
            judge = getattr(cases, f"{file}_{name}", None)
            need(judge, f"{file}.json: no such list: {name}")
            for case in lists[name]:
                try:
                    found, why = judge(case), ""
                except Broken as broken:
                    found, why = False, str(broken)  # Whatever cannot be read does not hold.
                agrees = f"{file}.json, {name}: {case['name']!r} should{'' if case['holds'] else ' not'} hold {why}"
                need(found == case["holds"], agrees)
                yield {"case": f"{file}/{name}/{case['name']}", "holds": found}
