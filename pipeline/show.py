"""A page as it came in, upright, with every field's place, value and doubt drawn on it."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.geometry import PIXELS_PER_POINT, Box, Grey
from extractors.limits import Limits
from extractors.opening.document import open_page
from pipeline import originals
from pipeline.errors import NotThere
from pipeline.store.engine import read_only
from pipeline.store.models import FieldReading, Form, Page
from pipeline.store.opening import Store

SURE, DOUBTFUL, EMPTY, NOTE = "#0a7d32", "#c2410c", "#64748b", "#1d4ed8"
Point = tuple[float, float]

TEXT_POINTS = 7.0
"""Height of what is written beside a field: small enough to fit between two lines of a form."""


def draw(store: Store, document_id: int, page_number: int) -> bytes:
    """The page (1-based) as PNG: green what is sure, orange with a question mark what is doubtful, grey what is empty.

    Raises:
        NotThere: there is no such document or page, or nothing of it could be decoded.
        DocumentError: the document cannot be opened.
        OriginalDamaged: the original is gone or changed.
    """
    with Session(read_only(store.engine)) as session:
        page = session.scalar(select(Page).filter_by(document_id=document_id, page=page_number))
        if page is None:
            raise NotThere(f"document {document_id} has no page {page_number}, or has not been read yet")
        data = originals.fetch(store.originals, page.document.sha256)
        grey = upright(data, page.page, page.rotated, store.settings.limits)
        picture = Image.fromarray(grey).convert("RGB")
        pen = ImageDraw.Draw(picture)
        if page.to_blank is None:
            _write(pen, (10, 10), f"page {page.page}: {page.kind}", NOTE)
        else:
            for reading in _readings(session, page):
                corners = on_page(Box(*reading.box), page.to_blank)
                _draw_reading(pen, reading, [turned(corner, picture.size, page.rotated) for corner in corners])
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()


def upright(data: bytes, number: int, rotated: int, limits: Limits) -> Grey:
    """A page of a document at the working resolution, that stood turned clockwise by `rotated` degrees, turned back.

    Raises:
        NotThere: there is no such page, or nothing of it could be decoded.
    """
    opened = open_page(data, limits, number)
    if opened is None:
        raise NotThere(f"page {number} is not in the original")
    if opened.grey is None:
        raise NotThere(f"page {number} could not be decoded")
    return np.rot90(opened.grey, rotated // 90)  # np.rot90 turns it back


def _readings(session: Session, page: Page) -> list[FieldReading]:
    form = session.scalar(select(Form).filter_by(document_id=page.document_id, position=page.form))
    return [reading for reading in form.readings if reading.page == page.page] if form else []


def on_page(box: Box, to_blank: Sequence[float]) -> list[Point]:
    """The box's corners from the blank (points) to the page as it came in (pixels), in drawing order."""
    to_page = np.linalg.inv(np.array([to_blank[:3], to_blank[3:], [0, 0, 1]]))
    corners = np.array([(box.x0, box.y0, 1), (box.x1, box.y0, 1), (box.x1, box.y1, 1), (box.x0, box.y1, 1)])
    return [(float(x), float(y)) for x, y, _ in corners @ to_page.T * PIXELS_PER_POINT]


def turned(point: Point, size: tuple[int, int], rotated: int) -> Point:
    """Where a point of the page as it came in lies once the page is turned back (pixels); `size`: its size then."""
    width, height = size if rotated % 180 == 0 else size[::-1]
    x, y = point
    for _ in range(rotated // 90):
        x, y = y, width - x
        width, height = height, width
    return x, y


def _draw_reading(pen: ImageDraw.ImageDraw, reading: FieldReading, corners: list[Point]) -> None:
    colour = DOUBTFUL if reading.doubtful else EMPTY if reading.value is None else SURE
    pen.polygon(corners, outline=colour, width=2)
    text = _value_text(reading)
    if text:
        left, top = corners[0]
        _write(pen, (left, top - TEXT_POINTS * PIXELS_PER_POINT), text, colour)


def _value_text(reading: FieldReading) -> str:
    """The value as a person reads it, with its confidence where it is doubtful."""
    match reading.value:
        case True:
            text = "yes"
        case None | False:
            text = ""
        case list():
            text = " + ".join(map(str, reading.value))
        case _:
            text = str(reading.value)
    return f"{text} ? {reading.confidence:.0%} {reading.why}".strip() if reading.doubtful else text


def _write(pen: ImageDraw.ImageDraw, place: Point, text: str, colour: str) -> None:
    font = ImageFont.load_default(size=TEXT_POINTS * PIXELS_PER_POINT)
    pen.rectangle(pen.textbbox(place, text, font=font), fill="#ffffffcc")
    pen.text(place, text, fill=colour, font=font)
