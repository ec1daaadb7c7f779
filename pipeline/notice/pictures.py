"""The place on the page that a point is about: black on white, with nothing on it that identifies the patient."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from extractors.definition import Field, FieldKind, FormDefinition
from extractors.geometry import INK_LEVEL, PIXELS_PER_POINT, Box
from extractors.limits import Limits
from extractors.opening.document import open_page
from pipeline import originals
from pipeline.deciding import definitions
from pipeline.store import repository
from pipeline.store.engine import read_only
from pipeline.store.models import Form, Page
from pipeline.store.opening import Store
from validators.content import Content, from_readings

AROUND = (45.0, 13.0)
"""Points shown beside, and above and below a field: enough for its label."""

AROUND_A_BOX = (10.0, 110.0)
"""Points shown to the left and to the right of check boxes, whose words stand to the right."""

WIDEST = 290.0
"""Points of a page that a picture shows at most: with more it cannot be read on a fax."""

STRAY = 5.0
"""Points that handwriting may reach beyond its field."""

WRITTEN = (FieldKind.TEXT, FieldKind.DIGITS, FieldKind.DATE, FieldKind.FREE_TEXT)


def pictures(store: Store, form_pk: int, names: Sequence[str], content: Content | None = None) -> dict[str, bytes]:
    """A PNG (1 bit) of the place of each field, where it can be shown.

    `content`: what the form says by now, where that is not stored yet.

    Left out are fields that tell who the patient is, or may (free text), unless they are surely empty; where such a
    field lies beside the one shown it is made white. Left out too are fields on pages that were not laid on their
    blank, and names that are no field.

    Raises:
        OriginalDamaged: the original is gone or changed.
        DocumentError: the document cannot be opened.
    """
    with Session(read_only(store.engine)) as session:
        form = session.get_one(Form, form_pk)
        definition = definitions()[form.form_id]
        content = content or from_readings(repository.load_form(form), definition)
        wanted = [f for f in definition.fields if f.name in names and (not tells_who(f) or content.is_empty(f.name))]
        laid = {page.form_page: page for page in form.document.pages if page.form == form.position and page.to_blank}
        shown = [field for field in wanted if field.page in laid]
        if not shown:
            return {}
        data = originals.fetch(store.originals, form.document.sha256)
        pages = _pages(data, {laid[field.page].page for field in shown}, store.settings.limits)
        return {
            field.name: _picture(pages[laid[field.page].page], laid[field.page], field, definition)
            for field in shown
            if laid[field.page].page in pages
        }


def tells_who(field: Field) -> bool:
    """Whether what is written in the field identifies the patient, or may do so."""
    return (field.name.startswith("patient_") and field.kind in WRITTEN) or field.kind is FieldKind.FREE_TEXT


def _pages(data: bytes, numbers: set[int], limits: Limits) -> dict[int, Image.Image]:
    """The pages as they came in, at the working resolution; those that cannot be decoded are left out."""
    opened = {number: open_page(data, limits, number) for number in numbers}
    return {number: Image.fromarray(page.grey) for number, page in opened.items() if page and page.grey is not None}


def _picture(picture: Image.Image, page: Page, field: Field, definition: FormDefinition) -> bytes:
    region = _region(field, definition)
    size = (round(region.width * PIXELS_PER_POINT), round(region.height * PIXELS_PER_POINT))
    grey = picture.transform(
        size, Image.Transform.AFFINE, _to_page(region, page), Image.Resampling.BICUBIC, fillcolor=255
    )
    pen = ImageDraw.Draw(grey)
    for other in definition.fields_on(field.page):
        if tells_who(other) and other.name != field.name:
            hidden = other.box.grown(STRAY)
            corners = [hidden.x0 - region.x0, hidden.y0 - region.y0, hidden.x1 - region.x0, hidden.y1 - region.y0]
            pen.rectangle([edge * PIXELS_PER_POINT for edge in corners], fill=255)
    png = io.BytesIO()
    # black or white and nothing between: what is grey a fax loses or turns to dust
    grey.point(lambda level: 255 * (level >= INK_LEVEL), "1").save(png, "PNG")
    return png.getvalue()


def _region(field: Field, definition: FormDefinition) -> Box:
    """What of the page is shown (points on the blank)."""
    is_box = field.kind in (FieldKind.CHECKBOX, FieldKind.CHOICE)
    before, after = AROUND_A_BOX if is_box else (AROUND[0], AROUND[0])
    layout = next(page for page in definition.pages if page.number == field.page)
    left, right = max(0.0, field.box.x0 - before), min(layout.width, field.box.x1 + after)
    top, bottom = max(0.0, field.box.y0 - AROUND[1]), min(layout.height, field.box.y1 + AROUND[1])
    return Box(left, top, min(right, left + WIDEST), bottom)


def _to_page(region: Box, page: Page) -> tuple[float, ...]:
    """The affine that takes a pixel of the picture to its pixel on the page as it came in (Pillow's order)."""
    assert page.to_blank is not None  # noqa: S101 - only pages that were laid on their blank are drawn
    to_page = np.linalg.inv(np.array([page.to_blank[:3], page.to_blank[3:], [0, 0, 1]]))
    to_region = np.array([[1, 0, region.x0], [0, 1, region.y0], [0, 0, 1]]) @ np.diag(
        [1 / PIXELS_PER_POINT, 1 / PIXELS_PER_POINT, 1]
    )
    whole = np.diag([PIXELS_PER_POINT, PIXELS_PER_POINT, 1]) @ to_page @ to_region
    return tuple(float(number) for number in whole[:2].ravel())
