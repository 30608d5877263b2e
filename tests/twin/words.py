"""The twin's reader of entries: words, transfers, accounts (FORMAT.md, sections 1 and 4). See twin.py."""

import struct
from typing import NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import DecodeError

from forms import ACCOUNTS, Broken, need

LONGEST_ENTRY = 16_384
REDUCER = 1
PACKAGE = "carestore.log.v1."
PINNED = """
Entry position:1:int64 recorded_at_unix_ms:2:int64 transfers:17:Transfer* coop_founded:20:CoopFounded/event
Entry loss_accepted:24:LossAccepted/event state_sealed:54:StateSealed/event signing_key_rotated:55:SigningKeyRotated/event
Transfer time:1:TimeTransfer/unit cash:2:CashTransfer/unit kind:3:KindTransfer/unit
TimeTransfer from:1:TimeAccount to:2:TimeAccount minutes:3:int64
TimeAccount member:1:int64/account held_for_member:2:int64/account pot:3:bool/account commons:4:bool/account
CashTransfer from:1:CashAccount to:2:CashAccount pence:3:int64
CashAccount fund:1:int64/account source:2:CashSource/account use:3:CashUse/account
KindTransfer offer:1:int64 from:2:KindAccount to:3:KindAccount items:4:int64
KindAccount outside:1:bool/account stock:2:bool/account with_member:3:int64/account used:4:bool/account
KindAccount lapsed:5:bool/account
CoopFounded coop:1:string
LossAccepted first_position:1:int64 last_position:2:int64
StateSealed through_position:1:int64 accounts_root:2:bytes accounts:3:int64 member_minutes:4:sint64
StateSealed held_minutes:5:sint64 pot_minutes:6:sint64 commons_minutes:7:sint64 fund_pence:8:sint64
StateSealed stock_items:9:sint64 with_member_items:10:sint64 reducer_version:11:int64
SigningKeyRotated old_key:1:bytes new_key:2:bytes old_signature:3:bytes new_signature:4:bytes
"""
PINNED_ENUMS = {
    "CashSource": ["UNSPECIFIED", "GRANT", "SURPLUS", "CHARGE", "DONATION"],
    "CashUse": ["UNSPECIFIED", "EXPENSE", "SPECIALIST_STAFF", "OTHER"],
}
SCALARS = {Field.TYPE_INT64: "int64", Field.TYPE_SINT64: "sint64", Field.TYPE_BOOL: "bool"} | {
    Field.TYPE_STRING: "string", Field.TYPE_BYTES: "bytes"}


def spelled(field: Field) -> str:
    """A field as PINNED spells it."""
    of = field.message_type or field.enum_type
    oneof = field.containing_oneof
    kind = of.full_name.removeprefix(PACKAGE) if of else SCALARS.get(field.type, f"type {field.type}")
    many = "*" if field.is_repeated else ""
    return f"{field.name}:{field.number}:{kind}{many}" + (f"/{oneof.name}" if oneof else "")


class Words:
    """How bytes are read as entries: by a descriptor set, whose words have to be those of entry.proto."""

    def __init__(self, descriptor_set: bytes):
        pool = descriptor_pool.DescriptorPool()
        try:
            files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set)
            for file in files.file:
                need(file.package + "." != PACKAGE or file.syntax == "proto3", f"{file.name} is not proto3")
                pool.Add(file)
            self.pool, self.entry = pool, pool.FindMessageTypeByName(PACKAGE + "Entry")
        except (DecodeError, KeyError, TypeError) as error:
            raise Broken(f"the words cannot be read: {error}") from None
        self.make = message_factory.GetMessageClass(self.entry)
        for message, *fields in map(str.split, PINNED.split("\n")[1:-1]):
            self.compare(message, fields)
        for enum, prefix in ENUMS.values():
            found = self.pool.FindEnumTypeByName(PACKAGE + enum).values_by_number
            pinned = enumerate(prefix + word for word in PINNED_ENUMS[enum])
            need(all(n in found and found[n].name == word for n, word in pinned), f"the words should have {enum}")

    def compare(self, message: str, fields: list[str]) -> None:
        """Sees that a message has these fields, with these numbers and types."""
        try:
            found = self.pool.FindMessageTypeByName(PACKAGE + message).fields_by_name
        except KeyError:
            raise Broken(f"the words have no {message}") from None
        for field in fields:
            name = field.split(":")[0]
            need(name in found and spelled(found[name]) == field, f"the words should have {message} {field}")

    def read(self, data: bytes):
        """An entry, written in the one way and with no field that the words do not name."""
        need(len(data) <= LONGEST_ENTRY, f"an entry of {len(data)} bytes")
        try:
            entry = self.make.FromString(data)
        except DecodeError as error:
            raise Broken(f"not an entry: {error}") from None
        entry.DiscardUnknownFields()
        need(entry.SerializeToString() == data, "it is not written in the one way, or holds a field without words")
        need(entry.WhichOneof("event"), "it says nothing of what happened")
        return entry

    def name(self, key: "Key") -> str:
        """The name of an account; only one that there can be has a name."""
        name, word = NAMES.get(key[:2]), ""
        need(name and (key.offer > 0) == (key.unit == 3), f"no account: {tuple(key)}")
        need((key.number > 0) == ("{number}" in name or "{word}" in name), f"no account: {tuple(key)}")
        need(max(key.number, key.offer) < 1 << 32, f"no account: {tuple(key)}")
        if key[:2] in ENUMS:
            enum, prefix = ENUMS[key[:2]]
            found = self.pool.FindEnumTypeByName(PACKAGE + enum).values_by_number.get(key.number)
            need(found, f"no account: {enum} has no word {key.number}")
            word = found.name.removeprefix(prefix)
        return name.format(offer=key.offer, number=key.number, word=word)

    def account(self, unit: int, offer: int, message) -> "Key":
        """The account that a message names."""
        arm = message.WhichOneof("account")
        need(arm, "a transfer without an account")
        field = message.DESCRIPTOR.fields_by_name[arm]
        key = Key(unit, field.number, offer, 0 if field.type == Field.TYPE_BOOL else getattr(message, arm))
        self.name(key)
        return key

    def movement(self, transfer) -> tuple["Key", "Key", int]:
        """Out of which account, into which, and how much."""
        arm = transfer.WhichOneof("unit")
        need(arm in AMOUNTS, "a transfer of a unit that this page does not know")
        unit, moved = transfer.DESCRIPTOR.fields_by_name[arm].number, getattr(transfer, arm)
        offer = moved.offer if arm == "kind" else 0
        out, into = self.account(unit, offer, getattr(moved, "from")), self.account(unit, offer, moved.to)
        amount = getattr(moved, AMOUNTS[arm])
        need(amount > 0, f"a transfer of {amount}")
        need(out != into, "a transfer from an account to itself")
        return out, into, amount

    def record(self, data: bytes) -> tuple["Key", int]:
        """The account and the balance that a record says."""
        need(len(data) == RECORD.size, f"a record of {len(data)} bytes")
        *key, amount = RECORD.unpack(data)
        self.name(Key(*key))
        return Key(*key), amount


