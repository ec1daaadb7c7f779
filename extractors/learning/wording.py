"""What printed words say of a field: its kind, its length, its short name (`words.yaml`)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz.distance import OSA

from extractors.definition import FieldKind

NAME_WORDS = 5  # of a label that a name is made of
LONGEST_NAME = 48  # characters, so that a number still fits behind
SHORTEST_MISREAD, LONG_WORD = 4, 8  # letters: of a word that is put right by one of them, and by two
WEAK = frozenset({"the", "a", "an", "of", "for", "to", "in", "on", "and", "or", "is", "are", "this", "that", "i", "be"})


@cache
def _told() -> Any:
    return yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))


def says(what: str, text: str) -> bool:
    """Whether words match one of the patterns of a list in `words.yaml`."""
    return any(re.search(pattern, text.lower()) for pattern in _told()[what])


def kind_of(label: str) -> FieldKind | None:
    """The kind that a label names, None where it names none."""
    plain = label.lower()
    for kind, patterns in _told()["kinds"].items():
        if any(re.search(pattern, plain) for pattern in patterns):
            return FieldKind(kind)
    return None


def length_of(label: str) -> int | None:
    """The characters that fit, where the label says so."""
    plain = without_marks(label).lower()
    return next((int(length) for pattern, length in _told()["longest"].items() if re.search(pattern, plain)), None)


def spelled(text: str) -> str:
    """A line as it was misread, its words as those of forms that they are nearly (`vocabulary`); others as they are."""
    return re.sub(r"\S{4,}", lambda found: _spelled_word(found[0]), text)


def _spelled_word(word: str) -> str:
    bare = word.strip("()[]:;,.*")
    if bare.lower() in _vocabulary():
        return word
    for misread in dict.fromkeys((bare, word)):
        near = [known for known in _vocabulary() if _is_nearly(misread.lower(), known)]
        if len(near) == 1:
            return word.replace(misread, near[0].capitalize() if misread[0].isupper() else near[0])
    return word


def _is_nearly(word: str, known: str) -> bool:
    """Whether a word is a known one but for a misread letter, of a long one two; its plural is another word."""
    if len(word) < SHORTEST_MISREAD or word.startswith(known):
        return False
    allowed = 2 if len(word) >= LONG_WORD else 1
    return OSA.distance(word, known, score_cutoff=allowed) <= allowed


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset([*_told()["vocabulary"], *subjects()])


def subjects() -> tuple[str, ...]:
    """Whom or what sections are about."""
    return tuple(_told()["subjects"])


def without_marks(label: str) -> str:
    """A label without stars and the colon at its end."""
    return re.sub(r"\s+", " ", label.replace("*", " ")).strip().rstrip(":").strip()


def as_name(widget: str) -> str:
    """A widget's name as a field's: small letters, figures and underscores; empty where it has no letters."""
    name = "_".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", widget).lower()))[:LONGEST_NAME]
    return name if not name or name[0].isalpha() else f"n{name}"


def slug(label: str) -> str:
    """A name made of a label's words, without what stands in brackets; empty where it has no letters."""
    plain = re.sub(r"\([^)]*\)", " ", without_marks(label).lower()).strip(" :.,")
    plain = str(_told()["names"].get(plain, plain))
    words = re.findall(r"[a-z0-9]+", plain.replace("'", "").replace("’", ""))
    telling = [word for word in words if word not in WEAK] or words
    name = "_".join(telling[:NAME_WORDS])[:LONGEST_NAME].strip("_")
    return name if not name or name[0].isalpha() else f"n{name}"
