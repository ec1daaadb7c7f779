"""The status read-out: covered until when, what is due, what a dispense check finds; on both sides of every day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.coverage import (
    Band,
    OnRecord,
    band,
    covered_until,
    dispense_checks,
    dues,
    rationales_in_the_year,
)
from validators.registry import Membership
from validators.rulebook.load import rulebook

BOOK = rulebook()
FIGURES = BOOK.thresholds
DAY = dt.timedelta(days=1)
JULY = dt.date(2022, 7, 15)

RECORD = OnRecord(
    enrolled=Membership(in_2015=dt.date(2016, 1, 4), in_2021=dt.date(2021, 12, 5)),
    ben=False,
    hospice=False,
    treatment_status="active",
    monitoring_frequency="monthly",
    last_psf=JULY,
    newest_result=(dt.date(2022, 7, 11), 2300),
)
"""A patient of both programmes, treated, with a PSF of 15 July 2022."""


def finds(rule: str, on: dt.date, record: OnRecord = RECORD) -> dict[str, tuple[str, bool, dt.date | None]]:
    """What the dispense check finds under that rule: found, whether it objects, from when it was not required."""
    checks = dispense_checks(record, on, BOOK)
    return {check.looks_at: (check.found, check.objects, check.paused_from) for check in checks if check.rule == rule}


def overdue(record: OnRecord, on: dt.date) -> list[str]:
    return [due.what for due in dues(record, on, FIGURES) if due.overdue_days(on) > 0]


def test_a_psf_covers_37_days() -> None:
    last = JULY + dt.timedelta(days=37)
    assert covered_until(RECORD, FIGURES) == last == dt.date(2022, 8, 21)
    fresh = replace(RECORD, newest_result=(dt.date(2022, 8, 15), 2300))
    assert overdue(fresh, last) == []


def test_from_the_38th_day_on_a_psf_is_overdue() -> None:
    fresh = replace(RECORD, newest_result=(dt.date(2022, 8, 15), 2300))
    assert overdue(fresh, dt.date(2022, 8, 22)) == ["PSF"]
    assert covered_until(replace(RECORD, last_psf=dt.date(2021, 11, 15)), FIGURES) == dt.date(2021, 12, 22)
    assert covered_until(replace(RECORD, last_psf=dt.date(2024, 1, 31)), FIGURES) == dt.date(2024, 3, 8)  # a leap year


@pytest.mark.parametrize(("days", "what"), [(31, []), (32, ["ANC"])])
def test_labs_are_missed_after_31_days(days: int, what: list[str]) -> None:
    on = JULY + dt.timedelta(days=20)
    assert overdue(replace(RECORD, newest_result=(on - dt.timedelta(days=days), 2300)), on) == what


def test_without_a_psf_the_enrollment_counts() -> None:
    new = replace(RECORD, last_psf=None, newest_result=None)
    until = {due.what: due.until for due in dues(new, JULY, FIGURES)}
    assert until == {"PSF": dt.date(2022, 1, 11), "ANC": dt.date(2022, 1, 5)}


@pytest.mark.parametrize(
    ("drawn", "until"),
    [
        (dt.date(2021, 11, 4), dt.date(2022, 1, 5)),  # older than a baseline can be: of the first programme
        (dt.date(2021, 11, 5), dt.date(2021, 12, 6)),  # 30 days before enrollment
    ],
)
def test_labs_of_the_first_programme_were_not_carried_over(drawn: dt.date, until: dt.date) -> None:
    record = replace(RECORD, newest_result=(drawn, 2300))
    assert {due.what: due.until for due in dues(record, JULY, FIGURES)}["ANC"] == until


@pytest.mark.parametrize(
    ("record", "on"),
    [
        (replace(RECORD, treatment_status="interrupted"), JULY + 100 * DAY),
        (replace(RECORD, treatment_status="discontinued"), JULY + 100 * DAY),
        (replace(RECORD, enrolled=Membership(in_2015=dt.date(2016, 1, 4))), JULY + 100 * DAY),
        (RECORD, dt.date(2021, 12, 4)),  # not enrolled yet
        (RECORD, dt.date(2025, 2, 24)),  # forms are no longer expected
    ],
)
def test_nothing_is_due(record: OnRecord, on: dt.date) -> None:
    assert dues(record, on, FIGURES) == ()


def test_until_forms_were_no_longer_expected_they_were_due() -> None:
    assert overdue(RECORD, dt.date(2025, 2, 23)) == ["PSF", "ANC"]


@pytest.mark.parametrize(("frequency", "days"), [("weekly", 7), ("every_2_weeks", 15), ("monthly", 31)])
def test_in_the_first_programme_an_anc_is_current_by_its_frequency(frequency: str, days: int) -> None:
    drawn = dt.date(2021, 10, 1)
    record = replace(RECORD, monitoring_frequency=frequency, newest_result=(drawn, 2300), last_psf=None)
    assert [(due.what, due.until) for due in dues(record, dt.date(2021, 11, 14), FIGURES)] == [
        ("ANC", drawn + dt.timedelta(days=days))
    ]
    assert dues(replace(record, monitoring_frequency=None), dt.date(2021, 11, 14), FIGURES) == ()


@pytest.mark.parametrize(
    ("anc", "ben", "name"),
    [
        (1500, False, Band.NORMAL), (1499, False, Band.MILD), (1000, False, Band.MILD), (999, False, Band.MODERATE),
        (500, False, Band.MODERATE), (499, False, Band.SEVERE), (1000, True, Band.NORMAL_BEN), (999, True, Band.BEN),
        (500, True, Band.BEN), (499, True, Band.SEVERE_BEN),
    ],
)  # fmt: skip
def test_bands(anc: int, ben: bool, name: Band) -> None:
    assert band(anc, ben, FIGURES) is name


@pytest.mark.parametrize(
    ("on", "paused"), [(dt.date(2021, 11, 18), None), (dt.date(2021, 11, 19), dt.date(2021, 11, 19))]
)
def test_the_authorization_is_paused_from_its_day_on(on: dt.date, paused: dt.date | None) -> None:
    (found,) = finds("R41", on).values()
    assert found[1:] == (paused is None, paused)


@pytest.mark.parametrize("on", [dt.date(2021, 11, 14), dt.date(2025, 6, 13)])
def test_outside_the_modified_programme_nothing_is_checked(on: dt.date) -> None:
    assert dispense_checks(RECORD, on, BOOK) == ()


def test_what_an_authorization_verifies() -> None:
    in_order = finds("R43", JULY, replace(RECORD, pharmacy=("inpatient", "outpatient")))
    assert {looks_at: objects for looks_at, (_, objects, _) in in_order.items()} == {
        "pharmacy certified": False,
        "patient enrolled": False,
        "treatment status": False,
        "PSF in the last 37 days": False,
    }
    nothing = replace(RECORD, enrolled=Membership(), treatment_status="interrupted", last_psf=None, pharmacy=())
    assert all(objects for _, objects, _ in finds("R43", JULY, nothing).values())


@pytest.mark.parametrize(("days", "objects"), [(37, False), (38, True)])
def test_a_psf_of_the_last_37_days(days: int, objects: bool) -> None:
    assert finds("R43", JULY + days * DAY)["PSF in the last 37 days"][1] is objects


def test_reports_were_not_required_from_24_february_2025_on() -> None:
    what = "PSF in the last 37 days"
    assert finds("R43", dt.date(2025, 2, 23))[what][2] is None
    assert finds("R43", dt.date(2025, 2, 24))[what][2] == dt.date(2025, 2, 24)


def test_a_fourth_rationale_in_a_year_goes_to_a_person() -> None:
    three = replace(RECORD, rationales=(JULY - 300 * DAY, JULY - 100 * DAY, JULY))
    assert list(finds("R44", JULY, three).values()) == [("3 of 3", True, None)]


def test_a_rationale_of_more_than_a_year_ago_no_longer_counts() -> None:
    record = replace(RECORD, rationales=(dt.date(2021, 7, 15), dt.date(2021, 7, 16), JULY + DAY))
    assert rationales_in_the_year(record, JULY) == 1  # that of tomorrow is not counted either
    assert not finds("R44", JULY, record)["dispense rationales of outpatient pharmacies in a year"][1]
    assert rationales_in_the_year(replace(RECORD, rationales=(dt.date(2023, 3, 1),)), dt.date(2024, 2, 29)) == 1


@pytest.mark.parametrize(
    ("frequency", "before", "after"),
    [("weekly", 7, 7), ("every_2_weeks", 7, 14), ("monthly", 7, 30), ("three_times_weekly", 7, 7), (None, 7, 7)],
)
def test_supply_at_discharge(frequency: str | None, before: int, after: int) -> None:
    record = replace(RECORD, monitoring_frequency=frequency)
    relaxed = dt.date(2022, 11, 2)
    assert list(finds("R45", relaxed - DAY, record).values()) == [(f"{before} days", False, None)]
    assert list(finds("R45", relaxed, record).values()) == [(f"{after} days", False, relaxed)]


@given(st.dates(dt.date(2021, 12, 5), dt.date(2025, 2, 23)), st.integers(0, 400), st.integers(0, 400))
def test_a_later_psf_never_makes_more_overdue(on: dt.date, ago: int, earlier: int) -> None:
    later = replace(RECORD, last_psf=on - ago * DAY)
    assert len(overdue(later, on)) <= len(overdue(replace(RECORD, last_psf=on - (ago + earlier) * DAY), on))
