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


def file(check, words: Words, case: dict) -> bool:
    """Whether a file holds and proves what the case says."""
    known = [verifier_key(key) for key in case["keys"]] if "keys" in case else None
    return case.get("proves", {}).items() <= check(words, case["file"].encode(), known).items()


def note(_: Words, case: dict) -> bool:
    """Whether a reader who knows these keys believes a note, and reads that."""
    read = checkpoint(case["note"].encode())
    read.signed([verifier_key(key) for key in case["keys"]])
    return {"origin": read.origin, "size": read.size, "root": in_base64(read.root)} == case.get("says")


def key_of_seed(_: Words, case: dict) -> bool:
    """Whether a key follows from its seed and its origin."""
    key = ed25519.public(bytes.fromhex(case["seed"]))
    return key == unbase64(case["public"]) and str(VerifierKey.of(case["origin"], key)) == case["vkey"]


def line(_: Words, case: dict) -> bool:
    """Whether a line is as it is written, and read as the same where it was typed."""
    size, root = case["size"], unbase64(case["root"], 32)
    return typed(size, root) == case["line"] and read_typed(case["typed"]) == (size, root[:15])


def change(_: Words, case: dict) -> bool:
    """Whether both keys signed a change of keys."""
    keys, text = [unbase64(case[key], 32) for key in ("old_key", "new_key")], case["message"].encode()
    signatures = [unbase64(case[name]) for name in ("old_signature", "new_signature")]
    return text == rotation(case["origin"], *keys) and all(
        ed25519.signs(key, text, signature) for key, signature in zip(keys, signatures))


def records(words: Words, case: dict) -> bool:
    """Whether a root is over records that are sorted, each of another account."""
    found = [bytes.fromhex(record) for record in case["records"]]
    keys = [words.record(record)[0] for record in found]
    return keys == sorted(set(keys)) and ACCOUNTS.root([ACCOUNTS.leaf(record) for record in found]) == said(case, "root")


def said(case: dict, word: str) -> bytes:
    """A hash that a case gives."""
    return unbase64(case[word], 32)


def over(case: dict) -> Tree:
    """The tree that a case is over."""
    return {"entries": LOG, "accounts": ACCOUNTS}[case["over"]]


def hashes(case: dict) -> list[bytes]:
    """The path of a case."""
    return [unbase64(line, 32) for line in case["path"]]


# How the cases of each list are judged. Each answers whether its case holds, or is Broken where it cannot be read.
JUDGES = {
    "proofs/keys": lambda _, case: derived(case["context"]) == said(case, "key"),
    "proofs/leaves": lambda _, case: over(case).leaf(bytes.fromhex(case["bytes"])) == said(case, "leaf"),
    "proofs/nodes": lambda _, case: over(case).node(said(case, "left"), said(case, "right")) == said(case, "node"),
    "proofs/roots": lambda _, case: over(case).root(
        [over(case).leaf(n.to_bytes(8)) for n in range(case["size"])]) == said(case, "root"),
    "proofs/inclusion": lambda _, case: over(case).includes(
        said(case, "leaf"), case["index"], case["size"], hashes(case), said(case, "root")),
    "proofs/consistency": lambda _, case: over(case).extends(
        case["old_size"], case["new_size"], said(case, "old_root"), said(case, "new_root"), hashes(case)),
    "checkpoints/keys": key_of_seed,
    "checkpoints/vkeys": lambda _, case: str(verifier_key(case["vkey"])) == case["vkey"],
    "checkpoints/notes": note,
    "checkpoints/lines": line,
    "checkpoints/rotations": change,
    "receipts/receipts": lambda words, case: file(receipt, words, case),
    "receipts/balances": lambda words, case: file(balance, words, case),
    "accounts/records": lambda words, case: words.record(bytes.fromhex(case["record"])) == (
        (case["unit"], case["kind"], case["offer"], case["number"]), case["balance"]),
    "accounts/lists": records,
    "accounts/paths": lambda words, case: words.record(bytes.fromhex(case["record"])) and ACCOUNTS.includes(
        ACCOUNTS.leaf(bytes.fromhex(case["record"])), case["index"], case["accounts"], hashes(case), said(case, "root")),
}


def vectors(words: Words, folder: Path) -> Iterator[dict]:
    """Sees that every case of every file of vectors holds, or does not, as it says."""
    for name in ("proofs", "checkpoints", "receipts", "accounts"):
        lists = json.loads((folder / f"{name}.json").read_text())
        for kind, cases in lists.items():
            need(isinstance(cases, str) or f"{name}/{kind}" in JUDGES, f"{name}.json: no such list: {kind}")
            for case in [] if isinstance(cases, str) else cases:
                try:
                    found, why = bool(JUDGES[f"{name}/{kind}"](words, case)), ""
                except Broken as broken:
                    found, why = False, str(broken)  # Whatever cannot be read does not hold.
                agrees = f"{name}.json, {kind}: {case['name']!r} should{'' if case['holds'] else ' not'} hold {why}"
                need(found == case["holds"], agrees)
                yield {"case": f"{name}/{kind}/{case['name']}", "holds": found}
