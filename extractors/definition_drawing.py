"""A blank page with its definition drawn on it, for people who check a new form revision."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont

from extractors.definition import Field, FieldKind, FormDefinition
from extractors.geometry import Box
from extractors.pdfium_turn import in_pdfium_turn

PIXELS_PER_POINT = 2.0
NAME_SIZE = 11  # pixels
COLOURS = {
    FieldKind.TEXT: "#1f6fb4",
    FieldKind.FREE_TEXT: "#1f6fb4",
    FieldKind.DIGITS: "#c8590a",
    FieldKind.DATE: "#2b8a3e",
    FieldKind.CHECKBOX: "#c2255c",
    FieldKind.CHOICE: "#c2255c",
    FieldKind.SIGNATURE: "#7048b6",
}


def draw_definition(definition: FormDefinition, page: int) -> bytes:
    """Draw every field of one page of the blank (1-based) with its name; a colour for each kind of field.

    Returns:
        A PNG at 144 dots per inch.

    Raises:
        IndexError: the form has no such page.
    """
    if not 1 <= page <= len(definition.pages):
        raise IndexError(f"{definition.form_id} has no page {page}")
    picture = rendered(definition.blank, page)
    pen = ImageDraw.Draw(picture)
    for field in definition.fields_on(page):
        _draw_field(pen, field)
    return png_of(picture)


@in_pdfium_turn
def rendered(blank: Path | bytes, page: int) -> Image.Image:
    """A page (1-based) of a PDF at 144 dots per inch, to be drawn on."""
    document = pdfium.PdfDocument(blank)
    try:
        picture: Image.Image = document[page - 1].render(scale=PIXELS_PER_POINT).to_pil()
        return picture.convert("RGB")
    finally:
        document.close()


def _draw_field(pen: ImageDraw.ImageDraw, field: Field) -> None:
    colour = COLOURS[field.kind]
    left, top, right, bottom = pixels(field.box)
    pen.rectangle((left, top, right, bottom), outline=colour, width=2)
    for cell in field.cells:
        pen.rectangle(pixels(cell), outline=colour)
    if field.kind is FieldKind.CHOICE:
        for option in field.options:
            option_left, option_top, *_ = pixels(option.box)
            pen.rectangle(pixels(option.box), outline=colour, width=2)
            _write(pen, (option_left, option_top - 1), option.name, colour, "lb")
        _write(pen, (left, bottom + 1), field.name, colour, "lt")
    elif field.kind is FieldKind.CHECKBOX:
        _write(pen, (left, top - 1), field.name, colour, "lb")
    else:
        _write(pen, (left + 3, top + 2), field.name, colour, "lt")


def _write(pen: ImageDraw.ImageDraw, at: tuple[int, int], name: str, colour: str, anchor: str) -> None:
    pen.text(at, name, fill=colour, font=ImageFont.load_default(NAME_SIZE), anchor=anchor)


def pixels(box: Box) -> tuple[int, int, int, int]:
    """A box of the page in pixels of its picture."""
    left, top, right, bottom = (round(edge * PIXELS_PER_POINT) for edge in box.as_list())
    return left, top, right, bottom


def png_of(picture: Image.Image) -> bytes:
    """The picture as a file."""
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()
