"""The thresholds file: complete, in order, and nothing in it that nobody reads."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from extractors.definition import FieldKind
from extractors.thresholds import THRESHOLDS, Thresholds


def test_thresholds_leave_room_for_doubt_and_cover_every_kind() -> None:
    marks, signatures, writing = THRESHOLDS.marks, THRESHOLDS.signatures, THRESHOLDS.writing
    assert 0 < marks.softness < marks.middle < 0.5 < marks.sure < 1
    assert 0 < marks.odd_above < 0.5 < marks.ringed < 1
    assert 0 < signatures.absent_area < signatures.present_area
    assert 0 < writing.empty_area < writing.dirt_area
    assert set(THRESHOLDS.sure) == set(FieldKind)
    assert all(0.5 < chance < 1 for chance in THRESHOLDS.sure.values())


def test_a_misspelt_key_stops_the_start() -> None:
    good = THRESHOLDS.model_dump()
    with pytest.raises(ValidationError, match="midle"):
        Thresholds.model_validate(good | {"marks": good["marks"] | {"midle": 0.2}})
    with pytest.raises(ValidationError, match="signatures"):
        Thresholds.model_validate({key: value for key, value in good.items() if key != "signatures"})