# --- Accounts (section 4) ---

NAMES = {
    (1, 1): "member/{number}", (1, 2): "held/{number}", (1, 3): "pot", (1, 4): "commons",
    (2, 1): "fund/{number}", (2, 2): "source/{word}", (2, 3): "use/{word}",
    (3, 1): "kind/{offer}/outside", (3, 2): "kind/{offer}/stock", (3, 3): "kind/{offer}/with/{number}",
    (3, 4): "kind/{offer}/used", (3, 5): "kind/{offer}/lapsed",
}
ENUMS = {(2, 2): ("CashSource", "CASH_SOURCE_"), (2, 3): ("CashUse", "CASH_USE_")}
AMOUNTS = {"time": "minutes", "cash": "pence", "kind": "items"}
SUMS = {"member_minutes": (1, 1), "held_minutes": (1, 2), "pot_minutes": (1, 3), "commons_minutes": (1, 4)} | {
    "fund_pence": (2, 1), "stock_items": (3, 2), "with_member_items": (3, 3)}
RECORD = struct.Struct(">BBIIq")


class Key(NamedTuple):
    """Which account."""

    unit: int
    kind: int
    offer: int
    number: int


class Balances:
    """What every account comes to, by transfers alone."""

    def __init__(self, words: Words):
        self.words, self.of = words, {}

    def add(self, entry) -> None:
        """Moves what an entry moves."""
        for out, into, amount in map(self.words.movement, entry.transfers):
            self.of[out] = self.of.get(out, 0) - amount
            self.of[into] = self.of.get(into, 0) + amount
            need(max(abs(self.of[out]), abs(self.of[into])) < 1 << 63, "a balance beyond 8 bytes")

    def records(self) -> list[bytes]:
        """The record of every account, sorted."""
        return sorted(RECORD.pack(*key, balance) for key, balance in self.of.items())

    def root(self) -> bytes:
        """The root over all records."""
        return ACCOUNTS.root([ACCOUNTS.leaf(record) for record in self.records()])

    def sums(self) -> dict[str, int]:
        """The sums that a seal speaks of."""
        return {word: sum(b for key, b in self.of.items() if key[:2] == kind) for word, kind in SUMS.items()}

    def conserved(self) -> dict[str, int]:
        """The sum of all accounts of each unit, and of the items of each offer: zero, all of them."""
        sums = dict.fromkeys(AMOUNTS.values(), 0)
        for key, balance in sorted(self.of.items()):
            of_offer = [f"items of kind/{key.offer}"] if key.unit == 3 else []
            for unit in [list(AMOUNTS.values())[key.unit - 1], *of_offer]:
                sums[unit] = sums.get(unit, 0) + balance
        need(not any(sums.values()), f"not conserved: {sums}")
        return sums

    def compare(self, seal, position: int) -> bool:
        """Sees that a seal says what all entries before it come to. One of a reducer that this page does not know is not judged."""
        need(seal.through_position == position - 1, f"the seal speaks of position {seal.through_position}")
        if seal.reducer_version != REDUCER:
            return False
        self.conserved()
        need(seal.accounts == len(self.of), f"the seal counts {seal.accounts} accounts, and there are {len(self.of)}")
        for word, amount in self.sums().items():
            need(getattr(seal, word) == amount, f"the seal says {word} {getattr(seal, word)}, and it is {amount}")
        need(seal.accounts_root == self.root(), "the seal's root of the accounts is another")
        return True
