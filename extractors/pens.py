"""Typed or by hand: what a page's writing itself says of the pen that made it.

A machine sets its characters on one line, at one pitch, upright, with strokes of one width; a hand does not. Each of
these is measured on a field's crop as a trait, and the traits are weighed by logistic regression into log-odds. A form
is mostly written by one pen, so the fields of a page speak for each other, up to a limit that a field which clearly
differs can exceed. The date beside a signature is the signer's, whoever filled in the form, and is judged by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import numpy.typing as npt
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from extractors.crops import ink_mask
from extractors.geometry import Grey
from extractors.reading import Pen

SMALLEST = 12  # pixels of ink: specks, dots and commas have fewer
SHORTEST = 8  # pixels high: hyphens and remnants of lines are lower
SMALL_PICTURE = 1 << 17  # pixels: with fewer, 16 bits number all pieces, at half the cost
BROADEST = 0.5  # of the characters' height: what is wider is no stroke cut across
FARTHEST = 0.4  # of the characters' height: pieces that lie farther off line are all alike


@dataclass(frozen=True, slots=True)
class PenBelief:
    """How surely a machine wrote, as log-odds (natural logarithm, 0 is even odds, above it typed).

    `page`: for the page's writing as a whole. `fields`: by field name, the page's other fields taken into account;
    fields without a character in them are missing.
    """

    page: float
    fields: Mapping[str, float]

    def pen(self, field: str) -> Pen:
        """The pen that wrote the field, `Pen.UNKNOWN` where that is not clear."""
        return _pen(self.fields.get(field, 0.0))

    @property
    def page_pen(self) -> Pen:
        """The pen that wrote most of the page, `Pen.UNKNOWN` where that is not clear."""
        return _pen(self.page)


def classify_pens(pictures: Mapping[str, Grey]) -> PenBelief:
    """Tell typed from handwritten fields.

    Args:
        pictures: by field name the written fields of one page with the print removed (`crops.line_picture`).
    """
    weights = shipped_weights()
    own = {name: field_odds(traits, weights) for name, picture in pictures.items() if (traits := measure(picture))}
    return pooled(own, weights.pooling)


def measure(picture: Grey) -> dict[str, float] | None:
    """The traits of one field's writing (H x W uint8, 0 black); None where no character is in it.

    Beside them stand how many `characters` there are, and how `clear` of specks the field is (0 to 1, share of ink).
    """
    writing = Writing.of(picture)
    if writing is None:
        return None
    amount = {"characters": float(len(writing.boxes)), "clear": writing.clear}
    return amount | {name: trait(writing) for name, trait in TRAITS.items()}


def field_odds(traits: Mapping[str, float], weights: PenWeights) -> float:
    """The log-odds of one field by its own traits."""
    evidence = weights.intercept + sum(
        weight.weight * (traits[name] - weight.middle) / weight.spread for name, weight in weights.traits.items()
    )
    return float(np.clip(heard(traits, weights.few) * evidence, -weights.surest, weights.surest))


def heard(traits: Mapping[str, float], few: float) -> float:
    """The share (0 to 1) of a field's evidence that counts: less from few characters, and from dirt or dithering."""
    return traits["characters"] / (traits["characters"] + few) * traits["clear"]


def pooled(own: Mapping[str, float], pooling: Pooling) -> PenBelief:
    """Each field's own log-odds with what the page's others say.

    Fields of one page err alike (one typeface, one fax line), so their sum is tempered.
    """
    total = sum(odds for name, odds in own.items() if not is_signers(name))

    def with_others(name: str, odds: float) -> float:
        if is_signers(name):
            return odds
        return odds + float(np.clip(pooling.temper * (total - odds), -pooling.limit, pooling.limit))

    return PenBelief(pooling.temper * total, {name: with_others(name, odds) for name, odds in own.items()})


def is_signers(field: str) -> bool:
    """Whether the signer writes the field, and not who filled in the form: the date beside a signature."""
    return field.endswith("signature_date")


def _pen(odds: float) -> Pen:
    if abs(odds) < shipped_weights().sure:
        return Pen.UNKNOWN
    return Pen.TYPED if odds > 0 else Pen.HAND


@dataclass(frozen=True)
class Writing:
    """The characters of a field.

    `ink`: H x W uint8, 1 where a character is, with a white pixel all around. `boxes`: a row (left, top, width, height,
    ink) a connected piece, in pixels. `clear`: the share of all ink that is theirs.
    """

    ink: Grey
    boxes: npt.NDArray[np.int32]
    clear: float

    @classmethod
    def of(cls, picture: Grey) -> Writing | None:
        """The pieces of ink that are large enough to be characters; None where there is none."""
        mask = ink_mask(picture)
        left, top, width, height = cv2.boundingRect(mask)
        if not width:
            return None
        inked = mask[top : top + height, left : left + width]
        depth = cv2.CV_16U if inked.size < SMALL_PICTURE else cv2.CV_32S
        _, labels, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8, ltype=depth)
        boxes = np.asarray(stats, np.int32)
        areas = boxes[:, cv2.CC_STAT_AREA]
        kept = (areas >= SMALLEST) & (boxes[:, cv2.CC_STAT_HEIGHT] >= SHORTEST)
        kept[0] = False  # the paper
        if not kept.any():
            return None
        ink = np.take(kept.astype(np.uint8), np.asarray(labels, np.int32))
        ink = np.asarray(cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0), np.uint8)
        return cls(ink, boxes[kept], float(areas[kept].sum() / areas[1:].sum()))

    @cached_property
    def height(self) -> float:
        """The usual height of a piece in pixels, by which all other lengths are measured."""
        return _middle(self.boxes[:, 3])


