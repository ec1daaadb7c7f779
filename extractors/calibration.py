"""What the readers' own beliefs are worth, from `calibration.yaml`: measured curves from belief to chance."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, field_validator

from extractors.reading import Pen

Curve = tuple[tuple[float, float], ...]
"""Points (nines of belief, chance), both rising; before the first and after the last the curve is level."""

ReadKind = Literal["comb_digits", "free_digits", "date", "differing", "text"]
"""Numbers in combs, on free lines, and dates, on which two readings agree; numbers on which they differ; and text."""

MOST_NINES = 6.0


class Calibration(BaseModel):
    """For each kind of reading a curve for each pen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    comb_digits: dict[Pen, Curve]
    free_digits: dict[Pen, Curve]
    date: dict[Pen, Curve]
    differing: dict[Pen, Curve]
    text: dict[Pen, Curve]

    @field_validator("comb_digits", "free_digits", "date", "differing", "text")
    @classmethod
    def _rises(cls, curves: dict[Pen, Curve]) -> dict[Pen, Curve]:
        if set(curves) != {Pen.TYPED, Pen.HAND}:
            raise ValueError("there is a curve for what is typed and one for what is written by hand")
        for curve in curves.values():
            beliefs, chances = zip(*curve, strict=True)
            if list(beliefs) != sorted(beliefs) or list(chances) != sorted(chances):
                raise ValueError("a curve rises")
        return curves

    def chance(self, kind: ReadKind, pen: Pen, belief: float) -> float:
        """The measured chance (0 to 1) that a reading of that belief is right, 0 to 1; for an unknown pen the least."""
        curves: dict[Pen, Curve] = getattr(self, kind)
        return min(_on_curve(curves[known], belief) for known in ([pen] if pen in curves else curves))


def nines(belief: float) -> float:
    """How many nines a belief has: 1 for 0.9, 2 for 0.99, up to `MOST_NINES`; differences near certainty count."""
    return min(MOST_NINES, -math.log10(max(1.0 - belief, 1e-9)))


def _on_curve(curve: Curve, belief: float) -> float:
    beliefs, chances = zip(*curve, strict=True)
    return float(np.interp(nines(belief), beliefs, chances))


CALIBRATION = Calibration.model_validate(
    yaml.safe_load((Path(__file__).parent / "calibration.yaml").read_text(encoding="utf-8"))
)
