"""The twin: a second reader of a Care Store ledger, in another language and by another hand.

It is written from `proto/FORMAT.md`, `entry.proto` and the vectors in `proto/golden/` alone, and shares no line with the
ledger. Where the two come to the same root and the same balances, the format says what the program does. Its parts:
`forms.py` (text, tree, checkpoints), `ed25519.py` (signatures), `words.py` (entries, accounts), `proofs.py` (receipts,
vectors), and here the bundle.

    pip install -r requirements.txt              blake3 and protobuf; Python 3.11 or newer
    twin.py audit DIR                            reads a bundle (FORMAT.md section 7), prints what it comes to as JSON
    twin.py golden DIR --descriptors FILE        reads every NN-Kind.hex, prints leaf and transfers of each
    twin.py vectors DIR --descriptors FILE       checks proofs.json, checkpoints.json, receipts.json, accounts.json
    twin.py receipt FILE --descriptors FILE      a receipt (section 5) or the proof of a balance (section 6)

FILE is a google.protobuf.FileDescriptorSet, such as a bundle's own `entry.binpb`. Exit: 0, all of it holds; 10, a file that
is named is not there; 20, something does not hold, and stderr says at which position; 2, wrongly called.

What it does: reads strictly; hashes every file, leaf and node; compares the root and checks the signature of every checkpoint,
by the key of its size; sees that the first entry binds the origin, that positions have no gap and that recorded time never
goes back; adds up `transfers`, and nothing else; reckons the records, the root and the sums of accounts at every
`StateSealed`; follows the changes of keys, which both keys sign. The words of the bundle come from whoever made the bundle:
those that it adds up by are compared with the numbers and types of `entry.proto` that stand in `words.py`.

What it does not: it knows no rule of the ledger (floors, lives of holds, authority), does not compare README.txt, FORMAT.md and
entry.proto with anything but their hashes, takes the first key from the bundle, and knows no checkpoint by another road:
compare the key and the line that it prints with those that you have.

Three hundred lines would add up a log. The others are strict reading (text, base 64, notes, the one way to write an entry, words
that are not taken on trust), signatures without a library, and the vectors, each list of which is judged by a few lines.
"""

import argparse
import json
import re
import struct
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from blake3 import blake3

import ed25519
from forms import COOP, LOG, Broken, Checkpoint, Growing, Lines, Missing, checkpoints, decimal, in_base64, need, rotation, typed
from forms import verifier_key
from proofs import balance, golden, receipt, vectors
from words import Balances, Words

ENTRIES_A_FILE = 4_096
NOT_CHECKED = ["the ledger's own rules", "the first key", "checkpoints by another road"]
ALWAYS = {"README.txt", "FORMAT.md", "entry.proto", "entry.binpb", "keys", "checkpoints"}


