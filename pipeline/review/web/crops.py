"""What is written in a field as a picture of its own, and many such pictures on one contact sheet."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw
from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.definition import Field
from extractors.fields import CROP_MARGIN
from extractors.geometry import PIXELS_PER_POINT, Box
from pipeline.errors import NotThere
from pipeline.review.grouping import WHOLE
from pipeline.review.web.pictures import picture_of, place_of
from pipeline.store.models import FieldReading, Form, Page
from pipeline.store.opening import Store

CELL_SURROUNDINGS = 2.0
"""Points around a comb's cell that are shown with it."""

CONTEXT = (170.0, 60.0)
"""Points beside, and above and below a field that are shown as its surroundings."""

FRAME = "#c1121f"

Size = tuple[int, int]
"""Width and height in pixels."""


def crop_box(field: Field, cell: int) -> Box:
    """What is shown of a field, or of one cell of its comb (points)."""
    return field.box.grown(CROP_MARGIN) if cell == WHOLE else field.cells[cell - 1].grown(CELL_SURROUNDINGS)


def crop_size(field: Field, cell: int) -> Size:
    """Its size on the working grid."""
    box = crop_box(field, cell)
    return round(box.width * PIXELS_PER_POINT), round(box.height * PIXELS_PER_POINT)


def crop_picture(session: Session, store: Store, form: Form, field: Field, cell: int = WHOLE) -> Image.Image:
    """The ink of a field or cell: the crop that was kept when it was read, else cut from its page.

    Raises:
        NotThere, DocumentError, OriginalDamaged: nothing of it can be shown.
    """
    reading = next(reading for reading in form.readings if reading.field == field.name)
    around, wanted = Box(*reading.box).grown(CROP_MARGIN), crop_box(field, cell)
    whole = _kept(reading) or _from_page(session, store, form, reading, around)
    across, down = whole.width / around.width, whole.height / around.height
    left, top = (wanted.x0 - around.x0) * across, (wanted.y0 - around.y0) * down
    part = whole.crop(
        (round(left), round(top), round(left + wanted.width * across), round(top + wanted.height * down))
    )  # fmt: skip
    return part.resize(crop_size(field, cell))


def surroundings(session: Session, store: Store, form: Form, field: Field) -> Image.Image:
    """The field on its page, framed, with what stands around it.

    Raises:
        NotThere, DocumentError, OriginalDamaged: nothing of it can be shown.
    """
    reading = next(reading for reading in form.readings if reading.field == field.name)
    picture, around = _on_page(session, store, form, reading, Box(*reading.box).grown(*CONTEXT))
    _, place = _on_page(session, store, form, reading, Box(*reading.box).grown(CROP_MARGIN))
    picture = picture.convert("RGB")
    ImageDraw.Draw(picture).rectangle(place, outline=FRAME, width=3)
    left, top, right, bottom = around
    return picture.crop((max(0, left), max(0, top), min(picture.width, right), min(picture.height, bottom)))


def no_picture(size: Size) -> Image.Image:
    """What stands in the place of a crop of which nothing can be shown: a crossed-out tile."""
    picture = Image.new("L", size, 225)
    pen = ImageDraw.Draw(picture)
    pen.line([(0, 0), size], fill=0, width=3)
    pen.line([(0, size[1]), (size[0], 0)], fill=0, width=3)
    return picture


def contact_sheet(pictures: Sequence[Image.Image], tile: Size, columns: int) -> bytes:
    """The pictures in rows, each in the middle of a tile, as PNG."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("L", (tile[0] * columns, tile[1] * rows), 255)
    for number, picture in enumerate(pictures):
        left, top = number % columns * tile[0], number // columns * tile[1]
        sheet.paste(picture, (left + (tile[0] - picture.width) // 2, top + (tile[1] - picture.height) // 2))
    return png(sheet)


def png(picture: Image.Image) -> bytes:
    """As PNG."""
    written = io.BytesIO()
    picture.save(written, "PNG", compress_level=4)
    return written.getvalue()


def _kept(reading: FieldReading) -> Image.Image | None:
    return Image.open(io.BytesIO(reading.crop)).convert("L") if reading.crop else None


def _from_page(session: Session, store: Store, form: Form, reading: FieldReading, around: Box) -> Image.Image:
    size = (round(around.width * PIXELS_PER_POINT), round(around.height * PIXELS_PER_POINT))
    picture, region = _on_page(session, store, form, reading, around)
    return picture.crop(region).resize(size)


def _on_page(
    session: Session, store: Store, form: Form, reading: FieldReading, box: Box
) -> tuple[Image.Image, tuple[int, int, int, int]]:  # fmt: skip
    """The page that the field stands on, and where on it a box of the blank lies: left, top, right, bottom pixel."""
    page = session.scalar(select(Page).filter_by(document_id=form.document_id, page=reading.page))
    picture = None if page is None else picture_of(store, page)
    place = None if page is None or picture is None else place_of(box, page, picture)
    if picture is None or place is None:
        raise NotThere("nothing of this field can be shown")
    xs, ys = [x for x, _ in place.corners], [y for _, y in place.corners]
    region = (round(min(xs)), round(min(ys)), round(max(xs)), round(max(ys)))
    return Image.open(io.BytesIO(picture.png)), region
