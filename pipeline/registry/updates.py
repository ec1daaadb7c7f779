"""What an accepted form does to the registry, from the day on which it was received.

| form | effect |
|---|---|
| prescriber enrollment | certifies the prescriber (R36) |
| designee enrollment | enrolls the designee for the prescriber, and for the second one named (R33, R34) |
| pharmacy, inpatient or outpatient | certifies the pharmacy in that setting (R35, R37) |
| patient enrollment of 2015 | enrolls the patient in the first programme |
| PSF with baseline | enrolls the patient in the modified programme (R8) |
| PSF, ANC lab report | treatment status, monitoring frequency; BEN and hospice when designated (R13, R20, R21, R28) |
| each of these | stands on the record of whom it is about; every ANC with its date joins the patient's results |

Only values read with confidence are used. An enrollment's day is the day of the first form that brought it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import NotThere
from pipeline.registry import history
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.registry_models import (
    AncResult,
    Designee,
    DispenseRationale,
    FormOnRecord,
    Patient,
    Pharmacy,
    Prescriber,
)
from validators.content import Content, Known
from validators.identification import prescriber_npi
from validators.registry import Programme

FIRST_YEAR_OF_MODIFIED = 2021
"""Forms in use from this year on belong to the modified programme."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted form. `patient_key` is the registry's key of the patient meant, None when the registry has none."""

    content: Content
    form_pk: int | None
    received: dt.date
    patient_key: str | None = None
    who: str = audit.PROGRAM

    @property
    def programme(self) -> Programme:
        """The programme that the form belongs to."""
        started = self.content.definition.in_use_from.year
        return Programme.MODIFIED if started >= FIRST_YEAR_OF_MODIFIED else Programme.FIRST

    def known(self, name: str) -> Any:
        """A field's value when it was read with confidence, else None."""
        state = self.content.state(name)
        return state.value if isinstance(state, Known) else None

    def known_text(self, name: str) -> str | None:
        """Likewise, of a field that holds text or one option."""
        value = self.known(name)
        return value if isinstance(value, str) else None


def apply(session: Session, form: Accepted) -> None:
    """Update the registry by an accepted form, in the transaction that accepts it."""
    match form.content.family:
        case "prescriber_enrollment":
            _certify_prescriber(session, form)
        case "designee_enrollment":
            _enroll_designee(session, form)
        case "pharmacy_inpatient" | "pharmacy_outpatient":
            _certify_pharmacy(session, form)
        case "patient_enrollment":
            _enroll_patient(session, form)
        case "psf" if form.known("submission_type") == "baseline":
            _enroll_patient(session, form)
        case "psf" | "anc_lab":
            _update_patient(session, form)


def note_dispense_rationale(
    session: Session, patient_key: str, given_on: dt.date, setting: str, pharmacy_npi: str | None, who: str
) -> None:
    """Note a dispense rationale that a pharmacist gave by telephone (R44), by a person's decision.

    Raises:
        NotThere: nobody has that key.
    """
    take_write_turn(session.connection())
    row = session.get(Patient, int(patient_key), with_for_update=True) if patient_key.isdigit() else None
    if row is None or row.withdrawn_at is not None:
        raise NotThere("rationale: the registry has no such patient")
    said = {"given_on": given_on, "setting": setting, "pharmacy_npi": pharmacy_npi}
    session.add(DispenseRationale(patient_id=row.id, who=who, recorded_at=dt.datetime.now(dt.UTC), **said))
    told = {"entity": "patients", "entity_id": row.id} | said | {"given_on": given_on.isoformat()}
    audit.write_line(session, "dispense rationale noted", who=who, after=told)


def _certify_prescriber(session: Session, form: Accepted) -> None:
    npi = form.known_text("prescriber_npi")
    if npi is None:
        return
    values = _texts(form, "prescriber", ("first_name", "last_name", "email", "phone", "fax", "dea"))
    row = history.find(session, "prescribers", {"npi": npi})
    _put(
        session,
        form,
        row or Prescriber(npi=npi, first_name="", last_name=""),
        values,
        day=f"certified_on_{form.programme}",
    )


def _enroll_designee(session: Session, form: Accepted) -> None:
    values = _texts(form, "designee", ("first_name", "last_name", "email", "phone"))
    if not {"first_name", "last_name"} <= values.keys():
        return
    for field in ("prescriber_npi", "prescriber_2_npi"):
        if npi := form.known_text(field):
            name = {"first_name": values["first_name"], "last_name": values["last_name"]}
            row = history.find(session, "designees", {"prescriber_npi": npi} | name)
            _put(session, form, row or Designee(prescriber_npi=npi), values, day=f"enrolled_on_{form.programme}")


