"""What a notice says: every holding finding in the rulebook's words, nobody named who was not surely read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from papers import broken, document, doubtful, form, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.reading import PageKind, PageReading
from pipeline.errors import NothingToTell, WordsMissing
from pipeline.notice import make
from pipeline.notice.make import Subject
from pipeline.notice.notice import Draft
from pipeline.notice.standing import standing
from pipeline.notice.text import as_text
from pipeline.process import Outcome
from pipeline.store.models import Form, FormFinding
from pipeline.store.opening import Store
from validators.findings import SEVERITY_OF_OUTCOME, Severity
from validators.rulebook.load import DecidedBy, rulebook

TODAY = dt.date(2022, 7, 16)


def draft(store: Store, outcome: Outcome, number: int | None = 0) -> Draft:
    return make.draft(store, Subject(outcome.document_id, number), TODAY)


def test_what_is_missing_is_said_by_section_and_label(store: Store, deliver: Callable[..., Outcome]) -> None:
    notice = draft(store, deliver(psf(anc_value=None, prescriber_fax="15555550101"))).notice
    (anc,) = [point for point in notice.points if point.picture == "anc_value"]
    assert anc.place == "Section 5 (ANC results)"
    assert "ANC" in anc.says
    assert (notice.to, notice.fax) == ("Ada Moss", "555-555-0101")
    assert (notice.received, notice.date) == ("July 15, 2022", "July 16, 2022")
    assert notice.form == "Patient Status Form (PSF)"
    assert "888-586-0758" in notice.contact + notice.questions
    assert notice.reference in notice.questions


def test_the_patient_is_told_by_initials_alone(store: Store, deliver: Callable[..., Outcome]) -> None:
    outcome = deliver(psf(anc_value=None, patient_phone="5555550177", patient_first_name="Cyrus"))
    drafted = draft(store, outcome)
    assert drafted.notice.patient == "C. L."
    said = as_text(drafted)
    for known in ("Cyrus", "Lane", "1980", "10001", "0177", "0001.tif"):
        assert known not in said


@pytest.mark.parametrize(
    ("field", "value", "left_empty", "said"),
    [
        ("prescriber_fax", "5555550101", "fax", "555-555-0101"),
        ("prescriber_first_name", "Ada", "to", "Ada Moss"),
        ("patient_last_name", "Lane", "patient", "name"),
    ],
)
def test_what_is_in_doubt_is_left_to_the_operator(
    store: Store, deliver: Callable[..., Outcome], field: str, value: str, left_empty: str, said: str
) -> None:
    read = psf(**{"treatment_status": None, "submitter_name": None, field: value})
    drafted = draft(store, deliver(doubtful(read, field)))
    assert getattr(drafted.notice, left_empty) == ""
    assert any(said in remark for remark in drafted.remarks)


def test_no_fax_number_is_said(store: Store, deliver: Callable[..., Outcome]) -> None:
    drafted = draft(store, deliver(psf(anc_value=None)))
    assert drafted.notice.fax == ""
    assert any("no fax number" in remark for remark in drafted.remarks)


def test_many_findings_are_told_together(store: Store, deliver: Callable[..., Outcome]) -> None:
    empty = ("patient_zip", "patient_gender", "patient_dob", "prescriber_phone", "prescriber_last_name",
             "anc_value", "anc_draw_date", "monitoring_frequency", "treatment_status", "submitter_name",
             "prescriber_signature", "signature_date")  # fmt: skip
    outcome = deliver(psf(**dict.fromkeys(empty)))
    points = draft(store, outcome).notice.points
    with Session(store.engine) as session:
        held = session.scalars(select(FormFinding)).all()
    assert len(points) < len(held)
    told = " ".join(point.says for point in points)
    assert all(words in told for words in ("ZIP code", "Gender", "Office phone", "Prescriber signature"))
    assert any(point.place.startswith("Sections 2") for point in points)


def test_the_gravest_comes_first_and_gives_the_title(store: Store, deliver: Callable[..., Outcome]) -> None:
    notice = draft(store, deliver(psf(ben_flag=True, anc_value=None, submitter_role="designee"))).notice
    assert "certified prescriber" in notice.title
    assert notice.points[0].picture == "ben_flag"
    ended = deliver(psf(), dt.date(2025, 6, 13))
    assert draft(store, ended).notice.title == standing().outcomes[next(iter(standing().outcomes))].title


def test_what_is_in_order_is_not_told(store: Store, deliver: Callable[..., Outcome]) -> None:
    with pytest.raises(NothingToTell):
        draft(store, deliver(psf(ben_flag=True)))


def test_doubts_alone_are_told_as_unreadable_with_a_warning(store: Store, deliver: Callable[..., Outcome]) -> None:
    drafted = draft(store, deliver(doubtful(psf(), "anc_value", "treatment_status")))
    assert {point.picture for point in drafted.notice.points} <= {"anc_value", "treatment_status"}
    assert any("Take out what you can read" in remark for remark in drafted.remarks)


def test_of_an_accepted_form_there_is_no_notice(store: Store, deliver: Callable[..., Outcome]) -> None:
    outcome = deliver(psf())
    with pytest.raises(NothingToTell):
        draft(store, outcome)


def test_pages_that_are_no_form_can_be_told(store: Store, deliver: Callable[..., Outcome]) -> None:
    unknown = deliver(document(form("psf_2021", {}), more=(PageReading(3, PageKind.UNKNOWN),)))
    notice = draft(store, unknown, None).notice
    assert notice.form == "page 3"
    assert notice.points
    failed = draft(store, deliver(broken(ValueError())), None)
    assert failed.notice.form == "the whole fax"
    assert failed.notice.to == failed.notice.fax == ""


def test_a_finding_without_words_is_an_error(store: Store, deliver: Callable[..., Outcome]) -> None:
    outcome = deliver(psf(anc_value=None))
    with Session(store.engine) as session, session.begin():
        held = session.scalars(select(Form).filter_by(document_id=outcome.document_id)).one()
        odd: dict[str, Any] = {"rule": "R7", "reason": "odd", "outcome": "other", "severity": "review"}
        held.findings.append(FormFinding(**odd, field=None, message="", in_order=False))
    with pytest.raises(WordsMissing, match="R7"):
        draft(store, outcome)


def test_the_numbers_are_those_of_the_day_the_notice_is_made(store: Store, deliver: Callable[..., Outcome]) -> None:
    outcome = deliver(document(form("anc_lab_2015", {})), dt.date(2018, 3, 5))
    old = make.draft(store, Subject(outcome.document_id, 0), dt.date(2021, 11, 14)).notice
    new = make.draft(store, Subject(outcome.document_id, 0), dt.date(2021, 11, 15)).notice
    assert "844-267-8678" in old.contact
    assert "844-404-8876" in old.what_to_do
    assert "888-586-0758" in new.contact
    assert "800-878-5927" in new.what_to_do


def test_every_reason_that_can_hold_a_form_has_words_or_is_the_desks() -> None:
    silent = {
        f"{rule.number} {reason}"
        for rule in rulebook().rules.values()
        for reason, words in rule.reasons.items()
        if rule.decided_by not in (DecidedBy.NOBODY, DecidedBy.STATUS)
        and SEVERITY_OF_OUTCOME[words.outcome] is not Severity.INFO
        and not words.sender
        and reason not in standing().for_the_desk
    }
    assert silent == set()
