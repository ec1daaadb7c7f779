"""The page with its reading drawn on it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from papers import always, arrive, doubtful, psf
from PIL import Image

from extractors.geometry import PIXELS_PER_POINT
from extractors.reading import Affine, DocumentReading, DocumentStatus, PageKind, PageReading
from pipeline.errors import NotThere
from pipeline.process import process
from pipeline.show import DOUBTFUL, NOTE, draw
from pipeline.store.opening import Store

LETTER = (1700, 2200)
"""Pixels of a letter page at 200 dpi."""


def fax(size: tuple[int, int]) -> bytes:
    """An empty white page as a PNG at 200 dpi."""
    png = io.BytesIO()
    Image.new("L", size, 255).save(png, "PNG", dpi=(200, 200))
    return png.getvalue()


def shown(store: Store, folder: Path, read: DocumentReading, size: tuple[int, int] = LETTER) -> np.ndarray:
    document_id = arrive(store, folder, fax(size))
    assert process(store, document_id, always(read)) is not None
    return np.asarray(Image.open(io.BytesIO(draw(store, document_id, 1))))


def turned(read: DocumentReading, rotated: int, to_blank: Affine) -> DocumentReading:
    return replace(read, pages=tuple(replace(page, rotated=rotated, to_blank=to_blank) for page in read.pages))


def lower_left(picture: np.ndarray, colour: str) -> tuple[float, float]:
    """The lower left corner of what is drawn in a colour, in points."""
    rows, columns = np.nonzero((picture == [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2))
    return float(columns.min()) / PIXELS_PER_POINT, float(rows.max()) / PIXELS_PER_POINT


@pytest.mark.parametrize(
    ("rotated", "to_blank", "size"),
    [
        (0, (1, 0, 0, 0, 1, 0), LETTER),
        (180, (-1, 0, 612, 0, -1, 792), LETTER),
        (90, (0, 1, 0, -1, 0, 792), LETTER[::-1]),
        (270, (0, -1, 612, 1, 0, 0), LETTER[::-1]),
    ],
)
def test_a_field_is_drawn_where_it_stands_however_the_page_lay(
    store: Store, tmp_path: Path, rotated: int, to_blank: Affine, size: tuple[int, int]
) -> None:
    read = doubtful(psf(), "anc_value")
    picture = shown(store, tmp_path, turned(read, rotated, to_blank), size)
    assert picture.shape == (LETTER[1], LETTER[0], 3)
    box = read.forms[0].readings["anc_value"].box
    assert lower_left(picture, DOUBTFUL) == pytest.approx((box.x0, box.y1), abs=1.5)


def test_a_page_that_is_no_form_is_shown_as_what_it_is(store: Store, tmp_path: Path) -> None:
    cover = DocumentReading((PageReading(1, PageKind.COVER),), (), DocumentStatus.DONE)
    picture = shown(store, tmp_path, cover)
    assert lower_left(picture, NOTE) == pytest.approx((10 / PIXELS_PER_POINT, 10 / PIXELS_PER_POINT), abs=10)


def test_what_is_not_there_cannot_be_shown(store: Store, tmp_path: Path) -> None:
    document_id = arrive(store, tmp_path, fax(LETTER))
    with pytest.raises(NotThere, match="not been read"):
        draw(store, document_id, 1)
    assert process(store, document_id, always(psf())) is not None
    with pytest.raises(NotThere, match="not in the original"):
        draw(store, document_id, 2)
