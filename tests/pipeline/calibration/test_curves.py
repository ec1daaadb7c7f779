"""Curves and reliability on invented readings of which the truth is known."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from extractors.calibration import Calibration
from extractors.definition import Field, FieldKind
from extractors.geometry import Box
from extractors.reading import Pen
from pipeline.calibration.curves import FEWEST, KINDS, SUREST, as_yaml, curve, fit_curves
from pipeline.calibration.outcomes import Outcome
from pipeline.calibration.reliability import bands, calibration_error, share
from pipeline.errors import KnownValuesError

FIELD = Field("anc_value", "ANC", FieldKind.DIGITS, 1, Box(0, 0, 9, 9), "")


def outcome(kind: str = "comb_digits", pen: Pen = Pen.HAND, belief: float = 0.9, *, right: bool = True) -> Outcome:
    return Outcome(1, FIELD, kind, pen, belief, belief, doubtful=False, critical=True, right=right)


@given(st.lists(st.tuples(st.floats(0, 6), st.booleans()), min_size=1, max_size=400))
def test_a_curve_rises_and_is_never_certain(pairs: list[tuple[float, bool]]) -> None:
    beliefs, chances = zip(*curve(pairs), strict=True)
    assert list(beliefs) == sorted(beliefs)
    assert list(chances) == sorted(chances)
    assert 0 <= chances[0] <= chances[-1] <= SUREST


def test_a_curve_finds_the_chance_that_the_readings_were_drawn_with() -> None:
    rng = default_rng(5)
    drawn = [(nines, bool(rng.random() < chance)) for nines, chance in ((2.0, 0.9), (4.0, 0.99)) for _ in range(4000)]
    low, high = curve(drawn)[0][1], curve(drawn)[-1][1]
    assert low == pytest.approx(0.9, abs=0.02)
    assert high == pytest.approx(0.99, abs=0.01)


def test_fitted_curves_are_what_the_readers_load() -> None:
    known = [outcome(kind, pen, 0.99) for kind in KINDS for pen in Pen for _ in range(FEWEST)]
    fitted = yaml.safe_load(as_yaml(fit_curves(known)))
    chance = Calibration.model_validate(fitted).chance("date", Pen.TYPED, 0.99)
    assert chance == pytest.approx((FEWEST + 1) / (FEWEST + 1.5), abs=1e-5)


def test_few_readings_of_a_pen_share_the_curve_of_both() -> None:
    known = [outcome(kind, Pen.HAND, 0.99) for kind in KINDS for _ in range(FEWEST)]
    fitted = fit_curves([*known, outcome("date", Pen.TYPED, right=False)])
    assert fitted["date"]["typed"] == curve([(2.0, True)] * FEWEST + [(1.0, False)])


def test_a_kind_without_known_readings_is_told() -> None:
    with pytest.raises(KnownValuesError, match="differing"):
        fit_curves([outcome(kind) for kind in KINDS if kind != "differing"])


def test_the_calibration_error_is_the_distance_of_promise_and_truth() -> None:
    promised = [outcome(belief=0.97, right=n < 90) for n in range(100)]
    (band,) = bands(promised)
    assert (band.low, band.high, band.count, band.right.share) == (0.95, 0.98, 100, 0.9)
    assert calibration_error([band]) == pytest.approx(0.07)


def test_an_interval_of_no_error_reaches_to_three_in_n() -> None:
    assert share(0, 1000).high == pytest.approx(3.7 / 1000, abs=1e-4)  # two-sided exact: 1 - 0.025 ** (1 / n)
    assert share(0, 0) == share(0, 0).__class__(0.0, 0.0, 1.0)
