"""Page accounting on both databases: real files, counted by others than their readers; and what does not add up."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from papers import always, arrive, broken, form, import_registry
from PIL import Image
from sqlalchemy import delete
from sqlalchemy.orm import Session

from extractors.errors import DamagedFile
from extractors.limits import Limits
from extractors.opening.counting import count_pages
from extractors.opening.document import open_pages
from extractors.reading import DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline import originals
from pipeline.accounting import account
from pipeline.process import process
from pipeline.store.models import Page
from pipeline.store.opening import Store

REPOSITORY = Path(__file__).resolve().parents[2]


def tiff(pages: int, mark: int = 0) -> bytes:
    """A TIFF of so many white pages; `mark` makes its bytes others."""
    sheets = [Image.new("1", (64 + mark, 64), 1) for _ in range(pages)]
    data = io.BytesIO()
    sheets[0].save(data, "TIFF", save_all=True, append_images=sheets[1:])
    return data.getvalue()


def psf_and(*kinds: PageKind) -> DocumentReading:
    """A PSF of two pages, then pages of those kinds."""
    one = form("psf_2021", {})
    of_form = [PageReading(n, PageKind.FORM, form=0, form_id="psf_2021", form_page=n) for n in (1, 2)]
    others = [PageReading(n, kind) for n, kind in enumerate(kinds, start=3)]
    return DocumentReading((*of_form, *others), (one,), DocumentStatus.DONE)


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    """Three documents of five files: one read, one that failed, one that waits."""
    import_registry(store, tmp_path)
    read = arrive(store, tmp_path, tiff(5), "1.tif")
    arrive(store, tmp_path, tiff(5), "again.tif")
    process(store, read, always(psf_and(PageKind.COVER, PageKind.BLANK, PageKind.UNKNOWN)))
    failed = arrive(store, tmp_path, tiff(3, mark=1), "2.tif")
    process(store, failed, broken(DamagedFile("open", "damaged")))
    process(store, arrive(store, tmp_path, b"no picture at all", "3.tif"), broken(DamagedFile("open", "damaged")))
    arrive(store, tmp_path, tiff(2, mark=2), "4.tif")
    return store


def test_every_page_that_came_in_has_its_place(filled: Store) -> None:
    accounts = account(filled)
    assert (accounts.files, accounts.documents, accounts.repeated) == (5, 4, 1)
    assert accounts.pages_in == 5 + 3 + 1 + 2
    told = {place: number for place, number in accounts.pages.items() if number}
    assert told == {"form": 2, "cover": 1, "blank": 1, "unknown": 1, "failed": 4, "waiting": 2}
    assert accounts.adds_up


def test_a_page_that_was_lost_is_found_out(filled: Store) -> None:
    with Session(filled.engine) as session, session.begin():
        session.execute(delete(Page).where(Page.kind == PageKind.UNKNOWN))
    accounts = account(filled)
    assert not accounts.adds_up
    assert accounts.wrong == [(1, "5 pages came in, 4 have a place")]


def test_a_page_that_was_never_read_is_found_out(store: Store, tmp_path: Path) -> None:
    import_registry(store, tmp_path)
    process(store, arrive(store, tmp_path, tiff(4)), always(psf_and(PageKind.COVER)))
    assert account(store).wrong == [(1, "4 pages came in, 3 have a place")]


def test_an_original_that_is_gone_is_found_out_and_one_that_was_removed_is_not(filled: Store, tmp_path: Path) -> None:
    with Session(filled.engine) as session:
        hashes = {page.document.id: page.document.sha256 for page in session.query(Page)}
    filled.originals.shelf.remove(originals.name_of(hashes[1]))
    ((document, why),) = account(filled).wrong
    assert document == 1
    assert "not in the store" in why
    arrive(filled, tmp_path, tiff(5), "back.tif")
    originals.remove(filled.originals, hashes[1])
    assert account(filled).adds_up


def test_pages_are_counted_in_every_kind_of_file() -> None:
    blank = REPOSITORY / "samples" / "blanks" / "psf_2021.pdf"
    assert count_pages(blank.read_bytes()) == 2
    assert [count_pages(tiff(n)) for n in (1, 7)] == [1, 7]
    photo = io.BytesIO()
    sheet, preview = Image.new("L", (850, 1100), 255), Image.new("L", (85, 110), 255)
    sheet.save(photo, "MPO", save_all=True, append_images=[preview])  # as phones write a JPEG with its preview
    assert count_pages(photo.getvalue()) == len(list(open_pages(photo.getvalue(), Limits()))) == 1
    assert [count_pages(data) for data in (b"", b"%PDF-1.4", b"II*\x00", b"\x89PNG\r\n\x1a\n")] == [None] * 4
