"""Names of people as forms write them, and how alike two readings of a name are."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

KEY_LETTERS = 3
"""Letters that two names must share at the start of a half to be compared at all: an index can find those."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A first and a last name; either may be empty."""

    first: str
    last: str

    def swapped(self) -> PersonName:
        """The same two words in the other order (a single name field takes either)."""
        return PersonName(first=self.last, last=self.first)


def name_key(word: str) -> str:
    """The first letters of a half of a name, without case, accents and marks."""
    return plain(word)[:KEY_LETTERS]


def name_keys(name: PersonName) -> frozenset[str]:
    """The keys of both halves, since either may be written first; two names that share none are not alike."""
    return frozenset({name_key(name.first), name_key(name.last)} - {""})


def split_name(text: str) -> PersonName:
    """First and last name of a single name field: "Last, First" or "First [Middle] Last"."""
    if "," in text:
        last, _, first = text.partition(",")
        return PersonName(first=first.strip(), last=last.strip())
    words = text.split()
    if len(words) < 2:
        return PersonName(first="", last=text.strip())
    return PersonName(first=words[0], last=words[-1])


def likeness(one: PersonName, other: PersonName) -> float:
    """How alike two names are, 0 to 1: the less alike of first name and last name, in the better of the two orders.

    The weaker half counts, because relatives share a last name and strangers a first name.
    """
    return max(_in_order(one, other), _in_order(one.swapped(), other))


def similarity(one: str, other: str) -> float:
    """How alike two words are, 0 to 1: one less the share of letters to change, without case, accents and marks.

    A word of marks alone is like none.
    """
    a, b = plain(one), plain(other)
    return Levenshtein.normalized_similarity(a, b) if a and b else 0.0


def plain(text: str) -> str:
    """Letters and digits alone, without accents, in lower case."""
    bare = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]", "", bare.casefold())


def _in_order(one: PersonName, other: PersonName) -> float:
    return min(similarity(one.first, other.first), similarity(one.last, other.last))
