"""Adds up a log from its stored bytes alone, knowing none of the ledger's rules; and hashes it."""

from collections import Counter

from blake3 import blake3


def account(side):
    """A name for an account: its kind, and its number where it has one."""
    kind = side.WhichOneof("account")
    number = getattr(side, kind)
    return (kind,) if number is True else (kind, number)


def moved(entry):
    """Every single change that an entry makes: unit, account, amount."""
    for transfer in entry.transfers:
        unit = transfer.WhichOneof("unit")
        move = getattr(transfer, unit)
        amount = {"time": "minutes", "cash": "pence", "kind": "items"}[unit]
        of = (unit, move.offer) if unit == "kind" else (unit,)
        yield of + account(getattr(move, "from")), -getattr(move, amount)
        yield of + account(move.to), getattr(move, amount)


def added(entries):
    """What stands in every account after these entries."""
    accounts = Counter()
    for entry in entries:
        for where, amount in moved(entry):
            accounts[where] += amount
    return accounts


def kept_apart(accounts):
    """The sum over all accounts of each unit, and of each offer: nothing appears and nothing vanishes."""
    sums = Counter()
    for where, amount in accounts.items():
        sums[where[:2] if where[0] == "kind" else where[:1]] += amount
    return dict(sums)


def leaf(stored, key=blake3(b"", derive_key_context="carestore v1 leaf").digest()):
    """The hash of one entry's bytes."""
    return blake3(stored, key=key).digest()


def root(leaves, key=blake3(b"", derive_key_context="carestore v1 node").digest()):
    """The hash of a whole log."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return blake3(root(leaves[:left]) + root(leaves[left:]), key=key).digest()
