"""How many forms are to be checked, beside counting by hand, scipy's binomial and the published plans."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.migration.acceptance import estimate, plan

lots = st.integers(1, 3000)
shares = st.floats(0.001, 0.5)


def none_found(lot: int, wrong: int, checked: int) -> float:
    """The chance that none of the wrong ones is among the checked ones, by counting."""
    return comb(lot - wrong, checked) / comb(lot, checked)


@settings(deadline=None)
@given(lots, shares, st.floats(0.5, 0.999))
def test_it_is_the_smallest_number_that_shows_the_rate(lot: int, limit: float, confidence: float) -> None:
    checked, too_many = plan(lot, limit, confidence).checked, int(limit * lot) + 1
    assert none_found(lot, too_many, checked) <= 1 - confidence + 1e-9
    if checked:
        assert none_found(lot, too_many, checked - 1) > 1 - confidence - 1e-9


@settings(deadline=None)
@given(st.integers(500, 3000), st.floats(0.005, 0.2))
def test_more_wrong_ones_allowed_take_more_checks_and_fail_good_lots_less(lot: int, limit: float) -> None:
    strict, lenient = plan(lot, limit), plan(lot, limit, allowed=2)
    assert strict.checked <= lenient.checked <= lot
    assert lenient.chance_to_pass(limit / 4) >= strict.chance_to_pass(limit / 4) - 1e-9


def test_a_large_lot_takes_the_binomial_plan() -> None:
    """299 checks without a wrong one show 1 % at 95 %: the rule of three that auditors know."""
    assert plan(10_000_000, 0.01).checked == 299
    checked = plan(10_000_000, 0.01, allowed=2).checked
    assert binom.cdf(2, checked, 0.01) <= 0.05 < binom.cdf(2, checked - 1, 0.01)


@pytest.mark.parametrize(("limit", "allowed"), [(0.0, 0), (1.0, 0), (0.01, 2), (0.01, -1)])
def test_what_is_no_plan_is_refused(limit: float, allowed: int) -> None:
    with pytest.raises(ValueError, match="expected shares"):
        plan(100, limit, allowed=allowed)


@settings(deadline=None)
@given(st.integers(1, 60), st.data())
def test_the_interval_holds_what_cannot_be_ruled_out(lot: int, data: st.DataObject) -> None:
    checked = data.draw(st.integers(1, lot))
    wrong = data.draw(st.integers(0, checked))
    errors = estimate(lot, checked, wrong)
    assert errors.low <= wrong / checked <= errors.high or checked < lot
    assert errors.low * lot >= wrong - 1e-9
    assert (1 - errors.high) * lot >= checked - wrong - 1e-9
    if checked == lot:
        assert errors.low == errors.high == pytest.approx(wrong / lot)


def test_nothing_checked_says_nothing() -> None:
    errors = estimate(100, 0, 0)
    assert (errors.low, errors.high) == (0.0, 1.0)
