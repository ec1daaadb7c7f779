"""The main path, on both databases: what becomes of documents and forms, and that nothing is lost or half done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from papers import (
    BASELINE,
    MONTHLY,
    NPI,
    RECEIVED,
    always,
    arrive,
    broken,
    document,
    doubtful,
    form,
    import_registry,
    psf,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from extractors.errors import EncryptedFile
from extractors.reading import DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline import deciding, ledger, originals
from pipeline.process import Outcome, decide, process, process_in_order
from pipeline.registry import history, updates
from pipeline.registry.lookup import RegistryOn
from pipeline.store import audit
from pipeline.store.models import AuditLine, Document, DocumentState, Form, Page, ReviewItem, Source
from pipeline.store.opening import Store
from pipeline.store.registry_models import Patient, Prescriber

Deliver = Callable[..., Outcome]


def forms_of(store: Store, document_id: int) -> list[tuple[str, list[str]]]:
    with Session(store.engine) as session:
        return [(f.route.route, f.route.reasons) for f in session.get_one(Document, document_id).forms]


def queued(store: Store) -> list[tuple[int, bool, int | None, list[str]]]:
    """Document, whether it is a form, page, reasons."""
    with Session(store.engine) as session:
        items = session.scalars(select(ReviewItem).order_by(ReviewItem.id))
        return [(item.document_id, item.form_pk is not None, item.page, item.reasons) for item in items]


def count(store: Store, table: type) -> int:
    with Session(store.engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_form_in_order_is_accepted_and_waits_for_nobody(store: Store, deliver: Deliver) -> None:
    outcome = deliver(psf())
    assert outcome.state is DocumentState.STORED
    assert forms_of(store, outcome.document_id) == [("accept", [])]
    assert queued(store) == []
    with Session(store.engine) as session:
        (accepted,) = session.scalars(select(Form))
        assert accepted.patient is not None
        assert accepted.patient["matched"]
        assert {rule.verdict for rule in accepted.evaluated_rules} == {"passed", "not_applicable"}
        assert len(accepted.readings) == len(deciding.definitions()["psf_2021"].fields)


def test_a_doubtful_value_goes_to_a_person(store: Store, deliver: Deliver) -> None:
    outcome = deliver(doubtful(psf(), "anc_value"))
    assert outcome.routes == ("review",)
    assert queued(store) == [(outcome.document_id, True, None, ["low_confidence"])]


def test_a_threshold_of_the_installation_makes_a_value_doubtful(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    strict = Store(
        store.engine, store.originals, store.settings.model_copy(update={"thresholds": {"anc_value": 0.9999}})
    )
    outcome = process(strict, arrive(strict, tmp_path, b"fax"), always(psf()))
    assert outcome is not None
    assert outcome.routes == ("review",)


def test_forms_that_only_a_prescriber_may_sign_pass_when_the_owner_says_so(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    lenient = Store(
        store.engine, store.originals, store.settings.model_copy(update={"accept_prescriber_only_in_order": True})
    )
    routes = []
    for number, kept in enumerate((store, lenient)):
        read = psf(ben_flag=True, anc_draw_date=f"2022-07-1{number}")
        outcome = process(kept, arrive(kept, tmp_path, bytes([number])), always(read))
        assert outcome is not None
        routes.extend(outcome.routes)
    assert routes == ["review", "accept"]


def test_the_same_file_twice_is_one_document_with_two_sources(store: Store, tmp_path: Path) -> None:
    first = arrive(store, tmp_path, b"the same", "0001.tif")
    second = arrive(store, tmp_path, b"the same", "0002.tif", dt.date(2022, 8, 1))
    again = arrive(store, tmp_path, b"the same", "0001.tif")
    assert first == second == again
    assert (count(store, Document), count(store, Source), count(store, AuditLine)) == (1, 2, 2)
    assert process(store, first, always(document())) is not None
    assert process(store, first, broken(AssertionError("read twice"))) is None


def test_the_same_form_again_is_linked_and_changes_nothing(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    again = deliver(psf())
    assert forms_of(store, again.document_id) == [("duplicate", ["duplicate"])]
    assert again.state is DocumentState.STORED
    third = deliver(doubtful(psf(), "anc_value"), received=RECEIVED + dt.timedelta(days=1))
    with Session(store.engine) as session:
        first, *later = session.scalars(select(Form).order_by(Form.id))
        assert [form.route.duplicate_of for form in later] == [first.id, first.id]
    assert third.routes == ("duplicate",)


def test_the_same_form_in_one_document_is_a_duplicate_too(deliver: Deliver) -> None:
    outcome = deliver(document(form("psf_2021", MONTHLY), form("psf_2021", MONTHLY, first_page=3)))
    assert outcome.routes == ("accept", "duplicate")


def test_a_second_copy_of_an_enrollment_is_found_though_the_first_made_the_patient_known(deliver: Deliver) -> None:
    assert [deliver(psf(BASELINE)).routes for _ in range(2)] == [("accept",), ("duplicate",)]


def test_the_same_form_as_one_that_waits_waits_beside_it(store: Store, deliver: Deliver) -> None:
    deliver(psf(prescriber_signature=False))
    signed = deliver(psf())
    assert forms_of(store, signed.document_id) == [("review", ["duplicate"])]
    assert len(queued(store)) == 2


def test_contradicting_forms_go_to_a_person(store: Store, deliver: Deliver) -> None:
    deliver(psf())
    other = deliver(psf(anc_value="1900"))
    assert forms_of(store, other.document_id) == [("review", ["conflict"])]


def test_an_accepted_baseline_enrolls_the_patient_from_that_day(store: Store, deliver: Deliver) -> None:
    month = {name: value for name, value in BASELINE.items() if name.startswith("patient_")}
    before = deliver(psf(**month))
    assert before.routes == ("review",)
    assert deliver(psf(BASELINE, anc_draw_date="2022-07-12")).routes == ("accept",)
    later = {"anc_draw_date": "2022-08-08", "signature_date": "2022-08-09"}
    assert deliver(psf(**month, **later), received=dt.date(2022, 8, 10)).routes == ("accept",)
    with Session(store.engine) as session:
        new = session.scalars(select(Patient).where(Patient.last_name == "Vale")).one()
        assert (new.enrolled_on_2021, new.prescriber_npi, new.known_from) == (RECEIVED, NPI, RECEIVED)


def test_a_form_that_is_held_changes_nothing_in_the_registry(store: Store, deliver: Deliver) -> None:
    deliver(psf(treatment_status="interrupted", status_date="2022-07-14", ben_flag=True))
    with Session(store.engine) as session:
        patient = session.scalars(select(Patient)).one()
        assert (patient.ben, patient.treatment_status) == (False, "active")


def test_an_accepted_change_of_status_stands_in_the_registry(store: Store, deliver: Deliver) -> None:
    changed = psf(
        submission_type="status_change",
        treatment_status="interrupted",
        status_date="2022-07-14",
        status_reason="Surgery",
    )
    assert deliver(changed).routes == ("accept",)
    with Session(store.engine) as session:
        assert session.scalars(select(Patient)).one().treatment_status == "interrupted"
        assert history.entries(session, "patients", RECEIVED - dt.timedelta(days=1))[0]["treatment_status"] == "active"


def test_unknown_pages_wait_and_covers_do_not(store: Store, deliver: Deliver) -> None:
    cover, strange = PageReading(3, PageKind.COVER), PageReading(4, PageKind.UNKNOWN, text="a letter")
    outcome = deliver(document(form("psf_2021", MONTHLY), more=(cover, strange)))
    assert outcome.routes == ("accept",)
    assert outcome.state is DocumentState.QUEUED
    assert queued(store) == [(outcome.document_id, False, 4, ["unknown_form"])]


def test_a_cover_that_asks_for_a_dispense_authorization_waits(store: Store, deliver: Deliver) -> None:
    """Rule R42: nobody would answer a fax that is a cover alone."""
    request = PageReading(1, PageKind.COVER, text="To: Contact Center. Please issue an RDA.")
    outcome = deliver(document(more=(request,)))
    assert queued(store) == [(outcome.document_id, False, 1, ["rda_by_fax"])]


def test_a_page_that_could_not_be_read_makes_the_document_partial(store: Store, deliver: Deliver) -> None:
    lost = PageReading(3, PageKind.UNKNOWN, error="page 3: decode: expected a strip")
    outcome = deliver(document(form("psf_2021", MONTHLY), more=(lost,)))
    assert (outcome.status, outcome.state) == ("partial", DocumentState.QUEUED)
    assert queued(store) == [(outcome.document_id, False, 3, ["unreadable"])]


def test_a_form_of_which_a_page_came_in_part_is_held(store: Store, deliver: Deliver) -> None:
    first, second = psf().pages
    half = replace(
        psf(), pages=(first, replace(second, error="page 2: half of it is lost")), status=DocumentStatus.PARTIAL
    )
    outcome = deliver(half)
    assert forms_of(store, outcome.document_id) == [("review", ["unreadable"])]
    assert queued(store) == [(outcome.document_id, True, None, ["unreadable"])]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EncryptedFile("open", "a password is needed"), "open: a password is needed"),
        (ValueError("Cy Lane, born 1980"), "read: ValueError"),
    ],
)
def test_a_document_that_cannot_be_read_is_kept_and_waits(
    store: Store, deliver: Deliver, error: Exception, said: str
) -> None:
    outcome = deliver(broken(error))
    assert outcome.state is DocumentState.FAILED
    assert queued(store) == [(outcome.document_id, False, None, ["unreadable"])]
    with Session(store.engine) as session:
        kept = session.get_one(Document, outcome.document_id)
        assert (kept.status, kept.error) == ("failed", said)
        assert originals.fetch(store.originals, kept.sha256) == b"fax 1"


def test_a_damaged_original_fails_the_document(store: Store, tmp_path: Path) -> None:
    document_id = arrive(store, tmp_path, b"fax")
    with Session(store.engine) as session:
        originals.path_of(store.originals, session.get_one(Document, document_id).sha256).write_bytes(b"fix")
    outcome = process(store, document_id, always(psf()))
    assert outcome is not None
    assert outcome.state is DocumentState.FAILED


def test_a_step_that_breaks_leaves_nothing_half_written(
    store: Store, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Cy Lane")

    monkeypatch.setattr(updates, "apply", fail)  # the last step but the queue: all else is written by then
    outcome = deliver(psf())
    assert (outcome.state, outcome.routes) == (DocumentState.FAILED, ())
    assert (count(store, Form), count(store, Page)) == (0, 2)
    assert queued(store) == [(outcome.document_id, False, 1, ["unreadable"])]
    with Session(store.engine) as session:
        assert session.get_one(Document, outcome.document_id).error == "judge: RuntimeError"
        assert audit.verify(session) is None


def test_documents_are_decided_in_order_though_readings_come_in_any(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    ids = [arrive(store, tmp_path, bytes([number]), f"{number}.tif") for number in range(4)]

    def backwards(documents: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, DocumentReading]]:
        for document_id, _ in reversed(list(documents)):
            yield document_id, psf()

    outcomes = list(process_in_order(store, ids, backwards))
    assert [outcome.document_id for outcome in outcomes] == ids
    assert [outcome.routes for outcome in outcomes] == [("accept",), *[("duplicate",)] * 3]


def test_work_that_is_broken_off_can_be_claimed_at_once(store: Store, tmp_path: Path) -> None:
    ids = [arrive(store, tmp_path, bytes([number]), f"{number}.tif") for number in range(3)]

    def stops(documents: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, DocumentReading]]:
        first, *_ = list(documents)
        yield first[0], document()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(process_in_order(store, ids, stops))
    with Session(store.engine) as session:
        assert ledger.waiting(session) == ids[1:]


def test_a_late_comer_stores_nothing(store: Store, tmp_path: Path) -> None:
    document_id = arrive(store, tmp_path, b"fax")
    with Session(store.engine) as session, session.begin():
        late = ledger.claim(session, document_id, dt.timedelta(seconds=-1), "elsewhere:1")
    assert late is not None
    assert process(store, document_id, always(document())) is not None
    with pytest.raises(ledger.ClaimLost):
        decide(store, late, psf())
    assert count(store, Form) == 0


def test_a_document_that_always_ends_the_program_is_given_to_a_person(store: Store, tmp_path: Path) -> None:
    document_id = arrive(store, tmp_path, b"fax")
    for _ in range(store.settings.attempts):
        with Session(store.engine) as session, session.begin():
            assert ledger.claim(session, document_id, dt.timedelta(seconds=-1), "elsewhere:1")
    outcome = process(store, document_id, always(document()))
    assert outcome is not None
    assert outcome.state is DocumentState.FAILED


def test_enrollment_forms_certify_and_enroll(store: Store, deliver: Deliver) -> None:
    """The forms are applied as accepted: what makes them acceptable is the judge's matter."""
    forms = {
        "prescriber_enrollment_2021": {"prescriber_npi": "1245319599", "prescriber_first_name": "Jo",
                                       "prescriber_last_name": "Park", "prescriber_email": "jo@clinic.example"},
        "designee_enrollment_2021": {"prescriber_npi": NPI, "designee_first_name": "Bo", "designee_last_name": "Reed",
                                     "designee_email": "bo@clinic.example"},
        "pharmacy_inpatient_2021": {"pharmacy_npi": "1679576722", "pharmacy_name": "Ward"},
        "pharmacy_outpatient_2021": {"pharmacy_npi": "1679576722", "pharmacy_name": "Shop"},
    }  # fmt: skip
    del deliver
    with Session(store.engine) as session, session.begin():
        for form_id, values in forms.items():
            content = deciding.from_readings(form(form_id, values), deciding.definitions()[form_id])
            updates.apply(session, updates.Accepted(content, None, RECEIVED))
    with Session(store.engine) as session:
        known = RegistryOn(session, RECEIVED)
        assert (
            session.scalars(select(Prescriber).where(Prescriber.npi == "1245319599")).one().email == "jo@clinic.example"
        )
        assert known.prescriber("1245319599") is not None
        assert [designee.enrolled.in_2021 for designee in known.designees_of(NPI)] == [RECEIVED]
        assert [pharmacy["name"] for pharmacy in history.entries(session, "pharmacies", RECEIVED)] == ["Ward", "Shop"]
        assert history.entries(session, "pharmacies", RECEIVED - dt.timedelta(days=1)) == []