def _rows(writing: Writing) -> float:
    """How sharply rows with ink begin and end: typed lines have one top and one foot. Logarithm."""
    rows = writing.ink.sum(1, dtype=np.float64)
    return float(np.log((np.diff(rows) ** 2).sum() / rows.sum() ** 2 * writing.height))


def _alignment(writing: Writing) -> float:
    """How far each piece's top and foot are off those of the piece most like it, in heights. Logarithm."""
    if len(writing.boxes) < 2:
        return -3.0  # about usual: one piece says nothing
    tops = writing.boxes[:, 1].astype(np.float64)
    feet = tops + writing.boxes[:, 3]
    off = np.maximum(np.abs(tops[:, None] - tops), np.abs(feet[:, None] - feet)) / writing.height
    np.fill_diagonal(off, np.inf)
    return float(np.log(np.minimum(off.min(1), FARTHEST).mean() + 0.01))


def _pitch(writing: Writing) -> float:
    """How far the steps from piece to piece are off whole multiples of their median. Logarithm."""
    if len(writing.boxes) < 4:
        return -2.3
    steps = np.diff(np.sort(writing.boxes[:, 0] + writing.boxes[:, 2] / 2))
    steps = steps / max(_middle(steps), 1.0)
    return float(np.log(_middle(np.abs(steps - np.maximum(steps.round(), 1))) + 0.02))


def _strokes(writing: Writing) -> float:
    """The share of strokes, cut across by rows, that have the commonest width, give or take a pixel."""
    pixels = writing.ink.ravel()  # white all around, so that ink and paper take turns in it
    turns = np.flatnonzero(pixels[1:] != pixels[:-1])
    widths = turns[1::2] - turns[::2]
    widths = widths[widths < BROADEST * writing.height]
    return float(np.convolve(np.bincount(widths, minlength=1), (1, 1, 1)).max() / max(len(widths), 1))


def _slant(writing: Writing) -> float:
    """How far strokes lean from the upright, to either side, as a tangent."""
    soft = cv2.resize(writing.ink * 255, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    across[np.abs(across) < 2 * np.abs(down)] = 0  # level strokes and corners say nothing of it
    return abs(float(np.vdot(across, down))) / max(float(np.vdot(across, across)), 1.0)


def _fill(writing: Writing) -> float:
    """How much of the pieces' boxes is ink. Logarithm."""
    return float(np.log((writing.boxes[:, 4] / (writing.boxes[:, 2] * writing.boxes[:, 3])).mean()))


def _middle(values: npt.NDArray[Any]) -> float:
    """The upper median; numpy's own takes longer than all else here."""
    return float(np.sort(values)[len(values) // 2])


TRAITS: Mapping[str, Callable[[Writing], float]] = {
    "rows": _rows,
    "alignment": _alignment,
    "pitch": _pitch,
    "strokes": _strokes,
    "slant": _slant,
    "fill": _fill,
}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TraitWeight(_Record):
    """A trait's usual value and spread, and what one spread above it adds to the log-odds of a machine."""

    middle: float
    spread: Annotated[float, Field(gt=0)]
    weight: float


class Pooling(_Record):
    """What the other fields of a page count: their log-odds times `temper`, within plus and minus `limit`."""

    temper: Annotated[float, Field(gt=0, le=1)]
    limit: Annotated[float, Field(ge=0)]


class PenWeights(_Record):
    """All that was fitted (`pens.yaml`).

    `few`: characters at which half of the evidence is heard. `surest`: log-odds that no single field exceeds. `sure`:
    log-odds from which a pen is named.
    """

    intercept: float
    few: Annotated[float, Field(ge=0)]
    surest: Annotated[float, Field(gt=0)]
    sure: Annotated[float, Field(gt=0)]
    pooling: Pooling
    traits: dict[str, TraitWeight]

    @model_validator(mode="after")
    def _weighs_all(self) -> PenWeights:
        if set(self.traits) != set(TRAITS):
            raise ValueError("every trait has one weight")
        return self


@cache
def shipped_weights() -> PenWeights:
    """The weights that come with this package, loaded once a process."""
    text = (Path(__file__).parent / "pens.yaml").read_text(encoding="utf-8")
    return PenWeights.model_validate(yaml.safe_load(text))
