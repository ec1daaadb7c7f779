"""From readings to belief: two that agree are worth what was measured, two that differ are never believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from extractors.calibration import CALIBRATION, Calibration
from extractors.confidence import (
    CERTAIN,
    Belief,
    believe_empty,
    believe_marks,
    believe_number,
    believe_signature,
    believe_text,
)
from extractors.definition import Field, FieldKind
from extractors.geometry import Box
from extractors.marks import Mark, MarkState
from extractors.numbers import NumberReading
from extractors.signatures import Signature
from extractors.thresholds import THRESHOLDS

CHANCE = st.floats(0, 1)


def field(kind: FieldKind) -> Field:
    return Field("any", "any", kind, 1, Box(0, 0, 9, 9), "")


@given(CHANCE, CHANCE, CHANCE, st.sampled_from([FieldKind.DIGITS, FieldKind.DATE]))
def test_agreeing_readings_are_believed_the_more_the_surer_both_are(
    one: float, other: float, surer: float, kind: FieldKind
) -> None:
    def belief(first: float, second: float) -> Belief:
        return believe_number(field(kind), NumberReading("1850", first, "1850", second, "test"), fits=True)

    assert belief(one, other).confidence <= belief(max(one, surer), other).confidence <= CERTAIN
    assert bool(belief(one, other).why) == (belief(one, other).confidence < THRESHOLDS.sure[kind])


@given(CHANCE, CHANCE)
def test_curves_of_the_calibration_rise(one: float, other: float) -> None:
    for kind in ("number", "text"):
        low, high = (CALIBRATION.chance(kind, belief) for belief in sorted((one, other)))
        assert 0.0 <= low <= high < 1.0


def test_curve_that_falls_is_refused() -> None:
    with pytest.raises(ValidationError, match="rises"):
        Calibration(number=((0, 0.5), (1, 0.4)), text=((0, 0), (1, 1)))


@given(CHANCE, CHANCE, st.booleans(), st.booleans())
def test_differing_struck_or_misfitting_readings_are_always_doubtful(
    one: float, other: float, struck: bool, fits: bool
) -> None:
    differing = NumberReading("1850", one, "1350", other, "test", struck=struck)
    belief = believe_number(field(FieldKind.DIGITS), differing, fits)
    assert belief.why == ("struck" if struck else "readings_differ")
    assert belief.confidence <= 0.5
    misfit = believe_number(
        field(FieldKind.DATE), NumberReading("13451999", one, "13451999", other, "test"), fits=False
    )
    assert misfit.why == "format"
    assert misfit.confidence <= 0.5


@given(CHANCE, st.sampled_from([FieldKind.TEXT, FieldKind.FREE_TEXT]))
def test_text_is_sure_from_its_threshold_on(chance: float, kind: FieldKind) -> None:
    belief = believe_text(field(kind), chance)
    assert bool(belief.why) == (belief.confidence < THRESHOLDS.sure[kind])


@given(st.lists(st.tuples(st.sampled_from(MarkState), CHANCE), min_size=1, max_size=6))
def test_one_unsure_mark_makes_its_group_doubtful(drawn: list[tuple[MarkState, float]]) -> None:
    belief = believe_marks(field(FieldKind.CHOICE), [Mark(state, 0.1, 0.0, chance) for state, chance in drawn])
    assert 0 <= belief.confidence <= CERTAIN
    if MarkState.UNSURE in {state for state, _ in drawn}:
        assert (belief.why, belief.confidence <= 0.6) == ("unsure_mark", True)


@pytest.mark.parametrize(("present", "why"), [(True, ""), (False, ""), (None, "unsure_signature")])
def test_only_an_unsure_signature_is_doubtful(present: bool | None, why: str) -> None:
    assert believe_signature(Signature(present, 50.0, 30.0, 10.0)).why == why


def test_faint_ink_leaves_a_doubt_about_emptiness() -> None:
    limit = THRESHOLDS.writing.empty_area
    assert (believe_empty(0.0).why, believe_empty(limit).why, believe_empty(limit + 0.1).why) == ("", "", "faint_ink")
