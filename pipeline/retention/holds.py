"""Legal holds: what a court, an authority or a dispute may ask for must stay, whatever its period says.

A hold is on a document, or on a patient of the registry: then on every document with a form that is, or may be, about
that patient. So is a form on which nobody was recognised, if it has the patient's date of birth. A hold stands until
somebody releases it, and stays noted afterwards.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, String, and_, cast, or_, select
from sqlalchemy.orm import Session

from pipeline.errors import HoldRefused, NotThere
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Document, FieldReading, Form
from pipeline.store.operations_models import LegalHold
from pipeline.store.registry_models import Patient, RegistryChange

BORN = ("patient_dob", "patient_dob_p2")
"""Fields with a patient's date of birth."""


def set_hold(
    session: Session, *, document_id: int | None = None, patient: str | None = None, reason: str, who: str
) -> LegalHold:
    """Put a hold on a document or on a patient (the registry's key).

    Raises:
        HoldRefused: not one of both is named, or no reason given.
        NotThere: there is no such document or patient.
    """
    take_write_turn(session.connection())
    if (document_id is None) == (patient is None):
        raise HoldRefused("hold: name a document or a patient, one of both")
    if not reason.strip():
        raise HoldRefused("hold: a reason must be given")
    if document_id is not None and session.get(Document, document_id) is None:
        raise NotThere(f"hold: there is no document {document_id}")
    if patient is not None and (not patient.isdecimal() or session.get(Patient, int(patient)) is None):
        raise NotThere("hold: the registry knows no patient of that key")
    hold = LegalHold(
        document_id=document_id, patient_key=patient, reason=reason, set_by=who, set_at=dt.datetime.now(dt.UTC)
    )
    session.add(hold)
    session.flush()
    after = {"hold": hold.id, "patient": patient, "reason": reason}
    audit.write_line(session, "legal hold set", who=who, document_id=document_id, after=after)
    return hold


def release(session: Session, number: int, *, reason: str, who: str) -> LegalHold:
    """Release a hold.

    Raises:
        NotThere: there is none of that number.
        HoldRefused: it was released before, or no reason is given.
    """
    take_write_turn(session.connection())
    hold = session.get(LegalHold, number)
    if hold is None:
        raise NotThere(f"hold: there is no hold {number}")
    if hold.released_at is not None:
        raise HoldRefused(f"hold: {number} was released before")
    if not reason.strip():
        raise HoldRefused("hold: a reason must be given")
    hold.released_at, hold.released_by, hold.release_reason = dt.datetime.now(dt.UTC), who, reason
    before, after = {"hold": hold.id, "reason": hold.reason}, {"hold": hold.id, "reason": reason}
    audit.write_line(session, "legal hold released", who=who, document_id=hold.document_id, before=before, after=after)
    return hold


def holds(session: Session, *, released: bool = False) -> Sequence[LegalHold]:
    """The holds that stand, and those that were released if wished, in the order in which they were set."""
    wanted = select(LegalHold).order_by(LegalHold.id)
    return session.scalars(wanted if released else wanted.where(LegalHold.released_at.is_(None))).all()


def held() -> ColumnElement[bool]:
    """Whether a document (a row of the query around it) is under a hold.

    A patient who is only probably meant counts as meant: too much is kept rather than too little.
    """
    stands = LegalHold.released_at.is_(None)
    of_document = select(LegalHold.id).where(stands, LegalHold.document_id == Document.id)
    meant = select(LegalHold.id).join(Form, Form.patient["key"].as_string() == LegalHold.patient_key)
    # who was enrolled by the form was nobody whom the registry knew when it was judged
    told = (
        select(LegalHold.id)
        .join(
            RegistryChange,
            and_(
                RegistryChange.entity == Patient.__tablename__,
                cast(RegistryChange.entity_id, String) == LegalHold.patient_key,
            ),
        )
        .join(Form, Form.id == RegistryChange.form_pk)
    )
    unknown = (
        select(LegalHold.id)
        .join(Patient, cast(Patient.id, String) == LegalHold.patient_key)
        .join(FieldReading, cast(FieldReading.value, String) == '"' + cast(Patient.dob, String) + '"')
        .join(Form, Form.id == FieldReading.form_pk)
        .where(FieldReading.field.in_(BORN), Form.patient["key"].as_string().is_(None))
    )
    return or_(
        of_document.exists(),
        *(one.where(stands, Form.document_id == Document.id).exists() for one in (meant, told, unknown)),
    )
