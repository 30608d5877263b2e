"""The twin's verifier of receipts, proofs of balances and vectors (FORMAT.md, sections 5, 6 and 8). See twin.py."""

import json
import re
from pathlib import Path
from typing import Iterator

from forms import ACCOUNTS, LOG, Broken, Checkpoint, Lines, checkpoint, decimal, need, read_typed, typed, unbase64
from forms import verifier_key
from words import RECORD, Key, Words, movement, well_formed


def signed_note(lines: Lines) -> Checkpoint:
    """The key and the checkpoint that both texts end in."""
    key = verifier_key(lines.field("key"))
    note = checkpoint(lines.rest())
    note.signed(key)
    return note


def receipt(words: Words, data: bytes) -> dict:
    """Checks a receipt, but for the signature."""
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
    path, note = lines.path(), signed_note(lines)
    need(LOG.includes(leaf, position - 1, note.size, path, note.root), f"entry {position} is not below the checkpoint")
    event = entry and entry.WhichOneof("event")
    return {"position": position, "event": event, "origin": note.origin, "line": typed(note.size, note.root)}


def balance(words: Words, data: bytes) -> dict:
    """Checks the proof of a balance, but for the signature."""
    lines = Lines(data)
    need(lines.line() == "carestore balance v1", "not the proof of a balance")
    record, index, to_seal = unbase64(lines.field("record"), RECORD.size), decimal(lines.field("index")), lines.path()
    position, stored = decimal(lines.field("position")), unbase64(lines.field("entry"))
    path, note, entry = lines.path(), signed_note(lines), words.read(stored)
    need(entry.position == position, f"the entry says position {entry.position}, and the proof {position}")
    need(entry.WhichOneof("event") == "state_sealed", f"entry {position} seals nothing")
    need(LOG.includes(LOG.leaf(stored), position - 1, note.size, path, note.root), "the seal is not below the checkpoint")
    seal = entry.state_sealed
    need(ACCOUNTS.includes(ACCOUNTS.leaf(record), index, seal.accounts, to_seal, seal.accounts_root), "not in the seal")
    *key, amount = RECORD.unpack(record)
    need(well_formed(Key(*key)), "a record of no account that there can be")
    return {"account": words.name(Key(*key)), "balance": amount, "position": seal.through_position} | {
        "origin": note.origin, "line": typed(note.size, note.root)}


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
            need(words.make.FromString(entry.SerializeToString()) == entry, "it reads otherwise when written anew")
            moved = [[words.name(out), words.name(into), amount] for out, into, amount in map(movement, entry.transfers)]
        except Broken as broken:
            raise Broken(f"{path.name}: {broken}") from None
        yield {"file": path.name, "leaf": LOG.leaf(stored).hex(), "transfers": moved}


def holds(words: Words, case: dict) -> bool:
    """Whether one case of the vectors holds. Hashes and bytes are in base 64, as everywhere in text."""
    raw = {word: unbase64(case[word]) for word in ("leaf", "root", "first_root", "second_root") if word in case}
    path = [unbase64(line, 32) for line in case.get("path", [])]
    tree = ACCOUNTS if case.get("tree") == "accounts" else LOG
    match case["check"]:
        case "root":
            return tree.root([unbase64(leaf, 32) for leaf in case["leaves"]]) == raw["root"]
        case "inclusion":
            return tree.includes(raw["leaf"], case["index"], case["size"], path, raw["root"])
        case "consistency":
            return tree.extends(case["first"], case["second"], raw["first_root"], raw["second_root"], path)
        case "line":
            return read_typed(case["line"]) == (case["size"], raw["root"][:15])
        case "checkpoint":
            return checkpoint(case["note"].encode()).signed(verifier_key(case["key"])) is None
        case "receipt" | "balance":
            return bool({"receipt": receipt, "balance": balance}[case["check"]](words, case["text"].encode()))
        case "accounts":
            records = [unbase64(record, RECORD.size) for record in case["records"]]
            need(records == sorted(set(records)), "records that are not sorted")
            return ACCOUNTS.root([ACCOUNTS.leaf(record) for record in records]) == raw["root"]
    raise ValueError(f"no check is called {case['check']!r}")


def vectors(words: Words, folder: Path) -> Iterator[dict]:
    """Sees that every case of every file of vectors holds, or does not, as it says."""
    for name in ("proofs", "checkpoints", "receipts", "accounts"):
        for case in json.loads((folder / f"{name}.json").read_text())["cases"]:
            try:
                found = holds(words, case)
            except Broken:
                found = False  # Whatever cannot be read does not hold.
            need(found == case["holds"], f"{name}.json: {case['name']} should{'' if case['holds'] else ' not'} hold")
            yield {"case": f"{name}/{case['name']}", "holds": found}
