"""Check boxes: on, off, or unsure.

Two questions are asked of each printed square. Is there ink of a mark in it? That hangs on the inked share alone, whose
odds change within a few hundredths. And is what was drawn a plain mark at all, or something odd: scratched out, a ring
round the square, a stroke beside it? That is answered by a classifier over eight metrics (`mark_metrics.py`), whose
weights are fitted by `samples/training/marks.py`. What is odd, or between the odds, is for a person (SDAPS has the idea
of three states).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict

from extractors.blanks import BlankPage
from extractors.definition import Field, FieldKind
from extractors.geometry import Box
from extractors.mark_metrics import MarkMetrics, measure, smeared, squashed
from extractors.option_words import option_words, ringed
from extractors.registration import AlignedPage
from extractors.thresholds import THRESHOLDS

STROKE_NEAR = 0.02  # of the square's area: with less ink around it no ring begins here


class MarkState(StrEnum):
    """What a check box says."""

    ON = "on"
    OFF = "off"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Mark:
    """One check box as read.

    `inside`: the inked share of the square's inside. `odd`: the chance (0 to 1) that what was drawn is no plain mark.
    `chance`: that the square is ticked, 0 to 1, to be trusted for `ON` and `OFF`.
    """

    state: MarkState
    inside: float
    odd: float
    chance: float


def read_marks(page: AlignedPage, field: Field) -> list[Mark]:
    """Read a check box, or the boxes of a choice together, in the order of its options.

    Strokes belong to the square that their middle is nearest to. An option is chosen as well by a ring round its words.
    """
    boxes = [option.box for option in field.options] or [field.box]
    others = printed_squares(page.blank)
    return [read_mark(page, box, others, words=len(boxes) > 1) for box in boxes]


def read_mark(page: AlignedPage, box: Box, others: Sequence[Box] = (), words: bool = False) -> Mark:
    """Read the check box whose printed square is `box` (points), among `others`.

    With `words`, a ring round the words beside it counts too.
    """
    metrics = measure(page, box, others)
    if smeared(page, box) or (metrics.inside and squashed(page, box)):
        return Mark(MarkState.UNSURE, metrics.inside, 0.0, 0.5)
    if words and metrics.around > STROKE_NEAR and ringed(page, option_words(page.blank, box)):
        return _ringed(metrics)
    return judged(metrics)


def judged(metrics: MarkMetrics) -> Mark:
    """The mark that a square so measured has."""
    limits = THRESHOLDS.marks
    odd = CLASSIFIER.chance(metrics)
    # ink of strokes that only pass by speaks for no mark, but leaves a doubt whether there is none
    surely_inked, inked = _odds(metrics.inside * (1 - metrics.foreign)), _odds(metrics.inside)
    if odd > limits.odd_above:
        return Mark(MarkState.UNSURE, metrics.inside, odd, 0.5)
    if surely_inked > limits.sure:
        return Mark(MarkState.ON, metrics.inside, odd, surely_inked * (1 - odd))
    if inked < 1 - limits.sure:
        return Mark(MarkState.OFF, metrics.inside, odd, 1 - (1 - inked) * (1 - odd))
    return Mark(MarkState.UNSURE, metrics.inside, odd, inked)


def _ringed(metrics: MarkMetrics) -> Mark:
    """An option whose words are ringed: chosen, though too few do so for it to be sure; a doubt if also marked."""
    empty = metrics.inside < THRESHOLDS.marks.middle
    return Mark(MarkState.ON if empty else MarkState.UNSURE, metrics.inside, 0.0, THRESHOLDS.marks.ringed)


def _odds(inside: float) -> float:
    """The chance that a square with that inked share holds a mark."""
    limits = THRESHOLDS.marks
    return float(1 / (1 + np.exp(-(inside - limits.middle) / limits.softness)))


def printed_squares(blank: BlankPage) -> tuple[Box, ...]:
    """All squares to be ticked on a page."""
    fields_ = blank.definition.fields_on(blank.page)
    marked = [one for one in fields_ if one.kind in (FieldKind.CHECKBOX, FieldKind.CHOICE)]
    return tuple(box for one in marked for box in ([option.box for option in one.options] or [one.box]))


class MetricWeights(BaseModel):
    """What a metric says: its weight from 0 on, and how much that changes from each of the `knots` on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    knots: tuple[float, ...]
    weights: tuple[float, ...]


class OddClassifier(BaseModel):
    """Whether a box is odd: a logistic regression on metrics whose weights change at knots (an additive model)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    metrics: dict[str, MetricWeights]

    def chance(self, metrics: MarkMetrics) -> float:
        """The chance (0 to 1) that a box is odd."""
        total = self.bias
        for name, says in self.metrics.items():
            value = getattr(metrics, name)
            total += sum(w * max(value - knot, 0.0) for knot, w in zip((0.0, *says.knots), says.weights, strict=True))
        return float(1 / (1 + np.exp(-total)))


CLASSIFIER = OddClassifier.model_validate(
    yaml.safe_load((Path(__file__).parent / "marks.yaml").read_text(encoding="utf-8"))
)
if set(CLASSIFIER.metrics) != {field.name for field in fields(MarkMetrics)}:
    raise ValueError("marks.yaml weighs other metrics than are measured")
