"""The course of patients: reports, results and dispense rationales, for comparison, status and the due list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from pipeline.errors import NotThere
from pipeline.registry.history import History, changed_later, entries_where, plain, value_on
from pipeline.store.models import Form
from pipeline.store.registry_models import AncResult, DispenseRationale, FormOnRecord, Patient, Pharmacy
from validators.content import Content, Known
from validators.coverage import Due, OnRecord, dues, programme_on
from validators.registry import Membership, Programme
from validators.rulebook.load import Thresholds

ROWS_AT_A_TIME = 1000
"""Patients held in memory at a time while the due list is made."""


@dataclass(frozen=True, slots=True)
class PatientDue:
    """One line of the due list: the patient's key, the prescriber's NPI, and what is to come."""

    key: str
    prescriber_npi: str | None
    due: Due


def on_record(session: Session, key: str, on: dt.date, pharmacy_npi: str | None = None) -> OnRecord:
    """What the registry has of a patient at the end of a day.

    Raises:
        NotThere: nobody has that key, or nobody had it on that day.
    """
    known = entries_where(session, "patients", Patient.id == int(key), on) if key.isdigit() else iter(())
    entry = next(known, None)
    if entry is None:
        raise NotThere("status: the registry has no such patient on that day")
    return OnRecord(
        enrolled=Membership(_day(entry["enrolled_on_2015"]), _day(entry["enrolled_on_2021"])),
        ben=bool(entry["ben"]),
        hospice=bool(entry["hospice"]),
        treatment_status=entry["treatment_status"],
        monitoring_frequency=entry["monitoring_frequency"],
        last_psf=session.scalar(_psfs(on).where(FormOnRecord.entity_id == int(key))),
        newest_result=_newest_result(session, int(key), on),
        rationales=tuple(session.scalars(_outpatient_rationales(int(key), on))),
        pharmacy=None if pharmacy_npi is None else _certified_settings(session, pharmacy_npi, on),
    )


def due_list(session: Session, on: dt.date, ahead: int, thresholds: Thresholds) -> Iterator[PatientDue]:
    """What is overdue on that day, or comes due within so many days: the longest overdue first."""
    found, until = [], on + dt.timedelta(days=ahead)
    for row in _perhaps_due(session, on, ahead, thresholds):
        for due in dues(row.record, on, thresholds):
            if due.until <= until:
                found.append(PatientDue(row.key, row.prescriber_npi, due))
    yield from sorted(found, key=attrgetter("due.until"))


def forms_with_another_result(session: Session, patient: int, form_pk: int, content: Content) -> Sequence[Form]:
    """The other forms that gave the patient another ANC for a day on which this form reports one.

    A day for which another form gave the same ANC is a result that was reported twice, and contradicts nothing.
    """
    reported = {
        drawn.value: anc.value
        for row in content.anc_results()
        if isinstance(drawn := content.state(row.drawn), Known) and isinstance(anc := content.state(row.value), Known)
    }
    days = [day for day in reported if isinstance(day, dt.date)]
    if not days:
        return []
    on_record = session.scalars(
        select(AncResult).where(
            AncResult.patient_id == patient,
            AncResult.drawn_on.in_(days),
            AncResult.withdrawn_at.is_(None),
            AncResult.form_pk != form_pk,
        )
    ).all()
    agreed = {result.drawn_on for result in on_record if result.anc == reported[result.drawn_on]}
    others = {result.form_pk for result in on_record if result.drawn_on not in agreed}
    return session.scalars(select(Form).where(Form.id.in_(others)).order_by(Form.id)).all() if others else []


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    prescriber_npi: str | None
    record: OnRecord


def _perhaps_due(session: Session, on: dt.date, ahead: int, thresholds: Thresholds) -> Iterator[_Row]:
    """The patients of whom nothing was received lately: the database leaves out the many whose papers are in order.

    Of each there is what `dues` looks at, as it was known on the day.
    """
    programme = programme_on(on, thresholds)
    since = f"enrolled_on_{programme}"
    fields = (since, "treatment_status", "monitoring_frequency")
    query = _papers_not_in_order(on, ahead, thresholds, fields)
    changed = changed_later(session, "patients", on, fields=fields)
    for row in session.execute(query, execution_options={"yield_per": ROWS_AT_A_TIME}):
        key, npi, psf, draw, enrolled, status, frequency = row
        if changed:  # of most days everything that is known came before
            enrolled = _day(_then(changed, key, since, on, plain(enrolled)))
            status = _then(changed, key, "treatment_status", on, status)
            frequency = _then(changed, key, "monitoring_frequency", on, frequency)
        record = OnRecord(
            enrolled=Membership(enrolled, None) if programme is Programme.FIRST else Membership(None, enrolled),
            ben=False,
            hospice=False,
            treatment_status=status,
            monitoring_frequency=frequency,
            last_psf=psf,
            newest_result=None if draw is None else (draw, 0),
        )
        yield _Row(str(key), npi, record)


def _papers_not_in_order(on: dt.date, ahead: int, thresholds: Thresholds, fields: Iterable[str]) -> Select[Any]:
    """Key, prescriber, newest PSF, newest draw and those fields of whom there was nothing new enough."""
    patients = (
        select(
            Patient.id,
            Patient.prescriber_npi,
            _psfs(on).where(FormOnRecord.entity_id == Patient.id).scalar_subquery().label("last_psf"),
            _draws(on).where(AncResult.patient_id == Patient.id).scalar_subquery().label("last_draw"),
            *(getattr(Patient, field) for field in fields),
        )
        .where(Patient.withdrawn_at.is_(None), or_(Patient.known_from.is_(None), Patient.known_from <= on))
        .cte("patients_on_the_day")
        .prefix_with("MATERIALIZED")  # else the newest days are looked up twice, to show them and to leave patients out
    )
    last_psf, last_draw = patients.c.last_psf, patients.c.last_draw
    long_ago = [_not_since(last_draw, on, ahead - thresholds.current_days_weekly)]
    if programme_on(on, thresholds) is Programme.MODIFIED:
        long_ago = [
            _not_since(last_psf, on, ahead - thresholds.psf_covers_days),
            _not_since(last_draw, on, ahead - thresholds.missed_labs_days),
        ]
    return select(patients).where(or_(*long_ago)).order_by(patients.c.id)


def _then(changed: History, patient: int, field: str, on: dt.date, now: Any) -> Any:
    return value_on(changed.get((patient, field), ()), on, now)


def _not_since(day: ColumnElement[Any], on: dt.date, days: int) -> ColumnElement[bool]:
    return or_(day.is_(None), day <= on + dt.timedelta(days))


def _psfs(on: dt.date) -> Select[Any]:
    """The day of the newest PSF."""
    return select(func.max(FormOnRecord.received).label("day")).where(
        FormOnRecord.entity == "patients",
        FormOnRecord.family == "psf",
        FormOnRecord.received <= on,
        FormOnRecord.withdrawn_at.is_(None),
    )


def _draws(on: dt.date) -> Select[Any]:
    """The day of the newest blood draw."""
    return select(func.max(AncResult.drawn_on).label("day")).where(
        AncResult.received <= on, AncResult.withdrawn_at.is_(None)
    )


def _newest_result(session: Session, patient: int, on: dt.date) -> tuple[dt.date, int] | None:
    """The newest draw and its ANC; of several of one day the lowest, for the band that it falls in."""
    newest = (
        select(AncResult.drawn_on, AncResult.anc)
        .where(AncResult.patient_id == patient, AncResult.received <= on, AncResult.withdrawn_at.is_(None))
        .order_by(AncResult.drawn_on.desc(), AncResult.anc)
        .limit(1)
    )
    found = session.execute(newest).first()
    return None if found is None else (found.drawn_on, found.anc)


def _outpatient_rationales(patient: int, on: dt.date) -> Select[Any]:
    return select(DispenseRationale.given_on).where(
        DispenseRationale.patient_id == patient,
        DispenseRationale.given_on <= on,
        DispenseRationale.setting == "outpatient",
    )


def _certified_settings(session: Session, npi: str, on: dt.date) -> tuple[str, ...]:
    found = entries_where(session, "pharmacies", Pharmacy.npi == npi, on)
    return tuple(e["setting"] for e in found if e["certified_on_2021"] and _day(e["certified_on_2021"]) <= on)


def _day(text: str | None) -> Any:
    return None if text is None else dt.date.fromisoformat(text)
