"""A blank with every learnt field drawn and numbered on it; what is unsure is dashed and has a question mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from PIL import ImageDraw, ImageFont

from extractors.definition_drawing import COLOURS, PIXELS_PER_POINT, pixels, png_of, rendered
from extractors.geometry import Box
from extractors.learning.draft import DraftField
from extractors.learning.learn import Draft

NUMBER_SIZE = 13  # pixels
DASH = 7  # pixels
UNSURE = "#d9480f"


def draw_draft(draft: Draft) -> Iterator[bytes]:
    """Draw the pages of a draft, one after the other.

    Returns:
        PNGs at 144 dots per inch; the numbers are those of the fields in the draft's order, from 1.
    """
    for sheet in draft.sheets:
        picture = rendered(draft.blank, sheet.number)
        pen = ImageDraw.Draw(picture, "RGBA")
        for position, field in enumerate(draft.fields, start=1):
            if field.page == sheet.number:
                _draw(pen, field, position)
        yield png_of(picture)


def _draw(pen: ImageDraw.ImageDraw, field: DraftField, position: int) -> None:
    colour = UNSURE if field.doubts else COLOURS[field.kind]
    boxes = [option.box for option in field.options] or [field.box]
    for box in boxes:
        _frame(pen, pixels(box), colour, dashed=bool(field.doubts))
    for edge in field.cell_edges[1:-1]:
        x = round(edge * PIXELS_PER_POINT)
        _, top, _, bottom = pixels(field.box)
        pen.line((x, top, x, bottom), fill=colour)
    for one, other in pairwise(boxes):  # the boxes of one choice hang together
        (x0, y0), (x1, y1) = _middle(one), _middle(other)
        pen.line((x0, y0, x1, y1), fill=colour + "66", width=2)
    _number(pen, boxes[0], f"{position}{'?' if field.doubts else ''}", colour)


def _frame(pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: str, *, dashed: bool) -> None:
    left, top, right, bottom = box
    if not dashed:
        pen.rectangle(box, outline=colour, width=2)
        return
    for x in range(left, right, 2 * DASH):
        for y in (top, bottom):
            pen.line((x, y, min(x + DASH, right), y), fill=colour, width=2)
    for y in range(top, bottom, 2 * DASH):
        for x in (left, right):
            pen.line((x, y, x, min(y + DASH, bottom)), fill=colour, width=2)


def _number(pen: ImageDraw.ImageDraw, box: Box, number: str, colour: str) -> None:
    """A small flag at the box's left end, beside it where the box is small."""
    font = ImageFont.load_default(NUMBER_SIZE)
    left, top, *_ = pixels(box)
    wide = round(pen.textlength(number, font=font)) + 6
    x = left - wide - 1 if left > wide + 4 else left
    pen.rectangle((x, top, x + wide, top + NUMBER_SIZE + 3), fill=colour)
    pen.text((x + 3, top + 1), number, fill="white", font=font)


def _middle(box: Box) -> tuple[int, int]:
    left, top, right, bottom = pixels(box)
    return (left + right) // 2, (top + bottom) // 2


def rows_of(fields: Sequence[DraftField]) -> list[tuple[object, ...]]:
    """The fields as lines of a table: number, page, name, kind, required, options or cells, label, what is unsure."""
    return [
        (
            position,
            field.page,
            field.name,
            field.kind,
            field.required,
            ", ".join(option.name for option in field.options)
            or (f"{len(field.cell_edges) - 1} cells" if field.cell_edges else ""),
            field.label,
            "; ".join(field.doubts),
        )
        for position, field in enumerate(fields, start=1)
    ]
