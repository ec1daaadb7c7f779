"""What a notice says: plain words throughout, so that whoever edits it may write whatever is right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to see to: where on the form, in which words; `picture` names the field whose place is shown."""

    place: str
    says: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The words of one page to the sender, from top to bottom.

    What is empty is left out; an empty `to` or `fax` leaves a line to be filled in by hand.

    `patient` holds initials: with the day of receipt and `reference` they tell a practice which patient is meant, and
    tell anybody else to whom the fax may come nothing (45 CFR 164.502(b), minimum necessary).
    """

    sender: str
    contact: str
    title: str
    to: str
    fax: str
    date: str
    reference: str
    received: str
    form: str
    patient: str
    opening: str
    points: tuple[Point, ...]
    what_to_do: str
    questions: str
    confidential: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice as the program words it, and what the operator has to know before it goes out."""

    notice: Notice
    remarks: tuple[str, ...] = ()
