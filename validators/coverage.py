"""What is on record of a patient on a day, and what follows from it: coverage, dues, what a dispense check finds.

A read-out for people. It authorizes nothing: dispensing was decided elsewhere (rules R41 to R47), and the forms only
fed that decision. Which day starts the 37 days (R14), and which year the dispense rationales are counted in (R44), the
sources leave open; here it is the day of receipt, and the year that ends on the day asked about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from validators.registry import Membership, Programme
from validators.rulebook.load import Rulebook, Thresholds

NO_AUTHORIZATION = "A read-out of what is on record. It is no authorization to dispense."
"""What stands over everything that is shown of this."""


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What the registry has of one patient on a day; later forms left aside.

    `newest_result` is the day of the draw and the ANC in cells/µL, `rationales` the days on which outpatient pharmacies
    gave a dispense rationale, `pharmacy` the settings in which the pharmacy asked about is certified (None: no pharmacy
    was asked about).
    """

    enrolled: Membership
    ben: bool
    hospice: bool
    treatment_status: str | None
    monitoring_frequency: str | None
    last_psf: dt.date | None
    newest_result: tuple[dt.date, int] | None
    rationales: tuple[dt.date, ...] = ()
    pharmacy: tuple[str, ...] | None = None


class Band(StrEnum):
    """The label's names for an ANC (tables 6 and 7 of PMC9243911, after the Clozaril label)."""

    NORMAL = "normal"
    MILD = "mild neutropenia"
    MODERATE = "moderate neutropenia"
    SEVERE = "severe neutropenia"
    NORMAL_BEN = "normal BEN range"
    BEN = "BEN neutropenia"
    SEVERE_BEN = "BEN severe neutropenia"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is to come: from `until` on the patient is no longer covered by what has come."""

    what: str  # "PSF" or "ANC"
    rule: str
    until: dt.date  # the last day that is covered

    def overdue_days(self, on: dt.date) -> int:
        """Days since it should have come; 0 or less: it is due later."""
        return (on - self.until).days


@dataclass(frozen=True, slots=True)
class DispenseCheck:
    """One thing that a dispense check looked at, as it stands on the day.

    `objects`: it spoke against the dispense. `paused_from`: the day from which it was not required.
    """

    rule: str
    looks_at: str
    found: str
    objects: bool
    paused_from: dt.date | None = None


def programme_on(on: dt.date, thresholds: Thresholds) -> Programme:
    """The programme of a day (R2)."""
    return Programme.FIRST if on < thresholds.modified_from else Programme.MODIFIED


def band(anc: int, ben: bool, thresholds: Thresholds) -> Band:
    """The name of an ANC (cells/µL) for the general population or a patient with BEN."""
    if ben:
        if anc < thresholds.anc_low_ben:
            return Band.SEVERE_BEN
        return Band.BEN if anc < thresholds.anc_normal_ben else Band.NORMAL_BEN
    if anc < thresholds.anc_severe:
        return Band.SEVERE
    if anc < thresholds.anc_low_general:
        return Band.MODERATE
    return Band.MILD if anc < thresholds.anc_normal_general else Band.NORMAL


def covered_until(record: OnRecord, thresholds: Thresholds) -> dt.date | None:
    """The last of the days that the newest PSF covers, counted from its receipt (R14); None without a PSF."""
    return record.last_psf and record.last_psf + dt.timedelta(thresholds.psf_covers_days)


def dues(record: OnRecord, on: dt.date, thresholds: Thresholds) -> tuple[Due, ...]:
    """What is to come of a patient who is enrolled and treated: the next PSF (R7, R14), the next ANC (R29, R51).

    Nothing is due of others, nor when forms are no longer expected. Without a PSF the day of enrollment counts, and so
    it does without an ANC, or with none but the first programme's, whose labs were not carried over (R4).
    """
    programme = programme_on(on, thresholds)
    since = record.enrolled.since(programme)
    is_treated = record.treatment_status in (None, "active")
    if since is None or since > on or not is_treated or on >= thresholds.no_longer_expected_from:
        return ()
    newest_draw = record.newest_result[0] if record.newest_result else since
    if since - newest_draw > dt.timedelta(thresholds.baseline_days):
        newest_draw = since
    if programme is Programme.FIRST:
        days = current_days(record.monitoring_frequency, thresholds)
        return () if days is None else (Due("ANC", "R51", newest_draw + dt.timedelta(days)),)
    until = covered_until(record, thresholds) or since + dt.timedelta(thresholds.psf_covers_days)
    return (
        Due("PSF", "R14", until),
        Due("ANC", "R29", newest_draw + dt.timedelta(thresholds.missed_labs_days)),
    )


def current_days(frequency: str | None, thresholds: Thresholds) -> int | None:
    """How long an ANC was current in the first programme (R51); None where no rule says it."""
    return {
        "three_times_weekly": thresholds.current_days_weekly,
        "weekly": thresholds.current_days_weekly,
        "every_2_weeks": thresholds.current_days_every_2_weeks,
        "monthly": thresholds.current_days_monthly,
    }.get(frequency or "")


def rationales_in_the_year(record: OnRecord, on: dt.date) -> int:
    """The dispense rationales of outpatient pharmacies in the year that ends on that day (R44)."""
    return sum(_a_year_before(on) < day <= on for day in record.rationales)


def dispense_checks(record: OnRecord, on: dt.date, book: Rulebook) -> tuple[DispenseCheck, ...]:
    """What a dispense check would have found on that day (R41 to R45); empty when there was none in force."""
    if not book.rules["R41"].in_force(on):
        return ()
    return (
        _authorization(on, book),
        *_what_an_authorization_verifies(record, on, book.thresholds),
        _rationales(record, on, book.thresholds),
        _discharge_supply(record, on, book.thresholds),
    )


def _authorization(on: dt.date, book: Rulebook) -> DispenseCheck:
    """R41, paused by R47."""
    pause = book.rules["R47"]
    is_paused = pause.in_force(on)
    found = "paused, no RDA is required" if is_paused else "required for each dispense"
    return DispenseCheck(
        "R41", "dispense authorization (RDA)", found, not is_paused, pause.since if is_paused else None
    )


def _what_an_authorization_verifies(record: OnRecord, on: dt.date, thresholds: Thresholds) -> Iterator[DispenseCheck]:
    """R43; its first dispense asks for no PSF, which cannot be seen here: the forms tell of no dispenses."""
    if record.pharmacy is not None:
        settings = " and ".join(record.pharmacy)
        yield DispenseCheck("R43", "pharmacy certified", settings or "no", not settings)
    since = record.enrolled.since(Programme.MODIFIED)
    is_enrolled = record.enrolled.holds(Programme.MODIFIED, on)
    yield DispenseCheck("R43", "patient enrolled", f"since {since}" if is_enrolled else "no", not is_enrolled)
    status = record.treatment_status or "not reported"
    yield DispenseCheck("R43", "treatment status", status, status in ("interrupted", "discontinued"))
    until = covered_until(record, thresholds)
    is_covered = until is not None and on <= until
    yield DispenseCheck(
        "R43",
        f"PSF in the last {thresholds.psf_covers_days} days",
        "none" if until is None else f"received {record.last_psf}, covers to {until}",
        not is_covered,
        None if on < thresholds.no_longer_expected_from else thresholds.no_longer_expected_from,
    )


def _rationales(record: OnRecord, on: dt.date, thresholds: Thresholds) -> DispenseCheck:
    """R44: with as many as are allowed, a further one goes to a person."""
    given, allowed = rationales_in_the_year(record, on), thresholds.dispense_rationales_a_year
    return DispenseCheck(
        "R44", "dispense rationales of outpatient pharmacies in a year", f"{given} of {allowed}", given >= allowed
    )


def _discharge_supply(record: OnRecord, on: dt.date, thresholds: Thresholds) -> DispenseCheck:
    """R45: the days of supply at discharge from an inpatient pharmacy."""
    paused = thresholds.discharge_relaxed_from if on >= thresholds.discharge_relaxed_from else None
    by_frequency = {
        "every_2_weeks": thresholds.discharge_relaxed_days_every_2_weeks,
        "monthly": thresholds.discharge_relaxed_days_monthly,
    }
    days = thresholds.discharge_supply_days
    if paused:
        days = by_frequency.get(record.monitoring_frequency or "", days)
    return DispenseCheck("R45", "supply at discharge (inpatient pharmacy)", f"{days} days", False, paused)


def _a_year_before(day: dt.date) -> dt.date:
    """The same date a year earlier; of 29 February the 28th."""
    return dt.date(day.year - 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
