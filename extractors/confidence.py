"""From what readers say to what may be believed.

The calibrated chance that a value is right, and whether a person must look.
"""

from __future__ import annotations

from dataclasses import dataclass

from extractors.calibration import CALIBRATION
from extractors.definition import Field, FieldKind
from extractors.marks import Mark, MarkState
from extractors.numbers import NumberReading
from extractors.signatures import Signature
from extractors.thresholds import THRESHOLDS

CERTAIN = 0.9999  # no reading of a picture is surer


@dataclass(frozen=True, slots=True)
class Belief:
    """The calibrated chance that a value is right, and why it is doubtful (empty when it is not)."""

    confidence: float
    why: str = ""


def believe_number(field: Field, reading: NumberReading, fits: bool) -> Belief:
    """Digits and dates: only what two readings agree on, and what has the field's form, can be sure."""
    if reading.struck:
        return Belief(min(number_belief(reading), 0.5), "struck")
    if not reading.agree:
        return Belief(0.5 * max(reading.chance, reading.second_chance), "readings_differ")
    if not fits:
        return Belief(min(number_belief(reading), 0.5), "format")
    return _judged(field.kind, CALIBRATION.chance("number", number_belief(reading)))


def number_belief(reading: NumberReading) -> float:
    """Both readers' belief in what they agree on, uncalibrated; odd strokes mislead both, so both must be sure."""
    return reading.chance * reading.second_chance


def believe_text(field: Field, belief: float) -> Belief:
    """Names and free text, by the engine's own belief."""
    return _judged(field.kind, CALIBRATION.chance("text", belief))


def believe_empty(area: float) -> Belief:
    """A field in which no ink was found (`area`: square points of specks that were taken for dirt)."""
    limits = THRESHOLDS.writing
    return Belief(CERTAIN if area <= limits.empty_area else 0.9, "" if area <= limits.empty_area else "faint_ink")


def believe_marks(field: Field, marks: list[Mark]) -> Belief:
    """A single box, or all boxes of a group together."""
    chance = 1.0
    for mark in marks:
        chance *= mark.chance if mark.state is MarkState.ON else 1.0 - mark.chance
    if any(mark.state is MarkState.UNSURE for mark in marks):
        return Belief(min(chance, 0.6), "unsure_mark")
    return _judged(field.kind, chance)


def believe_signature(signature: Signature) -> Belief:
    """Ink in a signature's box."""
    if signature.present is None:
        return Belief(0.5, "unsure_signature")
    return Belief(0.999)


def _judged(kind: FieldKind, chance: float) -> Belief:
    chance = min(max(chance, 0.0), CERTAIN)
    return Belief(chance, "" if chance >= THRESHOLDS.sure[kind] else "low_confidence")
