"""Who fills a form: the pen, the size, the slant, and the habits, drawn once a form and kept through it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from numpy.random import Generator

from samples.generator.digits import DigitHand, DigitSet, draw_digit_hand
from samples.generator.faces import Faces


class Pen(StrEnum):
    """How values come on the paper, as the truth names it."""

    TYPED = "typed"
    HAND = "hand"  # a handwriting face
    REAL = "real"  # people's own digits, letters in a handwriting face
    DIGITAL = "digital"  # completed on a computer, never printed


@dataclass(frozen=True, slots=True)
class Hand:
    """A person at a form.

    Lengths: `size` (of hands: digits are 0.72 of it high) and `wobble` in points, `bend` in dots; `nib` in mm (how much
    broader than the face draws). `slant` is the sideways part of the height, `shade` the grey of the ink (0 black).
    """

    pen: Pen
    face: Path
    digits: DigitHand | None
    size: float
    slant: float
    wobble: float
    bend: float
    nib: float
    shade: int
    mark: str  # the check mark that this person makes
    date_style: str  # on free lines: "full", "no_zeros", "short_year", "dashes", "dots"
    phone_style: int
    comb_right: bool  # short numbers at the right of a comb
    comma: bool  # thousands comma on free lines

    @property
    def typed(self) -> bool:
        """Whether a machine writes."""
        return self.pen is Pen.TYPED


MARKS = {  # check marks, and how often people make them
    "x": 0.36, "tick": 0.24, "big_tick": 0.10, "big_x": 0.08, "slash": 0.04, "blot": 0.06, "light_x": 0.05,
    "scribble": 0.03, "circle": 0.02, "dot": 0.02,
}  # fmt: skip
NIBS, NIB_SHARES = (0.0, 0.05, 0.1, 0.16, 0.25), (0.3, 0.3, 0.2, 0.15, 0.05)  # mm, and how often
DATE_STYLES = {"full": 0.62, "no_zeros": 0.13, "short_year": 0.12, "dashes": 0.07, "dots": 0.06}


def draw_hand(pen: Pen, faces: Faces, digits: DigitSet, rng: Generator) -> Hand:
    """A person with that pen."""
    typed = pen is Pen.TYPED
    face = faces.type if typed else faces.hand
    mark = "typed_x" if typed and rng.random() < 0.6 else _draw(MARKS, rng)
    return Hand(
        pen=pen,
        face=face[int(rng.integers(len(face)))],
        digits=draw_digit_hand(digits, rng) if pen is Pen.REAL else None,
        size=float(rng.uniform(7.5, 11.5) if typed else rng.uniform(8.0, 17.0)),
        slant=0.0 if typed else float(rng.normal(0.0, 0.12)),
        wobble=float(rng.uniform(0.0, 0.35) if typed else rng.uniform(0.2, 1.1)),
        bend=0.0 if typed else float(rng.uniform(0.3, 1.6)),
        nib=float(rng.uniform(0.0, 0.05) if typed else rng.choice(NIBS, p=NIB_SHARES)),
        shade=int(rng.integers(0, 45) if rng.random() < 0.8 else rng.integers(45, 85)),
        mark=mark,
        date_style="full" if typed and rng.random() < 0.5 else _draw(DATE_STYLES, rng),
        phone_style=int(rng.choice(5, p=[0.45, 0.25, 0.12, 0.08, 0.10])),
        comb_right=bool(rng.random() < 0.15),
        comma=bool(rng.random() < 0.12),
    )


def as_date(date: str, style: str) -> str:
    """A date MM/DD/YYYY as the person writes it on a free line."""
    month, day, year = date.split("/")
    return {
        "full": date,
        "no_zeros": f"{month.lstrip('0') or '0'}/{day.lstrip('0') or '0'}/{year}",
        "short_year": f"{month.lstrip('0') or '0'}/{day.lstrip('0') or '0'}/{year[2:]}",
        "dashes": f"{month}-{day}-{year}",
        "dots": f"{month}.{day}.{year}",
    }[style]


def as_phone(phone: str, style: int) -> str:
    """A phone number (any punctuation) as the person writes it."""
    digits = "".join(character for character in phone if character.isdigit())
    area, office, line = digits[:3], digits[3:6], digits[6:]
    return (
        f"({area}) {office}-{line}",
        f"{area}-{office}-{line}",
        f"{area}.{office}.{line}",
        f"{area} {office} {line}",
        f"{area} {office}-{line}",
    )[style]


def _draw(weights: dict[str, float], rng: Generator) -> str:
    names = list(weights)
    total = sum(weights.values())
    return names[int(rng.choice(len(names), p=[weights[name] / total for name in names]))]
