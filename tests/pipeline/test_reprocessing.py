"""Waiting faxes are read again after a form was taught; nothing that was decided is touched.

Readings are given (papers.py), so that no picture has to be read: first a page is unknown, then it is a form's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from papers import MONTHLY, always, arrive, document, doubtful, form, import_registry, psf
from sqlalchemy.orm import Session, object_session

from extractors.definition_files import BLANK, GEOMETRY, MEANING, SHIPPED, load_geometry, load_meaning
from extractors.definition_saving import save_definition
from extractors.reading import DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline.process import process
from pipeline.reprocessing import ReadAll, Reread, reprocess, waiting_again
from pipeline.review.writing import write
from pipeline.store import audit
from pipeline.store.models import AuditLine, Document, ReviewItem, ReviewState
from pipeline.store.opening import Store


def unknown(read: DocumentReading, *pages: int) -> DocumentReading:
    """A reading in which some pages are of no known form, and the forms on them are not there."""
    kept = [one for one in read.forms if not set(one.pages) & set(pages)]
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
    received = arrive(store, tmp_path, b"a form that nobody knows", "0001.tif")
    outcome = process(store, received, always(unknown(psf(), 1, 2)))
    assert outcome is not None
    return outcome.document_id


def again(store: Store, *documents: int) -> list[Reread]:
    return list(reprocess(store, documents, by(psf())))


def state(store: Store, document_id: int) -> tuple[str, list[str], list[tuple[str, list[str]]]]:
    with Session(store.engine) as session:
        read = session.get_one(Document, document_id)
        items = [(str(item.state), list(item.reasons)) for item in read.review_items]
        return str(read.state), [one.route.route for one in read.forms], items


def test_an_unknown_revision_waits_with_the_best_guess_and_how_far_it_is_off(store: Store, waiting: int) -> None:
    assert state(store, waiting) == ("queued", [], [("waiting", ["unknown_form"])])
    with Session(store.engine) as session:
        page = session.get_one(Document, waiting).pages[0]
        assert (page.nearest, page.match, page.residual) == ("psf_2021", 0.4, 0.9)
        assert waiting_again(session) == [waiting]


def test_what_waited_is_read_and_judged_after_the_form_was_taught(store: Store, waiting: int) -> None:
    (found,) = again(store, waiting)
    assert (found.pages, found.known, found.forms, found.routes) == (2, 2, ("psf_2021",), ("accept",))
    assert state(store, waiting) == ("stored", ["accept"], [("done", ["unknown_form"])])
    with Session(store.engine) as session:
        assert waiting_again(session) == []
        assert [line.action for line in session.query(AuditLine).order_by(AuditLine.id)][-1] == "read again"
        assert audit.verify(session) is None
    assert again(store, waiting) == [Reread(waiting, 0, 0, 0, (), ())]  # and not once more


def test_pages_that_are_still_unknown_go_on_waiting(store: Store, waiting: int) -> None:
    (found,) = list(reprocess(store, [waiting], by(unknown(psf(), 1, 2))))
    assert (found.known, found.forms) == (0, ())
    assert state(store, waiting) == ("queued", [], [("waiting", ["unknown_form"])])


def test_what_a_person_has_in_hand_is_left_to_them(store: Store, waiting: int) -> None:
    with Session(store.engine) as session, session.begin():
        item = session.query(ReviewItem).one()
        item.state, item.claimed_by = ReviewState.CLAIMED, "ann"
    assert again(store, waiting) == [Reread(waiting, 2, 0, 0, (), ())]
    with Session(store.engine) as session:
        assert waiting_again(session) == []


def test_what_a_person_decided_stays(store: Store, waiting: int) -> None:
    with Session(store.engine) as session, session.begin():
        item = session.query(ReviewItem).one()
        item.state = ReviewState.DONE
    assert again(store, waiting) == [Reread(waiting, 2, 0, 0, (), ())]
    assert state(store, waiting)[1] == []


def test_forms_that_were_read_before_are_not_touched(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    first = psf()
    later = psf(anc_draw_date="2022-07-13")
    both = DocumentReading((*first.pages, PageReading(3, PageKind.UNKNOWN)), first.forms, DocumentStatus.DONE)
    received = arrive(store, tmp_path, b"a known form and a page of another", "0001.tif")
    assert process(store, received, always(both)) is not None
    with Session(store.engine) as session:
        before = [(reading.field, reading.value) for reading in session.get_one(Document, received).forms[0].readings]
    (found,) = list(reprocess(store, [received], by(later)))  # reads pages 1 and 2 otherwise, and page 3 not at all
    assert (found.pages, found.known) == (1, 0)
    with Session(store.engine) as session:
        (known,) = session.get_one(Document, received).forms
        assert [(reading.field, reading.value) for reading in known.readings] == before


CORRECTED = "psf_2021_r2"


def correct_the_form(store: Store) -> None:
    """A revision that corrects the shipped one: of the same blank, with the same fields."""
    folder = SHIPPED / "psf_2021"
    meaning = load_meaning(folder / MEANING).model_copy(update={"form_id": CORRECTED, "replaces": "psf_2021"})
    blank = (folder / BLANK).read_bytes()
    save_definition(store.settings.taught_forms, load_geometry(folder / GEOMETRY), meaning, blank, "Corrected.")


def by_the_corrected() -> ReadAll:
    return by(document(form(CORRECTED, MONTHLY)))


@pytest.fixture
def in_doubt(store: Store, tmp_path: Path) -> int:
    """A form that waits, since its revision has a box in the wrong place and nobody is sure of what was read there."""
    import_registry(store, tmp_path)
    received = arrive(store, tmp_path, b"a form of a faulty revision", "0001.tif")
    assert process(store, received, always(doubtful(psf(anc_value="23"), "anc_value"))) is not None
    return received


def test_a_form_that_waits_is_read_again_by_the_revision_that_corrects_its_own(store: Store, in_doubt: int) -> None:
    with Session(store.engine) as session:
        assert waiting_again(session) == []
    correct_the_form(store)
    with Session(store.engine) as session:
        assert waiting_again(session) == [in_doubt]
    told = Reread(in_doubt, 0, 0, 1, (CORRECTED,), ("accept",))
    assert list(reprocess(store, [in_doubt], by_the_corrected())) == [told]
    with Session(store.engine) as session:
        read = session.get_one(Document, in_doubt)
        old, new = read.forms
        assert (old.form_id, old.route.route, new.form_id, new.route.route) == (
            "psf_2021",
            "rearranged",
            CORRECTED,
            "accept",
        )
        assert {page.form for page in read.pages} == {new.position}
        values = [next(r.value for r in one.readings if r.field == "anc_value") for one in (old, new)]
        assert values == ["23", "2300"]  # what was read before is kept
        assert [item.state for item in read.review_items] == [ReviewState.DONE]
        assert read.state == "stored"
        line = session.query(AuditLine).filter_by(action="read again").one()
        assert (line.before, line.after) == (
            {"item": None, "forms": [old.id]},
            {"pages": [1, 2], "forms": [CORRECTED], "routes": ["accept"]},
        )
        assert audit.verify(session) is None
        assert waiting_again(session) == []


def claim(item: ReviewItem) -> None:
    item.state, item.claimed_by = ReviewState.CLAIMED, "ann"


def begin(item: ReviewItem) -> None:
    item.draft = {"values": {"anc_value": "2400"}, "illegible": []}


def confirm(item: ReviewItem) -> None:
    session = object_session(item)
    assert session is not None
    write(session, item.document.forms[0], {"patient_zip": "10001"}, "ann", "seen")


def decide(item: ReviewItem) -> None:
    item.state = ReviewState.DONE


@pytest.mark.parametrize("touch", [claim, begin, confirm, decide])
def test_a_form_that_a_person_has_touched_is_not_read_again(
    store: Store, in_doubt: int, touch: Callable[[ReviewItem], None]
) -> None:
    correct_the_form(store)
    with Session(store.engine) as session, session.begin():
        touch(session.query(ReviewItem).one())
    before = state(store, in_doubt)
    with Session(store.engine) as session:
        assert waiting_again(session) == []
    assert list(reprocess(store, [in_doubt], by_the_corrected())) == [Reread(in_doubt, 0, 0, 0, (), ())]
    assert state(store, in_doubt) == before


def test_a_form_that_was_accepted_keeps_the_revision_that_it_was_read_by(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    received = arrive(store, tmp_path, b"a form in order", "0001.tif")
    assert process(store, received, always(psf())) is not None
    correct_the_form(store)
    with Session(store.engine) as session:
        assert waiting_again(session) == []
    assert list(reprocess(store, [received], by_the_corrected())) == [Reread(received, 0, 0, 0, (), ())]
    with Session(store.engine) as session:
        assert [one.form_id for one in session.get_one(Document, received).forms] == ["psf_2021"]


def test_a_form_that_another_would_only_cover_in_part_goes_on_waiting(store: Store, in_doubt: int) -> None:
    correct_the_form(store)
    one = form(CORRECTED, MONTHLY)
    half = DocumentReading(
        (*document(one).pages[:1], PageReading(2, PageKind.UNKNOWN)),
        (replace(one, pages=(1,), missing_pages=(2,)),),
        DocumentStatus.DONE,
    )
    before = state(store, in_doubt)
    assert list(reprocess(store, [in_doubt], by(half))) == [Reread(in_doubt, 0, 0, 0, (), ())]
    assert state(store, in_doubt) == before
