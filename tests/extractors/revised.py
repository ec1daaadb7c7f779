"""Revisions nobody knows, made from a blank: another code in its own letters, or none; a section moved."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pypdfium2 as pdfium

from extractors.blanks import BlankPage
from extractors.form_code import code_box
from extractors.geometry import Grey
from samples.generator.strokes import SHEET_DPI

FOOTER = 735.0  # points from the top: what stands there stays where it is


def with_code(blank: BlankPage, code: str) -> Grey:
    """The blank page as paper (300 dpi) with `code` where its own stands; the blanks print two spaces in it."""
    opened = pdfium.PdfDocument(pdf_with_code(blank, code))
    try:
        return np.array(opened[blank.page - 1].render(scale=SHEET_DPI / 72, grayscale=True).to_pil().convert("L"))
    finally:
        opened.close()


def pdf_with_code(blank: BlankPage, code: str) -> bytes:
    """The blank, as a file, with `code` on that page."""
    own = blank.definition.code.replace(" ", "  ").encode()
    with pikepdf.open(blank.definition.blank) as document:
        page = document.pages[blank.page - 1]
        content = page.Contents.read_bytes()
        assert content.count(own) == 1
        page.Contents = document.make_stream(content.replace(own, code.encode()))
        saved = io.BytesIO()
        document.save(saved)
    return saved.getvalue()


def without_code(sheet: Grey, blank: BlankPage) -> Grey:
    """A sheet of the blank (300 dpi) from which the code in the footer is gone."""
    box = code_box(blank.definition.blank, blank.definition.code, blank.page)
    assert box is not None
    x0, y0, x1, y1 = (round(side * SHEET_DPI / 72) for side in box.grown(3).as_list())
    bare = sheet.copy()
    bare[y0:y1, x0:x1] = 255
    return bare


def moved_from(sheet: Grey, top: float, by: float) -> Grey:
    """A sheet (300 dpi) on which all from `top` down to the footer stands `by` lower: there is room for a new field."""
    first, last, step = (round(points * SHEET_DPI / 72) for points in (top, FOOTER, by))
    moved = sheet.copy()
    moved[first:last] = 255
    moved[first + step : last] = sheet[first : last - step]
    return moved
