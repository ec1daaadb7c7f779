"""Corrections: what a form had brought is taken back, everything that depended on it is done again and told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from papers import BASELINE, RECEIVED, Deliver, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.errors import CorrectionRefused
from pipeline.registry import history
from pipeline.registry.course import on_record
from pipeline.registry.lookup import RegistryOn
from pipeline.review.accepting import accept
from pipeline.review.correcting import correct
from pipeline.store import audit
from pipeline.store.models import AuditLine, Document, ReviewItem
from pipeline.store.opening import Store
from pipeline.store.registry_models import Patient

CLERK = "A. Clerk"
A_MONTH_LATER = RECEIVED + dt.timedelta(days=31)
LATER: dict[str, Any] = {"anc_draw_date": "2022-08-11", "signature_date": "2022-08-14"}
NEW_PATIENT = {name: value for name, value in BASELINE.items() if name.startswith("patient_")}


def corrected(store: Store, document_id: int, **values: str) -> list[tuple[str, str, Any, Any]]:
    """Correct the document's only form; what changed."""
    with Session(store.engine) as session, session.begin():
        (form,) = session.get_one(Document, document_id).forms
        changes = correct(session, store.settings, form, values, CLERK, "the paper says so")
        assert audit.verify(session) is None
        return [(c.of, c.what, history.plain(c.before), history.plain(c.after)) for c in changes]


def routes(store: Store) -> list[str]:
    with Session(store.engine) as session:
        return [form.route.route for document in session.scalars(select(Document)) for form in document.forms]


def test_a_corrected_value_takes_the_place_of_the_one_that_was_read(store: Store, deliver: Deliver) -> None:
    first = deliver(psf())
    told = corrected(store, first.document_id, anc_value="3200", monitoring_frequency="weekly")
    assert told == [
        ("form 1", "anc_value", "2300", "3200"),
        ("form 1", "monitoring_frequency", "monthly", "weekly"),
        ("patients 1", "monitoring_frequency", "monthly", "weekly"),
        ("patients 1", "ANC of 2022-07-11", [2300], [3200]),
    ]
    with Session(store.engine) as session:
        assert on_record(session, "1", RECEIVED).newest_result == (dt.date(2022, 7, 11), 3200)
        line = session.scalars(select(AuditLine).where(AuditLine.action == "form corrected")).one()
        assert line.who == CLERK
        assert line.before is not None
        assert (line.before["anc_value"]["value"], line.before["reason"]) == ("2300", "the paper says so")


def test_a_correction_that_objects_takes_the_form_back_to_a_person(store: Store, deliver: Deliver) -> None:
    first = deliver(psf())
    told = corrected(store, first.document_id, anc_value="800")
    assert ("form 1", "route", "accept", "review rationale_missing") in told
    assert ("patients 1", "ANC of 2022-07-11", [2300], None) in told
    with Session(store.engine) as session:
        assert on_record(session, "1", RECEIVED).last_psf is None
        assert session.scalars(select(ReviewItem)).one().reasons == ["rationale_missing"]


def test_a_held_form_that_is_put_in_order_is_accepted(store: Store, deliver: Deliver) -> None:
    held = deliver(psf(prescriber_signature=False))
    assert ("form 1", "route", "review missing:prescriber_signature", "accept") in corrected(
        store, held.document_id, prescriber_signature="yes"
    )


def test_what_came_later_stands_on_what_was_corrected(store: Store, deliver: Deliver) -> None:
    first = deliver(psf(treatment_status="interrupted", status_date="2022-07-14", status_reason="Surgery"))
    later = psf(treatment_status="discontinued", status_date="2022-08-10", status_reason="Wish", **LATER)
    deliver(later, received=A_MONTH_LATER)
    corrected(store, first.document_id, treatment_status="active", status_date="", status_reason="")
    with Session(store.engine) as session:
        days = [RECEIVED - dt.timedelta(days=1), RECEIVED, A_MONTH_LATER]
        assert [on_record(session, "1", day).treatment_status for day in days] == ["active", "active", "discontinued"]
    assert routes(store) == ["accept", "accept"]


def test_the_name_of_somebody_whom_the_form_enrolled_is_corrected_under_the_same_key(
    store: Store, deliver: Deliver
) -> None:
    first = deliver(psf({**BASELINE, "patient_last_name": "Dale", "patient_name_p2": "Dale, Di"}))
    deliver(psf(**NEW_PATIENT, **LATER), received=A_MONTH_LATER)
    assert routes(store) == ["accept", "accept"]
    told = corrected(store, first.document_id, patient_last_name="Vale", patient_name_p2="Vale, Di")
    assert [change for change in told if change[0] != "form 1"] == [("patients 2", "last_name", "Dale", "Vale")]
    with Session(store.engine) as session:
        assert on_record(session, "2", A_MONTH_LATER).last_psf == A_MONTH_LATER


def test_forms_of_a_patient_who_was_never_enrolled_go_back_to_a_person(store: Store, deliver: Deliver) -> None:
    first = deliver(psf(BASELINE))
    deliver(psf(**NEW_PATIENT, **LATER), received=A_MONTH_LATER)
    told = corrected(store, first.document_id, submission_type="monthly")
    assert ("form 2", "route", "accept", "review not_enrolled") in told
    assert ("patients 2", "last_name", "Vale", None) in told
    with Session(store.engine) as session:
        assert RegistryOn(session, A_MONTH_LATER).patients_like(dt.date(1990, 12, 24), None, None) == ()
        assert [patient["key"] for patient in history.entries(session, "patients")] == ["1"]
    corrected(store, first.document_id, submission_type="baseline")
    with Session(store.engine) as session:
        assert on_record(session, "2", RECEIVED).enrolled.in_2021 == RECEIVED  # the same key again


def test_a_copy_that_is_none_any_more_goes_to_a_person(store: Store, deliver: Deliver) -> None:
    first = deliver(psf())
    deliver(psf())
    assert routes(store) == ["accept", "duplicate"]
    assert ("form 2", "route", "duplicate duplicate", "review conflict") in corrected(
        store, first.document_id, anc_value="3200"
    )


def test_what_a_person_accepted_stays_accepted_unless_something_new_objects(store: Store, deliver: Deliver) -> None:
    held = deliver(psf(ben_flag=True))
    with Session(store.engine) as session, session.begin():
        accept(session, store.settings, session.get_one(Document, held.document_id).forms[0], CLERK)
    corrected(store, held.document_id, anc_value="3200")
    assert routes(store) == ["accept"]
    corrected(store, held.document_id, prescriber_signature="no")
    assert routes(store) == ["review"]
    with Session(store.engine) as session:
        assert not session.scalars(select(Patient)).one().ben


@pytest.mark.parametrize(
    "values",
    [{"no_such_field": "1"}, {"anc_draw_date": "2022-02-30"}, {"treatment_status": "fine"}, {"ben_flag": "perhaps"}],
    ids=lambda values: next(iter(values)),
)
def test_what_does_not_fit_the_form_is_refused(store: Store, deliver: Deliver, values: dict[str, str]) -> None:
    first = deliver(psf())
    with pytest.raises(CorrectionRefused):
        corrected(store, first.document_id, **values)
