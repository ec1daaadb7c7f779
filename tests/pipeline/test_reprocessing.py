"""Waiting faxes are read again after a form was taught; nothing that was decided is touched.

Readings are given (papers.py), so that no picture has to be read: first a page is unknown, then it is a form's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from papers import always, arrive, import_registry, psf
from sqlalchemy.orm import Session

from extractors.reading import DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline.process import process
from pipeline.reprocessing import ReadAll, Reread, reprocess, waiting_unknown
from pipeline.store import audit
from pipeline.store.models import AuditLine, Document, ReviewItem, ReviewState
from pipeline.store.opening import Store


def unknown(read: DocumentReading, *pages: int) -> DocumentReading:
    """A reading in which some pages are of no known form, and the forms on them are not there."""
    kept = [form for form in read.forms if not set(form.pages) & set(pages)]
    told = [
        PageReading(page.page, PageKind.UNKNOWN, match=0.4, nearest="psf_2021", residual=0.9)
        if page.page in pages
        else page
        for page in read.pages
    ]
    return DocumentReading(tuple(told), tuple(kept), DocumentStatus.DONE)


def by(reading: DocumentReading) -> ReadAll:
    def read_all(documents: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, DocumentReading]]:
        return ((document, reading) for document, _ in documents)

    return read_all


@pytest.fixture
def waiting(store: Store, tmp_path: Path) -> int:
    """A document whose two pages no form was known for."""
    import_registry(store, tmp_path)
    document = arrive(store, tmp_path, b"a form that nobody knows", "0001.tif")
    outcome = process(store, document, always(unknown(psf(), 1, 2)))
    assert outcome is not None
    return outcome.document_id


def again(store: Store, *documents: int) -> list[Reread]:
    return list(reprocess(store, documents, by(psf())))


def state(store: Store, document_id: int) -> tuple[str, list[str], list[tuple[str, list[str]]]]:
    with Session(store.engine) as session:
        document = session.get_one(Document, document_id)
        items = [(str(item.state), list(item.reasons)) for item in document.review_items]
        return str(document.state), [form.route.route for form in document.forms], items


def test_an_unknown_revision_waits_with_the_best_guess_and_how_far_it_is_off(store: Store, waiting: int) -> None:
    assert state(store, waiting) == ("queued", [], [("waiting", ["unknown_form"])])
    with Session(store.engine) as session:
        page = session.get_one(Document, waiting).pages[0]
        assert (page.nearest, page.match, page.residual) == ("psf_2021", 0.4, 0.9)
        assert waiting_unknown(session) == [waiting]


def test_what_waited_is_read_and_judged_after_the_form_was_taught(store: Store, waiting: int) -> None:
    (found,) = again(store, waiting)
    assert (found.pages, found.known, found.forms, found.routes) == (2, 2, ("psf_2021",), ("accept",))
    assert state(store, waiting) == ("stored", ["accept"], [("done", ["unknown_form"])])
    with Session(store.engine) as session:
        assert waiting_unknown(session) == []
        assert [line.action for line in session.query(AuditLine).order_by(AuditLine.id)][-1] == "read again"
        assert audit.verify(session) is None
    assert again(store, waiting) == [Reread(waiting, 0, 0, (), ())]  # and not once more


def test_pages_that_are_still_unknown_go_on_waiting(store: Store, waiting: int) -> None:
    (found,) = list(reprocess(store, [waiting], by(unknown(psf(), 1, 2))))
    assert (found.known, found.forms) == (0, ())
    assert state(store, waiting) == ("queued", [], [("waiting", ["unknown_form"])])


def test_what_a_person_has_in_hand_is_left_to_them(store: Store, waiting: int) -> None:
    with Session(store.engine) as session, session.begin():
        item = session.query(ReviewItem).one()
        item.state, item.claimed_by = ReviewState.CLAIMED, "ann"
    assert again(store, waiting) == [Reread(waiting, 2, 0, (), ())]
    with Session(store.engine) as session:
        assert waiting_unknown(session) == []


def test_what_a_person_decided_stays(store: Store, waiting: int) -> None:
    with Session(store.engine) as session, session.begin():
        item = session.query(ReviewItem).one()
        item.state = ReviewState.DONE
    assert again(store, waiting) == [Reread(waiting, 2, 0, (), ())]
    assert state(store, waiting)[1] == []


def test_forms_that_were_read_before_are_not_touched(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    first = psf()
    later = psf(anc_draw_date="2022-07-13")
    both = DocumentReading((*first.pages, PageReading(3, PageKind.UNKNOWN)), first.forms, DocumentStatus.DONE)
    document = arrive(store, tmp_path, b"a known form and a page of another", "0001.tif")
    assert process(store, document, always(both)) is not None
    with Session(store.engine) as session:
        before = [(reading.field, reading.value) for reading in session.get_one(Document, document).forms[0].readings]
    (found,) = list(reprocess(store, [document], by(later)))  # reads pages 1 and 2 otherwise, and page 3 not at all
    assert (found.pages, found.known) == (1, 0)
    with Session(store.engine) as session:
        (form,) = session.get_one(Document, document).forms
        assert [(reading.field, reading.value) for reading in form.readings] == before
