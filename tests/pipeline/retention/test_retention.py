"""Retention: what goes after its time, what stays, and what is left of a document then."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from papers import BASELINE, Deliver, arrive, broken, doubtful, psf
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.errors import DamagedFile
from extractors.reading import DocumentReading
from pipeline import originals
from pipeline.errors import HoldRefused, NotThere, OriginalRemoved, RetentionUnusable
from pipeline.notice.make import MADE
from pipeline.process import Outcome
from pipeline.quality.sampling import draw
from pipeline.retention import holds
from pipeline.retention.classes import Retention, read_retention
from pipeline.retention.removing import remove_due
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.models import AuditLine, Document, FieldReading, Form
from pipeline.store.opening import Store
from pipeline.store.registry_models import Patient

YEARS = Retention.model_validate(
    {
        "classes": [
            {"name": "accepted", "what": "a form of it was accepted", "routes": ["accept"], "years": 6},
            {"name": "other_form", "what": "every other form", "years": 2},
            {"name": "no_form", "what": "no form", "years": 1},
        ]
    }
)


def in_years(years: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + years * dt.timedelta(days=366)


def with_crops(read: DocumentReading) -> DocumentReading:
    forms = tuple(
        replace(one, readings={name: replace(r, crop=b"a picture") for name, r in one.readings.items()})
        for one in read.forms
    )
    return replace(read, forms=forms)


def gone(store: Store) -> list[int]:
    with Session(store.engine) as session:
        return list(session.scalars(select(Document.id).where(Document.removed_at.is_not(None)).order_by(Document.id)))


def test_a_document_goes_after_the_period_of_its_class_and_leaves_what_was_read(store: Store, deliver: Deliver) -> None:
    deliver(with_crops(psf()))
    with Session(store.engine) as session, session.begin():
        document = session.get_one(Document, 1)
        original = document.sha256
        notice, size = originals.keep(store.notices, io.BytesIO(b"a notice"))
        made = {"form": 0, "sha256": notice, "size": size, "edited": False}
        audit.write_line(session, MADE, document_id=1, after=made)
        values = {reading.field: reading.value for reading in document.forms[0].readings}

    assert not remove_due(store, YEARS, now=in_years(5.9)).documents
    assert originals.fetch(store.originals, original) == b"fax 1"
    removed = remove_due(store, YEARS, now=in_years(6.1), who="ops")
    assert (dict(removed.documents), removed.notices, removed.crops) == ({"accepted": 1}, 1, len(values))
    for vault, sha256 in ((store.originals, original), (store.notices, notice)):
        with pytest.raises(OriginalRemoved):
            originals.fetch(vault, sha256)
    with Session(store.engine) as session:
        assert session.scalar(select(FieldReading.id).where(FieldReading.crop.is_not(None))) is None
        document = session.get_one(Document, 1)
        assert {reading.field: reading.value for reading in document.forms[0].readings} == values
        line = session.scalars(select(AuditLine).order_by(AuditLine.id.desc())).first()
        assert line is not None
        assert (line.action, line.who, line.document_id) == ("removed after its period", "ops", 1)
        assert line.after == {"class": "accepted", "notices": 1, "crops": len(values)}
        assert audit.verify(session) is None
    assert not remove_due(store, YEARS, now=in_years(99)).documents


def test_what_waits_or_is_checked_stays_however_old(store: Store, deliver: Deliver, tmp_path: Path) -> None:
    deliver(psf())
    deliver(doubtful(psf(anc_draw_date="2022-07-12"), "anc_value"))
    deliver(broken(DamagedFile("open", "a page is missing")))
    arrive(store, tmp_path, b"not read yet", "later.tif")
    with Session(store.engine) as session, session.begin():
        checks = draw(session, Settings(check_rate=1.0))
        assert [check.form.document_id for check in checks] == [1]
    assert not remove_due(store, YEARS, now=in_years(99)).documents
    assert gone(store) == []


def test_what_a_waiting_form_is_compared_with_stays(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    deliver(psf(anc_value="1900"))  # the same draw, another count: a person sees both side by side
    assert not remove_due(store, YEARS, now=in_years(99)).documents


@pytest.mark.parametrize("of_patient", [False, True])
def test_nothing_goes_under_a_legal_hold_until_it_is_released(store: Store, deliver: Deliver, of_patient: bool) -> None:
    deliver(psf())
    deliver(psf(BASELINE))  # enrolls somebody new: only the registry tells that this form is about them
    with Session(store.engine) as session:
        known = session.get_one(Document, 1).forms[0].patient
    for document, patient in ((1, known["key"] if known else ""), (2, "2")):
        with Session(store.engine) as session, session.begin():
            about = {"patient": patient} if of_patient else {"document_id": document}
            holds.set_hold(session, reason="a subpoena", who="counsel", **about)
    assert not remove_due(store, YEARS, now=in_years(99)).documents
    with Session(store.engine) as session, session.begin():
        holds.release(session, 2, reason="settled", who="counsel")
        assert [hold.id for hold in holds.holds(session)] == [1]
        assert [hold.id for hold in holds.holds(session, released=True)] == [1, 2]
    remove_due(store, YEARS, now=in_years(99))
    assert gone(store) == [2]


def test_a_hold_covers_forms_from_before_the_registry_knew_the_patient(store: Store, deliver: Deliver) -> None:
    stranger = {"patient_first_name": "Xu", "patient_last_name": "Quist", "patient_zip": "99999"}
    for born in ("1950-01-01", "1951-01-01"):
        deliver(psf(**stranger, prescriber_npi="1000000020", patient_dob=born, patient_dob_p2=born))
    with Session(store.engine) as session, session.begin():
        forms = session.scalars(select(Form).order_by(Form.id)).all()
        assert [form.patient and form.patient["key"] for form in forms] == [None, None]
        session.add(Patient(id=7, first_name="Xu", last_name="Quist", dob=dt.date(1950, 1, 1)))
        session.flush()
        holds.set_hold(session, patient="7", reason="a subpoena", who="counsel")
        assert session.scalars(select(Document.id).where(holds.held())).all() == [1]


def test_holds_that_cannot_be_are_refused(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    with Session(store.engine) as session:
        for about in ({}, {"document_id": 1, "patient": "1"}):
            with pytest.raises(HoldRefused):
                holds.set_hold(session, reason="why", who="counsel", **about)
        with pytest.raises(HoldRefused, match="reason"):
            holds.set_hold(session, document_id=1, reason=" ", who="counsel")
        for about in ({"document_id": 7}, {"patient": "99"}, {"patient": "Lane"}):
            with pytest.raises(NotThere):
                holds.set_hold(session, reason="why", who="counsel", **about)
        number = holds.set_hold(session, document_id=1, reason="why", who="counsel").id
        holds.release(session, number, reason="settled", who="counsel")
        with pytest.raises(HoldRefused, match="before"):
            holds.release(session, number, reason="settled", who="counsel")


def test_the_same_fax_once_more_begins_a_new_period(store: Store, deliver: Deliver, tmp_path: Path) -> None:
    deliver(psf())
    remove_due(store, YEARS, now=in_years(7))
    assert gone(store) == [1]
    assert arrive(store, tmp_path, b"fax 1", "again.tif") == 1
    assert gone(store) == []
    assert not remove_due(store, YEARS).documents
    with Session(store.engine) as session:
        assert originals.fetch(store.originals, session.get_one(Document, 1).sha256) == b"fax 1"


def test_a_fax_that_comes_again_while_it_is_removed_is_not_lost(
    store: Store, deliver: Deliver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(psf())
    keep = originals.keep

    def keep_and_wait(*given: object) -> tuple[str, int]:
        kept = keep(*given)  # type: ignore[arg-type]
        monkeypatch.setattr(originals, "keep", keep)
        remove_due(store, YEARS, now=in_years(7))  # another process, right between disk and ledger
        return kept

    monkeypatch.setattr(originals, "keep", keep_and_wait)
    arrive(store, tmp_path, b"fax 1", "again.tif")
    with Session(store.engine) as session:
        assert originals.fetch(store.originals, session.get_one(Document, 1).sha256) == b"fax 1"
    assert gone(store) == []


def test_a_run_that_broke_off_is_made_good(store: Store, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(psf())
    deliver(psf(anc_draw_date="2022-07-12"))
    remove = originals.remove

    def remove_and_die(vault: originals.Vault, sha256: str) -> None:
        remove(vault, sha256)
        raise KeyboardInterrupt

    monkeypatch.setattr(originals, "remove", remove_and_die)
    with pytest.raises(KeyboardInterrupt):
        remove_due(store, YEARS, now=in_years(7))
    monkeypatch.setattr(originals, "remove", remove)
    assert gone(store) == []
    assert remove_due(store, YEARS, now=in_years(7)).documents.total() == 2
    assert gone(store) == [1, 2]


def test_as_shipped_nothing_ever_goes(store: Store, deliver: Callable[..., Outcome]) -> None:
    deliver(psf())
    assert not remove_due(store, read_retention(None), now=in_years(900)).documents


def test_a_document_is_kept_for_the_longest_of_its_forms() -> None:
    other, accepted, none = ("x", "reject"), ("psf_2021", "accept"), ()
    assert [YEARS.class_of(forms).name for forms in ([other], [other, accepted], none)] == [
        "other_form",
        "accepted",
        "no_form",
    ]
    for_ever = {"name": "lab", "what": "laboratory reports", "forms": ["lab_*"], "years": None}
    told = YEARS.model_dump()["classes"]
    classes = Retention.model_validate({"classes": [for_ever, *told]})
    assert classes.class_of([accepted, ("lab_2021", "reject")]).name == "lab"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("classes: [", "cannot be read"),
        ("classes: []", "no_form"),
        ("classes: [{name: no_form, what: w, years: 1}]", "fits every form"),
        ("classes: [{name: all, what: w, years: 0.01}, {name: no_form, what: w, years: 1}]", "classes.0.years"),
        ("classes: [{name: all, what: w}, {name: no_form, what: w, years: 1}]", "classes.0.years"),
        ("classes: [{name: all, what: w, years: 1}, {name: all, what: w, years: 1}]", "the same name"),
    ],
)
def test_a_file_of_classes_that_cannot_be_used_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "retention.yaml"
    file.write_text(text)
    with pytest.raises(RetentionUnusable, match=said):
        read_retention(file)
