"""The day an archived form is judged by, and what happens where the index and the paper contradict each other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from papers import BASELINE, RECEIVED, always, arrive, doubtful, form, import_registry, psf
from papers import document as papers_document
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.reading import DocumentReading
from pipeline.process import process
from pipeline.store.migration_models import Migration, MigrationFile
from pipeline.store.models import Document, Form, ReviewItem
from pipeline.store.opening import Store
from validators.archives import IndexRow

SCANNED = dt.date(2026, 3, 1)
"""The day on which the archive was scanned, long after the programme's end."""

Bring = Callable[..., list[tuple[str, tuple[str, ...]]]]


@pytest.fixture
def bring(store: Store, tmp_path: Path) -> Bring:
    """Bring a document from an archive with these rows of its index; the routes of its forms, with their reasons."""
    import_registry(store, tmp_path)
    with Session(store.engine) as session, session.begin():
        session.add(
            Migration(source="archive", created_at=dt.datetime.now(dt.UTC), chunk_files=10, rows_without_file=[])
        )

    def bring_one(read: DocumentReading, *rows: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
        document_id = arrive(store, tmp_path, repr((read, rows)).encode(), "scan.tif", SCANNED)
        told = [IndexRow(number, **row).as_json() for number, row in enumerate(rows, 1)]
        with Session(store.engine) as session, session.begin():
            session.get_one(Document, document_id).batch = "1-0001"
            name = f"{document_id}.tif"
            session.add(MigrationFile(migration_id=1, name=name, fingerprint="1", told=told, document_id=document_id))
        assert process(store, document_id, always(read)) is not None
        with Session(store.engine) as session:
            forms = session.scalars(select(Form).filter_by(document_id=document_id).order_by(Form.position))
            return [(one.route.route, tuple(one.route.reasons)) for one in forms]

    return bring_one


def test_the_index_date_is_the_day(bring: Bring, store: Store) -> None:
    assert bring(psf(), {"document_date": RECEIVED, "form_type": "psf"}) == [("accept", ())]
    with Session(store.engine) as session:
        assert session.scalars(select(Form)).one().day == RECEIVED


def test_without_an_index_the_signature_tells_the_day(bring: Bring, store: Store) -> None:
    assert bring(psf()) == [("accept", ())]
    with Session(store.engine) as session:
        assert session.scalars(select(Form)).one().day == dt.date(2022, 7, 14)


def test_it_may_have_come_in_later_than_it_was_signed(bring: Bring) -> None:
    """Drawn 30 days before the signature: in time if received that day, too late if a week was lost on the way."""
    late = {"anc_draw_date": "2022-06-14", "signature_date": "2022-07-14"}
    assert bring(psf(BASELINE, **late)) == [("review", ("anc_too_old",))]
    known = psf(BASELINE, **late, patient_zip="20003")  # another person
    assert bring(known, {"document_date": dt.date(2022, 7, 14)}) == [("accept", ())]


def test_a_form_of_an_unknown_day_is_held(bring: Bring) -> None:
    ((route, reasons),) = bring(doubtful(psf(), "signature_date"))
    assert route == "review"
    assert "day_unknown" in reasons
    assert bring(doubtful(psf(), "signature_date"), {"document_date": RECEIVED})[0][0] != "duplicate"


def test_two_dates_without_a_sure_signature_tell_no_day(bring: Bring) -> None:
    rows = [{"document_date": RECEIVED}, {"document_date": dt.date(2022, 7, 20)}]
    assert "day_unknown" in bring(doubtful(psf(), "signature_date"), *rows)[0][1]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"form_type": "anc_lab"}, id="another form"),
        pytest.param({"patient_key": "4711"}, id="another patient"),
        pytest.param({"document_date": dt.date(2022, 7, 13)}, id="before it was signed"),
        pytest.param({"document_date": dt.date(2022, 8, 15)}, id="long after it was signed"),
    ],
)
def test_an_index_that_contradicts_the_paper_holds_the_form(bring: Bring, row: dict[str, Any]) -> None:
    ((route, reasons),) = bring(psf(), row)
    assert route == "review"
    assert "index_disagrees" in reasons


def test_a_contradicted_date_is_not_judged_by(bring: Bring, store: Store) -> None:
    bring(psf(), {"document_date": dt.date(2016, 1, 5)})
    with Session(store.engine) as session:
        assert session.scalars(select(Form)).one().day == dt.date(2022, 7, 14)


def test_an_enrollment_of_somebody_new_contradicts_a_patient_of_the_index(bring: Bring) -> None:
    assert bring(psf(BASELINE), {"patient_key": "1"}) == [("review", ("index_disagrees",))]


def test_every_form_of_a_scan_has_its_own_day_and_row(bring: Bring, store: Store) -> None:
    older = {"anc_draw_date": "2022-03-07", "signature_date": "2022-03-10"}
    both = papers_document(*psf().forms, *(form("psf_2021", {**values(psf()), **older}, first_page=3),))
    rows = [{"document_date": RECEIVED, "form_type": "psf"}, {"document_date": dt.date(2022, 3, 11)}]
    assert bring(both, *rows) == [("accept", ()), ("accept", ())]
    with Session(store.engine) as session:
        days = [one.day for one in session.scalars(select(Form).order_by(Form.position))]
    assert days == [RECEIVED, dt.date(2022, 3, 11)]


def test_a_form_that_only_the_index_knows_is_looked_for(bring: Bring, store: Store) -> None:
    rows = [{"form_type": "psf", "document_date": RECEIVED}, {"form_type": "designee_enrollment"}]
    assert bring(psf(), *rows) == [("accept", ())]
    with Session(store.engine) as session:
        item = session.scalars(select(ReviewItem)).one()
        assert (item.form_pk, item.reasons) == (None, ["index_disagrees"])


def values(read: DocumentReading) -> dict[str, Any]:
    """What stands on the only form."""
    return {
        name: reading.value for name, reading in read.forms[0].readings.items() if reading.value not in (None, False)
    }
