"""The reconciliation: sums that hold, and that tell when something was lost; blind checks; the report."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest
from papers import BASELINE, RECEIVED, doubtful, psf
from small_archives import Archive
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from extractors.reading import DocumentReading
from pipeline.migration import acceptance, figures, progress, report
from pipeline.quality import checking
from pipeline.quality.sampling import own_number
from pipeline.settings import Settings
from pipeline.store.models import Form, Page
from pipeline.store.quality_models import QualityCheck

DAY = RECEIVED.isoformat()

SAID: Mapping[bytes, DocumentReading] = {
    b"passes": psf(),
    b"passes again": psf(),
    b"new patient": psf(BASELINE),
    b"in doubt": doubtful(psf(anc_draw_date="2022-07-12"), "anc_value"),
}


@pytest.fixture
def migrated(archive: Archive) -> Archive:
    """One that passes, its duplicate, somebody new, one in doubt, the same bytes again, and an archive that is none."""
    files = {f"{number}.tif": data for number, data in enumerate((*SAID, b"passes"))}
    rows = [{"file": name, "document_date": DAY, "form_type": "psf"} for name in files]
    rows[2]["form_type"] = "anc_lab"  # the index is wrong about this one
    archive.add({**files, "broken.zip": b""}, [*rows, {"file": "gone.tif"}])
    assert archive.migrate(SAID.__getitem__) == 1
    return archive


def somebody_new(number: int) -> DocumentReading:
    """A baseline of a patient who resembles no other."""
    first, last = (
        ["Abe", "Bo", "Cid", "Dot", "Eva", "Fay"][number],
        ["Quin", "Rowe", "Stack", "Tully", "Umber", "Vogt"][number],
    )
    dob = f"{1950 + 7 * number}-0{number + 1}-1{number}"
    people = {"patient_first_name": first, "patient_last_name": last, "patient_name_p2": f"{last}, {first}"}
    return psf({**BASELINE, **people, "patient_dob": dob, "patient_dob_p2": dob, "patient_zip": f"{3 + number}0001"})


def reconciled(archive: Archive) -> figures.Reconciliation:
    with Session(archive.store.engine) as session:
        return figures.reconcile(session, 1, "")


def test_everything_adds_up(migrated: Archive) -> None:
    found = reconciled(migrated)
    sums = {one.what: one for one in found.sums}
    assert found.holds
    assert list(sums["files of the archive"].parts.values()) == [1, 1, 4, 0]
    assert sums["pages"].parts == {"form": 8}
    assert sums["pages of forms"].parts == {"psf_2021": 8}
    assert sums["forms, as the program decided"].parts == {"accepted": 1, "duplicates": 1, "held for a person": 2}
    assert found.disagreements["the form differs, forms"] == 1
    assert found.disagreements["rows of the index without a file"] == 1
    assert found.refused == {"broken_archive": 1}
    ((form,),) = [found.through]
    assert (form.form_id, form.year, form.passed, form.duplicates, form.held) == ("psf_2021", 2022, 1, 1, 2)
    assert form.share == pytest.approx(1 / 3)
    assert found.left["items of the review queue"] == 2 + 1  # and the form that the index tells of is not there


def test_a_page_that_is_lost_is_told(migrated: Archive) -> None:
    with Session(migrated.store.engine) as session, session.begin():
        session.execute(delete(Page).where(Page.page == 1, Page.document_id == 1))
    assert [one.what for one in reconciled(migrated).sums if not one.holds] == ["pages", "pages of forms"]


def test_the_blind_sample_gives_the_error_rate_of_the_lot(migrated: Archive) -> None:
    with Session(migrated.store.engine) as session, session.begin():
        assert acceptance.draw(session, "", 1, 10) == 1
        assert acceptance.draw(session, "", 1, 10) == 0
        check = session.scalars(select(QualityCheck)).one()
        lease = Settings().review_lease
        version = checking.claim(session, check.id, "checker", lease)
        assert version is not None
        checking.record(session, check.id, "checker", version, {"anc_value": "2300"})
    sample = reconciled(migrated).sample
    assert (sample.lot, sample.drawn, sample.rate.forms, sample.rate.forms_wrong) == (1, 1, 1, 0)
    assert (sample.errors.low, sample.errors.high) == (0.0, 0.0)  # all of the lot was checked


def test_checks_are_those_of_the_smallest_numbers(archive: Archive) -> None:
    """So a second draw adds to the first one, and the whole is still chosen by chance."""
    files = {f"{number}.tif": f"{number}".encode() for number in range(6)}
    archive.add(files, [{"file": name, "document_date": DAY} for name in files])
    archive.migrate(lambda data: somebody_new(int(data)))
    with Session(archive.store.engine) as session, session.begin():
        accepted = [form for form in session.scalars(select(Form)) if form.route.route == "accept"]
        assert len(accepted) > 2
        in_order = sorted(accepted, key=lambda form: own_number("seed", form.document_id, form.position))
        smallest = {form.id for form in in_order[:2]}
        acceptance.draw(session, "seed", 1, 2)
        chosen = set(session.scalars(select(QualityCheck.form_pk)))
    assert chosen == smallest


def test_the_report_says_all_of_it_and_names_nobody(migrated: Archive, tmp_path: Path) -> None:
    with Session(migrated.store.engine) as session:
        refused = progress.refused_files(session, 1)
    written = report.write_report(reconciled(migrated), refused, report.Asked(), tmp_path / "report")
    page = written[0].read_text(encoding="utf-8")
    assert "Everything adds up: 6 files, 4 documents, 8 pages" in page
    assert page.count("data:image/svg+xml;base64,") == 2 + 1
    texts = {file.name: file.read_text(encoding="utf-8") for file in written}
    assert not any(word in text for word in ("Lane", "Vale", "1980-02-03") for text in texts.values())
    lines = list(csv.DictReader(texts["reconciliation.csv"].splitlines()))
    assert {"section": "pages", "what": "form", "number": "8"} in lines
    assert list(csv.DictReader(texts["not-taken-in.csv"].splitlines())) == [
        {"file": "broken.zip", "reason": "broken_archive"}
    ]