class Bundle:
    """A folder, and what its manifest says of every file."""

    def __init__(self, folder: Path):
        self.folder, self.files, self.changed = folder, {}, None
        data = self.bytes("MANIFEST")
        lines = Lines(data)
        need(lines.line() == "carestore bundle v1", "MANIFEST: not a bundle")
        self.origin, self.size = lines.field("origin"), decimal(lines.field("size"))
        own = f"manifest {blake3(data[: data.rfind(b'manifest ')]).hexdigest()}"
        need(lines.left and lines.left.pop() == own, "MANIFEST: its own hash is another")
        for line in lines.left:
            found = re.fullmatch(r"([0-9a-f]{64}) (0|[1-9][0-9]*) (\S+)", line)
            need(found, f"MANIFEST: {line!r}")
            self.files[found[3]] = (found[1], decimal(found[2]))
        named = [line.split(" ")[2] for line in lines.left]
        need(named == sorted(self.files), "MANIFEST: not sorted, or a name twice")
        self.entries = sorted(name for name in self.files if re.fullmatch("entries/[0-9]{12}-[0-9]{12}", name))
        other = (set(self.files) - set(self.entries)) ^ ALWAYS
        need(not other, f"MANIFEST: it does not name, or no bundle has: {sorted(other)}")
        for position, name in enumerate(self.entries):
            first, last = position * ENTRIES_A_FILE + 1, min((position + 1) * ENTRIES_A_FILE, self.size)
            need(name == f"entries/{first:012}-{last:012}", f"{name}: position {first} to {last} should follow")
        need(len(self.entries) == -(-self.size // ENTRIES_A_FILE), "MANIFEST: entries are missing")
        paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
        found = {path.relative_to(folder).as_posix() for path in paths}
        other = found - {"MANIFEST", *self.files}
        need(not other, f"not in the manifest: {sorted(other)}")
        for name in sorted(set(self.files) - found):
            raise Missing(f"{name} is missing")

    def bytes(self, name: str) -> bytes:
        """The bytes of a file that is a plain file."""
        path = self.folder / name
        if not path.exists() and not path.is_symlink():
            raise Missing(f"{name} is missing")
        need(path.is_file() and not path.is_symlink(), f"{name}: not a plain file")
        return path.read_bytes()

    def read(self, name: str) -> bytes:
        """The bytes of a file, which are as the manifest says."""
        data = self.bytes(name)
        self.listed(name, data)
        return data

    def listed(self, name: str, data: bytes) -> None:
        """Sees that the bytes of a file are as the manifest says."""
        digest, length = self.files[name]
        need(len(data) == length, f"{name}: {len(data)} bytes instead of {length}")
        need(blake3(data).hexdigest() == digest, f"{name}: its hash is another than the manifest's")

    def stored(self) -> Iterator[bytes]:
        """The stored bytes of every entry, in order. A file that is not as listed is read all the same, to say where."""
        for name in self.entries:
            data = self.bytes(name)
            try:
                self.listed(name, data)
            except Broken as broken:
                self.changed = broken
            first, last = map(int, name.removeprefix("entries/").split("-"))
            yield from entries(name, data, first, last)
            need(not self.changed, f"entries {first} to {last}")


def entries(name: str, data: bytes, first: int, last: int) -> Iterator[bytes]:
    """The stored bytes of every entry of one file."""
    need(data[:20] == b"CSENTRY1" + struct.pack(">QI", first, last - first + 1), f"{name}: its head is another")
    at = 20
    for position in range(first, last + 1):
        length = int.from_bytes(data[at : at + 4])
        stored = data[at + 4 : at + 4 + length]
        need(len(data) >= at + 4 and len(stored) == length, f"entry {position}: {name} ends within it")
        at += 4 + length
        yield stored
    need(at == len(data), f"{name}: {len(data) - at} bytes behind entry {last}")


@contextmanager
def at(position: int) -> Iterator[None]:
    """Names the entry at which something does not hold."""
    try:
        yield
    except Broken as broken:
        raise Broken(f"entry {position}: {broken}") from None


class Audit:
    """One walk over the entries of a bundle."""

    def __init__(self, bundle: Bundle):
        self.bundle, self.words = bundle, Words(bundle.read("entry.binpb"))
        self.keys = [verifier_key(line) for line in Lines(bundle.read("keys")).left]
        need(self.keys, "keys: none")
        for name in ALWAYS:
            bundle.read(name)
        self.notes = list(checkpoints(bundle.read("checkpoints")))
        need(self.notes, "checkpoints: none")
        need(self.notes[-1].size == bundle.size, "the last checkpoint is not for the size of the bundle")
        self.tree, self.balances = Growing(LOG), Balances(self.words)
        self.time, self.changes, self.seals, self.unknown_seals = 0, 0, [], []

    def run(self) -> dict:
        """Walks, compares at every checkpoint, and says what it comes to."""
        due, before = iter(self.notes), 0
        note = next(due)
        try:
            for position, stored in enumerate(self.bundle.stored(), 1):
                with at(position):
                    self.entry(position, stored)
                    if note and note.size == position:
                        self.checkpoint(note, before)
                        note, before = next(due, None), position
        except Broken as broken:
            why = f"{self.bundle.changed}; {broken}" if self.bundle.changed else f"{broken}"
            raise Broken(why) from None
        need(self.changes == len(self.keys) - 1, f"{len(self.keys)} keys, and {self.changes} changes of keys")
        return self.report()

    def entry(self, position: int, stored: bytes) -> None:
        """Takes one entry on."""
        self.tree.push(LOG.leaf(stored))
        entry = self.words.read(stored)
        event = entry.WhichOneof("event")
        need(entry.position == position, f"it says position {entry.position}")
        need(entry.recorded_at_unix_ms >= self.time, "recorded time goes back")
        need((event == "coop_founded") == (position == 1), "the founding is the first entry, and no other is")
        self.time = entry.recorded_at_unix_ms
        if event == "coop_founded":
            self.founding(entry.coop_founded.coop, stored)
        elif event == "loss_accepted":
            need(entry.loss_accepted.first_position == position, "a loss that does not begin here")
        elif event == "state_sealed":
            known = self.balances.compare(entry.state_sealed, position)
            (self.seals if known else self.unknown_seals).append(position)
        elif event == "signing_key_rotated":
            self.rotated(entry.signing_key_rotated)
        self.balances.add(entry)

    def founding(self, coop: str, stored: bytes) -> None:
        """Sees that the first entry binds the origin, and that every key speaks for it."""
        need(re.fullmatch(COOP, coop), f"not the name of a co-op: {coop!r}")
        origin = f"carestore/{coop}/{LOG.leaf(stored).hex()[:16]}/blake3"
        need(self.bundle.origin == origin, f"the origin is {self.bundle.origin}, and the first entry binds {origin}")
        need(all(key.name == origin for key in self.keys), "keys: of another origin")

    def rotated(self, change) -> None:
        """Goes on to the next key, by the signatures of both."""
        self.changes += 1
        need(self.changes < len(self.keys), "a change to a key that is not in keys")
        old, new = self.keys[self.changes - 1 : self.changes + 1]
        need((change.old_key, change.new_key) == (old.key, new.key), "a change between keys that keys does not name")
        text = rotation(self.bundle.origin, old.key, new.key)
        need(ed25519.signs(old.key, text, change.old_signature), "a change that the old key did not sign")
        need(ed25519.signs(new.key, text, change.new_signature), "a change that the new key did not sign")

    def checkpoint(self, note: Checkpoint, before: int) -> None:
        """Compares a checkpoint with the tree of its size, and with the key that signs at that size."""
        need(note.origin == self.bundle.origin, f"the checkpoint of size {note.size} is of {note.origin}")
        need(note.root == self.tree.root(), f"the checkpoint of size {note.size} has another root than the entries: "
             f"one from {before + 1} to {note.size} is another")
        note.signed([self.keys[self.changes]])

    def report(self) -> dict:
        """What it all comes to."""
        root, of = self.tree.root(), self.balances.of
        return {
            "origin": self.bundle.origin,
            "size": self.tree.size,
            "root": root.hex(),
            "root_base64": in_base64(root),
            "line": typed(self.tree.size, root),
            "accounts_root": self.balances.root().hex(),
            "accounts": {self.words.name(key): of[key] for key in sorted(of)},
            "sums": self.balances.conserved(),
            "totals": self.balances.sums(),
            "checkpoints": [note.size for note in self.notes],
            "seals": self.seals,
            "seals_of_an_unknown_reducer": self.unknown_seals,
            "keys": [str(key) for key in self.keys],
            "not_checked": NOT_CHECKED,
        }


def main() -> None:
    """Does what it is asked, prints JSON, and leaves with 0, 10 or 20."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["audit", "golden", "vectors", "receipt"])
    parser.add_argument("path", type=Path)
    parser.add_argument("--descriptors", type=Path, help="a FileDescriptorSet; a bundle brings its own")
    asked = parser.parse_args()
    if asked.what != "audit" and not asked.descriptors:
        parser.error("--descriptors is missing")
    try:
        if asked.what == "audit":
            found = Audit(Bundle(asked.path)).run()
        elif asked.what == "receipt":
            words, data = Words(asked.descriptors.read_bytes()), asked.path.read_bytes()
            found = (balance if data.startswith(b"carestore balance") else receipt)(words, data)
        else:
            words = Words(asked.descriptors.read_bytes())
            found = list({"golden": golden, "vectors": vectors}[asked.what](words, asked.path))
    except (Broken, OSError) as broken:
        print(f"broken: {broken}", file=sys.stderr)
        sys.exit(getattr(broken, "code", 20))
    json.dump(found, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
