"""The thresholds of this floor, from `thresholds.yaml`, checked when they are loaded."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from extractors.definition import FieldKind


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MarkThresholds(_Record):
    """Check boxes: shares of the square's inside, and chances."""

    middle: float
    softness: float
    sure: float
    odd_above: float
    ringed: float


class SignatureThresholds(_Record):
    """Signatures: square points and points."""

    present_area: float
    present_width: float
    present_height: float
    absent_area: float


class WritingThresholds(_Record):
    """When a field to be written in is empty: square points of ink."""

    empty_area: float
    dirt_area: float
    faint_specks: int
    faint_density: float
    faint_ratio: float


class Thresholds(_Record):
    """All of them."""

    marks: MarkThresholds
    signatures: SignatureThresholds
    writing: WritingThresholds
    sure: dict[FieldKind, float]


THRESHOLDS = Thresholds.model_validate(
    yaml.safe_load((Path(__file__).parent / "thresholds.yaml").read_text(encoding="utf-8"))
)
