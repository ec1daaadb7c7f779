"""What the readers' own beliefs are worth, from `calibration.yaml`: measured curves from belief to chance."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, field_validator

Curve = tuple[tuple[float, float], ...]
"""Points (belief, chance), both rising, the first at belief 0 and the last at 1."""


class Calibration(BaseModel):
    """A curve for each kind of reading."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Curve
    text: Curve

    @field_validator("number", "text")
    @classmethod
    def _rises(cls, curve: Curve) -> Curve:
        beliefs, chances = zip(*curve, strict=True)
        if list(beliefs) != sorted(beliefs) or list(chances) != sorted(chances) or (beliefs[0], beliefs[-1]) != (0, 1):
            raise ValueError("a curve rises from belief 0 to belief 1")
        return curve

    def chance(self, kind: Literal["number", "text"], belief: float) -> float:
        """The measured chance (0 to 1) that a reading with that belief (0 to 1) is right."""
        beliefs, chances = zip(*getattr(self, kind), strict=True)
        return float(np.interp(belief, beliefs, chances))


CALIBRATION = Calibration.model_validate(
    yaml.safe_load((Path(__file__).parent / "calibration.yaml").read_text(encoding="utf-8"))
)
