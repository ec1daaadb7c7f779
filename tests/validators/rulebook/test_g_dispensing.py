"""Group G, and the 37 days of R14: what the status read-out tells of a patient, on both sides of the edges."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from tests.validators.rulebook.cases import marked
from validators.coverage import DispenseCheck, OnRecord, covered_until, dispense_checks, dues
from validators.registry import Membership
from validators.rulebook.load import rulebook

FIGURES = rulebook().thresholds
MIRA = OnRecord(
    enrolled=Membership(in_2021=dt.date(2021, 11, 15)),
    ben=False,
    hospice=False,
    treatment_status="active",
    monitoring_frequency="monthly",
    last_psf=dt.date(2022, 6, 1),
    newest_result=(dt.date(2022, 5, 30), 2500),
)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def checks(rule: str, on: str, **changes: Any) -> list[DispenseCheck]:
    """What the dispense checks of one rule say of a patient in order with changes."""
    return [check for check in dispense_checks(replace(MIRA, **changes), day(on), rulebook()) if check.rule == rule]


@pytest.mark.parametrize(
    ("last_psf", "on", "overdue"),
    [
        pytest.param(*case, marks=pytest.mark.rule("R14", fires=case[-1]))
        for case in (
            ("2021-11-15", "2021-12-22", False),  # 37 days: the guide's own example
            ("2021-11-15", "2021-12-23", True),
            ("2024-02-01", "2024-03-09", False),  # over a leap day
            ("2024-02-01", "2024-03-10", True),
            ("2023-02-01", "2023-03-10", False),
            ("2023-02-01", "2023-03-11", True),
            ("2024-12-01", "2025-02-23", True),
            ("2024-12-01", "2025-02-24", False),  # no longer expected
        )
    ],
)
def test_r14_a_psf_covers_37_days(last_psf: str, on: str, overdue: bool) -> None:
    record = replace(MIRA, last_psf=day(last_psf))
    found = [due.overdue_days(day(on)) > 0 for due in dues(record, day(on), FIGURES) if due.rule == "R14"]
    assert found == [overdue] or (not overdue and not found)


def test_r14_no_psf_covers_nothing() -> None:
    assert covered_until(replace(MIRA, last_psf=None), FIGURES) is None


@pytest.mark.parametrize(
    ("given", "on", "said"),
    [
        pytest.param(*case, marks=marked("R44", case[-1]))
        for case in (
            ((), "2022-07-01", ""),
            (("2022-01-05", "2022-02-05"), "2022-07-01", ""),
            (("2022-01-05", "2022-02-05", "2022-03-05"), "2022-07-01", "objects"),  # a further one is the fourth
            (("2022-01-05", "2022-02-05", "2022-03-05"), "2023-01-04", "objects"),
            (("2022-01-05", "2022-02-05", "2022-03-05"), "2023-01-05", ""),  # the first is a year ago
            (("2023-02-28", "2023-03-01", "2023-03-02"), "2024-02-29", ""),  # of a leap year's last day too
            (("2023-03-01", "2023-03-02", "2023-03-03"), "2024-02-29", "objects"),
            (("2022-01-05", "2022-02-05", "2022-08-05"), "2022-07-01", ""),  # one is still to come
        )
    ],
)
def test_r44_three_dispense_rationales_a_year(given: tuple[str, ...], on: str, said: str) -> None:
    (check,) = checks("R44", on, rationales=tuple(map(day, given)))
    assert check.objects is bool(said)


@pytest.mark.rule("R41", fires=False)
@pytest.mark.parametrize(
    ("on", "asked"), [("2021-11-14", False), ("2021-11-15", True), ("2025-06-12", True), ("2025-06-13", False)]
)
def test_r41_a_dispense_is_checked_in_the_modified_programme(on: str, asked: bool) -> None:
    assert bool(checks("R41", on)) is asked


@pytest.mark.rule("R47", fires=False)
@pytest.mark.parametrize(("on", "paused"), [("2021-11-18", False), ("2021-11-19", True)])
def test_r47_the_authorization_is_paused(on: str, paused: bool) -> None:
    (check,) = checks("R41", on)
    assert check.objects is not paused
    assert (check.paused_from == day("2021-11-19")) is paused


@pytest.mark.rule("R43", fires=False)
@pytest.mark.parametrize(
    ("changes", "objecting"),
    [
        ({}, []),
        ({"pharmacy": ("outpatient",)}, []),
        ({"pharmacy": ()}, ["pharmacy certified"]),
        ({"enrolled": Membership(in_2015=dt.date(2015, 10, 12))}, ["patient enrolled"]),
        ({"treatment_status": "interrupted"}, ["treatment status"]),
        ({"treatment_status": "discontinued"}, ["treatment status"]),
        ({"last_psf": dt.date(2022, 5, 26)}, []),  # 37 days before
        ({"last_psf": dt.date(2022, 5, 25)}, ["PSF in the last 37 days"]),
    ],
)
def test_r43_what_an_authorization_verifies(changes: dict[str, Any], objecting: list[str]) -> None:
    assert [check.looks_at for check in checks("R43", "2022-07-02", **changes) if check.objects] == objecting


@pytest.mark.rule("R45", fires=False)
@pytest.mark.parametrize(
    ("on", "frequency", "days"),
    [
        ("2022-11-01", "monthly", 7),
        ("2022-11-02", "monthly", 30),
        ("2022-11-02", "every_2_weeks", 14),
        ("2022-11-02", "weekly", 7),
        ("2022-11-02", None, 7),
    ],
)
def test_r45_supply_at_discharge(on: str, frequency: str | None, days: int) -> None:
    (check,) = checks("R45", on, monitoring_frequency=frequency)
    assert check.found == f"{days} days"
    assert not check.objects
