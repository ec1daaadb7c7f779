"""Rules of group J: an archived form's own day, and what the archive's index says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.archives import IndexRow, against_index, at_both_ends, days_of, disagreements, lacking, signature_day
from validators.content import Content
from validators.judge import Judgement, Verdict

Fill = Callable[..., Content]
Judged = Callable[..., Judgement]

SIGNED = dt.date(2022, 6, 15)
SCANNED = dt.date(2026, 3, 1)


def psf(fill: Fill, **changes: Any) -> Content:
    return fill("psf_2021", signature_date=SIGNED.isoformat(), **changes)


def row(**says: Any) -> IndexRow:
    return IndexRow(1, **says)


@pytest.mark.parametrize(
    ("dates", "changes", "known"),
    [
        pytest.param(*case, marks=pytest.mark.rule("R56", fires=not case[-1]))
        for case in (
            ((SIGNED,), {}, True),
            ((), {}, True),
            ((SIGNED,), {"doubtful": {"signature_date"}}, True),
            ((), {"doubtful": {"signature_date"}}, False),
            ((), {"missing_pages": (2,)}, False),
            ((SIGNED, SIGNED + dt.timedelta(days=9)), {"doubtful": {"signature_date"}}, False),
            ((SIGNED, SIGNED + dt.timedelta(days=9)), {}, True),
        )
    ],
)
def test_the_day_is_the_indexs_or_that_of_a_sure_signature(
    fill: Fill, judged: Judged, dates: tuple[dt.date, ...], changes: dict[str, Any], known: bool
) -> None:
    days = days_of(SCANNED, [row(document_date=date) for date in dates], psf(fill, **changes))
    assert days.known is known
    held = against_index(judged("psf_2021"), days, ())
    assert ("day_unknown" in {finding.reason for finding in held.findings}) is not known
    assert verdict(held, "R56") is (Verdict.PASSED if known else Verdict.FIRED)


@pytest.mark.parametrize(
    ("told", "disagrees"),
    [
        pytest.param(*case, marks=pytest.mark.rule("R57", fires=bool(case[-1])))
        for case in (
            ([], ()),
            ([row()], ()),
            ([row(form_type="psf", patient_key="7", document_date=SIGNED)], ()),
            ([row(form_type="psf_2021", document_date=SIGNED + dt.timedelta(days=31))], ()),
            ([row(document_date=SIGNED + dt.timedelta(days=32))], ("document_date",)),
            ([row(document_date=SIGNED - dt.timedelta(days=1))], ("document_date",)),
            ([row(patient_key="8")], ("patient_key",)),
            ([row(form_type="anc_lab")], ("form_type",)),
            ([row(form_type="anc_lab"), row(form_type="psf", patient_key="7")], ()),
            ([row(patient_key="8", document_date=SCANNED), row(patient_key="8")], ("patient_key",)),
        )
    ],
)
def test_what_the_index_says_and_what_the_form_says(
    fill: Fill, judged: Judged, told: list[IndexRow], disagrees: tuple[str, ...]
) -> None:
    found = disagreements(told, psf(fill), "7")
    assert found == disagrees
    held = against_index(judged("psf_2021"), days_of(SCANNED, told, psf(fill)), found)
    assert verdict(held, "R57") is (Verdict.FIRED if disagrees else Verdict.PASSED)
    assert all(f"{SIGNED}" not in finding.message for finding in held.findings)


def test_a_patient_who_is_not_surely_the_indexs_contradicts_it(fill: Fill) -> None:
    assert disagreements([row(patient_key="7")], psf(fill), None) == ("patient_key",)
    assert disagreements([row(patient_key="7")], fill("prescriber_enrollment_2021"), None) == ()


def test_a_date_in_doubt_contradicts_nothing(fill: Fill) -> None:
    assert disagreements([row(document_date=SCANNED)], psf(fill, doubtful={"signature_date"}), "7") == ()


def test_where_the_dates_contradict_the_papers_counts_and_may_have_come_in_later(fill: Fill) -> None:
    days = days_of(SCANNED, [row(document_date=SCANNED)], psf(fill))
    assert days.days == (SIGNED, SIGNED + dt.timedelta(days=7))


@given(days=st.integers(-400, 400))
def test_the_day_never_contradicts_the_signature(fill: Fill, days: int) -> None:
    content = psf(fill)
    chosen = days_of(SCANNED, [row(document_date=SIGNED + dt.timedelta(days=days))], content).days
    assert chosen[0] >= SIGNED == signature_day(content)[0]
    assert (chosen[-1] - SIGNED).days <= 31


def test_what_holds_at_either_end_holds(judged: Judged) -> None:
    first, last = judged("psf_2021"), judged("psf_2021", received="2025-06-13")
    assert not first.findings
    both = at_both_ends([first, last])
    assert {finding.reason for finding in both.findings} >= {"programme_ended"}
    assert verdict(both, "R1") is Verdict.FIRED


@pytest.mark.parametrize(
    ("told", "forms", "lacks"),
    [
        ([], [], False),
        ([row()], ["psf_2021"], False),
        ([row()], [], True),
        ([row(form_type="psf")], ["psf_2021"], False),
        ([row(form_type="psf_2021"), row(form_type="anc_lab")], ["psf_2021"], True),
    ],
)
def test_a_form_that_only_the_index_knows(told: list[IndexRow], forms: list[str], lacks: bool) -> None:
    assert lacking(told, forms) is lacks


def verdict(judgement: Judgement, rule: str) -> Verdict:
    return next(one.verdict for one in judgement.evaluated if one.rule == rule)
