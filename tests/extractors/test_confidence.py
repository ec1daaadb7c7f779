"""From readings to belief: two that agree are worth what was measured, two that differ are never believed."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from extractors.calibration import CALIBRATION, MOST_NINES, Calibration, ReadKind, nines
from extractors.confidence import (
    CERTAIN,
    Belief,
    believe_marks,
    believe_number,
    believe_signature,
    believe_text,
    calibrated,
)
from extractors.definition import Field, FieldKind
from extractors.geometry import Box
from extractors.marks import Mark, MarkState
from extractors.numbers import NumberReading
from extractors.reading import Pen
from extractors.signatures import Signature
from extractors.thresholds import THRESHOLDS

CHANCE = st.floats(0, 1)
KINDS = get_args(ReadKind)
PENS = st.sampled_from([Pen.TYPED, Pen.HAND, Pen.UNKNOWN])


def field(kind: FieldKind) -> Field:
    return Field("any", "any", kind, 1, Box(0, 0, 9, 9), "")


@given(CHANCE, CHANCE, st.sampled_from([FieldKind.DIGITS, FieldKind.DATE]), PENS)
def test_agreeing_readings_are_believed_the_more_the_likelier_they_are(
    one: float, other: float, kind: FieldKind, pen: Pen
) -> None:
    def belief(chance: float) -> Belief:
        return believe_number(field(kind), pen, NumberReading("1850", chance, "1850", "test", agree=True), fits=True)

    low, high = sorted((one, other))
    assert belief(low).confidence <= belief(high).confidence <= CERTAIN
    assert bool(belief(one).why) == (belief(one).confidence < THRESHOLDS.sure[kind])


@given(CHANCE, CHANCE, st.sampled_from(KINDS), PENS)
def test_curves_of_the_calibration_rise(one: float, other: float, kind: ReadKind, pen: Pen) -> None:
    low, high = (CALIBRATION.chance(kind, pen, belief) for belief in sorted((one, other)))
    assert 0.0 <= low <= high < 1.0


@given(CHANCE, st.sampled_from(KINDS))
def test_an_unknown_pen_is_believed_no_more_than_any_other(belief: float, kind: ReadKind) -> None:
    known = [CALIBRATION.chance(kind, pen, belief) for pen in (Pen.TYPED, Pen.HAND)]
    assert CALIBRATION.chance(kind, Pen.UNKNOWN, belief) == min(known)


@given(CHANCE, CHANCE)
def test_nines_keep_the_order_of_beliefs(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= nines(low) <= nines(high) <= MOST_NINES


def test_a_curve_that_falls_is_refused() -> None:
    falling, rising = ((0, 0.5), (1, 0.4)), ((0, 0.0), (1, 1.0))
    curves = {kind: {Pen.TYPED: rising, Pen.HAND: rising} for kind in KINDS}
    with pytest.raises(ValidationError, match="rises"):
        Calibration.model_validate(curves | {"text": {Pen.TYPED: rising, Pen.HAND: falling}})
    with pytest.raises(ValidationError, match="by hand"):
        Calibration.model_validate(curves | {"text": {Pen.TYPED: rising}})


@given(CHANCE, PENS, st.booleans(), st.booleans())
def test_differing_struck_or_misfitting_readings_are_always_doubtful(
    chance: float, pen: Pen, struck: bool, fits: bool
) -> None:
    differing = NumberReading("1850", chance, "1350", "test", struck=struck)
    belief = believe_number(field(FieldKind.DIGITS), pen, differing, fits)
    assert belief.why == ("struck" if struck else "readings_differ")
    misfit = NumberReading("13451999", chance, "13451999", "test", agree=True)
    belief = believe_number(field(FieldKind.DATE), pen, misfit, fits=False)
    assert (belief.why, belief.confidence <= 0.5) == ("format", True)


@given(CHANCE, PENS, st.sampled_from(["struck", "format", "slipped", "faint_ink", "readings_differ"]))
def test_no_belief_takes_away_a_doubt_of_another_kind(chance: float, pen: Pen, why: str) -> None:
    assert calibrated(field(FieldKind.DIGITS), pen, chance, why).why == why


@given(CHANCE, st.sampled_from([FieldKind.TEXT, FieldKind.FREE_TEXT]))
def test_text_is_sure_from_its_threshold_on(chance: float, kind: FieldKind) -> None:
    belief = believe_text(field(kind), Pen.HAND, chance)
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
