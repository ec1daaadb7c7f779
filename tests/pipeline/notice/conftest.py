"""A notice to lay out, and originals to take pictures from."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pypdfium2
import pytest
from papers import RECEIVED, always, arrive, psf
from PIL import Image, ImageDraw

from extractors.geometry import PIXELS_PER_POINT, WORKING_DPI, Box
from extractors.reading import Value
from pipeline.deciding import definitions
from pipeline.notice.notice import Notice, Point
from pipeline.process import process
from pipeline.store.opening import Store

BOXES = [
    ("Section 5 (ANC results)", "The baseline ANC is older than 30 days. Please send a newer one."),
    ("Section 7 (Treatment status)", "Please tick one box alone: Treatment status."),
    ("Section 9 (Submitter and signature)", "Please send the form again with: Prescriber signature."),
]


@pytest.fixture
def kind() -> str:
    """SQLite alone: a notice asks nothing of the database that other tests do not ask of both kinds."""
    return "sqlite"


@pytest.fixture
def notice() -> Callable[[int], Notice]:
    """A notice with that many points."""

    def with_points(count: int) -> Notice:
        points = tuple(Point(*BOXES[n % len(BOXES)], picture=f"field_{n}") for n in range(count))
        return Notice(
            sender="Clozapine REMS Contact Center",
            contact="Phone 888-586-0758, fax 800-878-5927",
            title="Please complete your form",
            to="Ada Moss",
            fax="555-555-0101",
            date="July 16, 2022",
            reference="3F2A91C0",
            received="July 15, 2022",
            form="Patient Status Form (PSF)",
            patient="C. L.",
            opening="We received your form and cannot accept it yet. Please see to this:",
            points=points,
            what_to_do="Please complete or correct the form, sign and date it, and fax all pages to 800-878-5927.",
            questions="Questions? Call 888-586-0758 and name document 3F2A91C0.",
            confidential="Confidential. If you are not the addressee, please call us and destroy this page.",
        )

    return with_points


@pytest.fixture
def faxed_psf(store: Store, tmp_path: Path) -> Callable[..., int]:
    """Take in a blank PSF as TIFF with some fields painted black, and read as given; the document's id."""

    def fax(black: Iterable[str] = (), name: str = "0001.tif", **values: Value) -> int:
        file = io.BytesIO()
        first, *others = _pages(set(black))
        first.save(file, "TIFF", save_all=True, append_images=others, dpi=(WORKING_DPI, WORKING_DPI))
        document_id = arrive(store, tmp_path, file.getvalue(), name, RECEIVED)
        assert process(store, document_id, always(psf(**values))) is not None
        return document_id

    return fax


def _pages(painted: set[str]) -> list[Image.Image]:
    definition = definitions()["psf_2021"]
    pages = []
    with pypdfium2.PdfDocument(definition.blank) as pdf:
        for number, page in enumerate(pdf, start=1):
            picture = page.render(scale=PIXELS_PER_POINT).to_pil().convert("L")
            pen = ImageDraw.Draw(picture)
            for field in definition.fields_on(number):
                if field.name in painted:
                    pen.rectangle(_pixels(field.box), fill=0)
            pages.append(picture)
    return pages


def _pixels(box: Box) -> list[float]:
    return [edge * PIXELS_PER_POINT for edge in box.as_list()]
