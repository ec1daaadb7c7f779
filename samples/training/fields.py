"""Labelled crops of whole pages, cut by the very code that reads pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from extractors.crops import cell_pictures, line_picture
from extractors.definition import Field, FieldKind
from extractors.engines.recogniser import STRUCK, prepare_cell, prepare_line
from extractors.geometry import Grey
from extractors.registration import AlignedPage
from samples.training.crops import CLASS_OF, LETTER_OF, CellCrop, LineCrop, as_bytes


def is_read(field: Field) -> bool:
    """Whether the recogniser reads the field: digits, dates, and every comb."""
    return bool(field.cells) or field.kind in (FieldKind.DIGITS, FieldKind.DATE)


def page_crops(page: AlignedPage, inks: Mapping[str, str], writer: str) -> Iterator[CellCrop | LineCrop]:
    """The crops of one registered page.

    Args:
        page: the page.
        inks: by field what stands there: for a comb a character a cell (a space where it is empty), else the line as
            written, `STRUCK` for each character that cannot be read. Fields that are not named are left out.
        writer: "typed", "hand" or "real".
    """
    for field in page.blank.definition.fields_on(page.blank.page):
        ink = inks.get(field.name)
        if ink is None or not is_read(field):
            continue
        text = " ".join(ink.upper().split()) if not field.cells else ink.upper().replace(" ", "")
        writing = line_picture(page, field.box)
        if set(text) <= LETTER_OF.keys():
            yield LineCrop(as_bytes(prepare_line(writing)), text, writer)
        if field.cells:
            pictures = cell_pictures(writing, field.cells, page.grey.shape)
            yield from _cells(pictures, ink.upper(), writer)


def _cells(pictures: Sequence[Grey], ink: str, writer: str) -> Iterator[CellCrop]:
    for index, picture in enumerate(pictures):
        label = ink[index : index + 1].strip()
        crossed = not label and STRUCK in ink and index < len(ink)  # a stroke may or may not pass through
        if label in CLASS_OF and not crossed:
            yield CellCrop(as_bytes(prepare_cell(picture)), label, writer)


def comb_ink(field: Field, value: str) -> str:
    """The characters by cell; the slashes of a date comb are printed, its cells for them hold nothing of a person."""
    if field.kind is FieldKind.DATE:
        value = value.replace("/", " ")
    return value[: len(field.cells)]


def struck_ink(characters: Sequence[str] | str) -> str:
    """The same with every character unreadable."""
    return "".join(" " if character == " " else STRUCK for character in characters)
