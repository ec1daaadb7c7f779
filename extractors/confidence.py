"""From what readers say to what may be believed.

The calibrated chance that a value is right, and whether a person must look.
"""

from __future__ import annotations

from dataclasses import dataclass

from extractors.calibration import CALIBRATION, ReadKind
from extractors.definition import Field, FieldKind
from extractors.marks import Mark, MarkState
from extractors.numbers import NumberReading, is_number
from extractors.reading import Pen
from extractors.signatures import Signature
from extractors.thresholds import THRESHOLDS

CERTAIN = 0.9999  # no reading of a picture is surer
LOW = "low_confidence"
"""Why a value is doubtful that nothing speaks against but its chance."""
FAINT = "faint_ink"
"""Why a field is doubtful in which specks lie as faint writing leaves them."""
REVISION = "revision_unsure"
"""Why every field of a page is doubtful that may be another revision's."""
NOT_THE_READER = ("struck", "format", "slipped", FAINT, REVISION)
"""Doubts that the readers' beliefs say nothing about."""


@dataclass(frozen=True, slots=True)
class Belief:
    """The calibrated chance that a value is right, and why it is doubtful (empty when it is not)."""

    confidence: float
    why: str = ""


def believe_number(field: Field, pen: Pen, reading: NumberReading, fits: bool) -> Belief:
    """Digits and dates: only what two readings agree on, and what has the field's form, can be sure."""
    why = "struck" if reading.struck else "" if reading.agree else "readings_differ"
    return calibrated(field, pen, reading.chance, why or ("" if fits else "format"))


def believe_text(field: Field, pen: Pen, belief: float) -> Belief:
    """Names and free text, by the engine's own belief."""
    return calibrated(field, pen, belief)


def calibrated(field: Field, pen: Pen, belief: float, why: str = "") -> Belief:
    """What a belief (0 to 1) in a field's value is worth; a doubt that is there already (`why`) stays.

    Also for those who know more than the ink (the rules' own evidence) and come with a belief that they have weighed.
    """
    kind = kind_read(field, why)
    chance = min(CALIBRATION.chance(kind, pen, belief), CERTAIN)
    if kind not in ("differing", "text"):
        chance = min(chance, belief)  # where too few of a kind were wrong to show it, the readers' own doubt counts
    if why in NOT_THE_READER:
        return Belief(min(chance, 0.5), why)
    if why in ("", LOW):
        threshold = THRESHOLDS.sure[FieldKind.DIGITS if kind.endswith("digits") else field.kind]
        return Belief(chance, "" if chance >= threshold else LOW)  # an identifier may be a field of text (NPI or DEA)
    return Belief(chance, why)


def kind_read(field: Field, why: str) -> ReadKind:
    """On which curve a reading of the field lies; `why` it is doubtful, if it is."""
    if not is_number(field):
        return "text"
    if why == "readings_differ":
        return "differing"
    if field.kind is FieldKind.DATE:
        return "date"
    return "comb_digits" if field.cells else "free_digits"


def believe_marks(field: Field, marks: list[Mark]) -> Belief:
    """A single box, or all boxes of a group together."""
    chance = 1.0
    for mark in marks:
        chance *= mark.chance if mark.state is MarkState.ON else 1.0 - mark.chance
    if any(mark.state is MarkState.UNSURE for mark in marks):
        return Belief(min(chance, 0.6), "unsure_mark")
    chance = min(max(chance, 0.0), CERTAIN)
    return Belief(chance, "" if chance >= THRESHOLDS.sure[field.kind] else LOW)


def believe_signature(signature: Signature) -> Belief:
    """Ink in a signature's box."""
    if signature.present is None:
        return Belief(0.5, "unsure_signature")
    return Belief(0.999)