def _certify_pharmacy(session: Session, form: Accepted) -> None:
    npi, setting = form.known_text("pharmacy_npi"), form.content.family.removeprefix("pharmacy_")
    if npi is None:
        return
    values = {"name": ""} | _texts(form, "pharmacy", ("name", "ncpdp"))
    row = history.find(session, "pharmacies", {"npi": npi, "setting": setting})
    _put(session, form, row or Pharmacy(npi=npi, setting=setting), values, day=f"certified_on_{form.programme}")


def _enroll_patient(session: Session, form: Accepted) -> None:
    name, dob = form.content.name("patient"), form.known("patient_dob")
    values = _texts(form, "patient", ("zip", "gender")) | _course(form)
    if npi := form.known_text("prescriber_npi"):
        values["prescriber_npi"] = npi
    row = _patient(session, form)
    if row is None:
        if name is None or not isinstance(dob, dt.date):
            return
        values |= {"first_name": name.first, "last_name": name.last, "dob": dob}
        row = _made_known_before(session, form) or Patient(ben=False, hospice=False)
    _put(session, form, row, values, day=f"enrolled_on_{form.programme}")
    _add_results(session, form, row)


def _update_patient(session: Session, form: Accepted) -> None:
    row = _patient(session, form)
    if row is not None:
        _put(session, form, row, _course(form))
        _add_results(session, form, row)


def _patient(session: Session, form: Accepted) -> Patient | None:
    if form.patient_key is None:
        return None
    row = session.get(Patient, int(form.patient_key), with_for_update=True)
    return row if row is not None and row.withdrawn_at is None else None


def _made_known_before(session: Session, form: Accepted) -> Patient | None:
    """The patient whom this form had made known before it was corrected: the same key for the same person."""
    made = select(FormOnRecord.entity_id).where(
        FormOnRecord.form_pk == form.form_pk, FormOnRecord.entity == "patients", FormOnRecord.added_row
    )
    return session.scalars(select(Patient).where(Patient.id.in_(made)).limit(1).with_for_update()).first()


def _add_results(session: Session, form: Accepted, row: Patient) -> None:
    """Every ANC that was read with confidence, as was its date, joins the patient's results."""
    for result in form.content.anc_results():
        drawn, anc = form.known(result.drawn), form.known(result.value)
        if isinstance(drawn, dt.date) and isinstance(anc, int):
            told = {"received": form.received, "form_pk": form.form_pk}
            session.add(AncResult(patient_id=row.id, drawn_on=drawn, anc=anc, **told))


def _course(form: Accepted) -> dict[str, Any]:
    """Status, frequency and designations; a box left empty takes no designation away (R28)."""
    course: dict[str, Any] = {}
    for field in ("treatment_status", "monitoring_frequency"):
        if value := form.known_text(field):
            course[field] = value
    for box, field in (("ben_flag", "ben"), ("hospice_flag", "hospice")):
        if form.known(box) is True:
            course[field] = True
    return course


def _texts(form: Accepted, of: str, fields: tuple[str, ...]) -> dict[str, Any]:
    found = {field: form.known_text(f"{of}_{field}") for field in fields}
    return {field: value for field, value in found.items() if value is not None}


def _put(
    session: Session,
    form: Accepted,
    row: Prescriber | Designee | Patient | Pharmacy,
    values: Mapping[str, Any],
    *,
    day: str | None = None,
) -> None:
    """Add the row, bring it back or change it, and put the form on its record.

    `day`: the column that holds since when it is enrolled or certified.
    """
    values = dict(values)
    is_new, is_back = row.id is None, row.withdrawn_at is not None
    if day is not None:
        since = None if is_back else getattr(row, day)
        values[day] = form.received if since is None else min(since, form.received)
    if is_new:
        for field, value in values.items():
            setattr(row, field, value)
        history.add(session, row, effective_on=form.received, form_pk=form.form_pk, who=form.who)
    else:
        write = history.bring_back if is_back else history.change
        write(session, row, values, effective_on=form.received, form_pk=form.form_pk, who=form.who)
    session.add(
        FormOnRecord(
            entity=row.__tablename__,
            entity_id=row.id,
            form_pk=form.form_pk,
            family=form.content.family,
            received=form.received,
            prescriber_npi=prescriber_npi(form.content),
            added_row=is_new or is_back,
        )
    )
    session.flush()
