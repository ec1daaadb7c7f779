"""What stands on every notice: the centre's numbers, titles and instructions, from `words.yaml`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from validators.findings import Outcome


@dataclass(frozen=True, slots=True)
class Contact:
    """The centre's numbers from a day on (rule R5)."""

    since: dt.date
    phone: str
    fax: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a notice says around its points, by the outcome that comes first."""

    title: str
    opening: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """The fields of a form that may name whom to write to, the best first; a name is one field or two."""

    names: tuple[tuple[str, ...], ...] = ()
    faxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """The content of `words.yaml`."""

    sender: str
    contacts: tuple[Contact, ...]
    outcomes: Mapping[Outcome, Instruction]
    questions: str
    confidential: str
    addressees: Mapping[str, Addressee]
    for_the_desk: frozenset[str]

    def contact(self, on: dt.date) -> Contact:
        """The numbers that answer on that day; the oldest ones before there were any."""
        known = [contact for contact in self.contacts if contact.since <= on]
        return max(known or self.contacts[:1], key=lambda contact: contact.since)


@cache
def standing() -> Standing:
    """The words as shipped, read once."""
    data = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
    return Standing(
        sender=data["from"],
        contacts=tuple(Contact(entry["from"], entry["phone"], entry["fax"]) for entry in data["contacts"]),
        outcomes={Outcome(name): Instruction(**entry) for name, entry in data["outcomes"].items()},
        questions=data["questions"],
        confidential=data["confidential"],
        addressees={
            family: Addressee(tuple(tuple(name.split(" + ")) for name in entry["names"]), tuple(entry["faxes"]))
            for family, entry in data["addressees"].items()
        },
        for_the_desk=frozenset(data["for_the_desk"]),
    )
