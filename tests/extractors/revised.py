"""Revisions nobody knows, made from a blank by writing another code into its footer, in its own letters."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pypdfium2 as pdfium

from extractors.blanks import BlankPage
from extractors.geometry import Grey
from samples.generator.strokes import SHEET_DPI


def with_code(blank: BlankPage, code: str) -> Grey:
    """The blank page as paper (300 dpi) with `code` where its own stands; the blanks print two spaces in it."""
    own = blank.definition.code.replace(" ", "  ").encode()
    with pikepdf.open(blank.definition.blank) as document:
        page = document.pages[blank.page - 1]
        content = page.Contents.read_bytes()
        assert content.count(own) == 1
        page.Contents = document.make_stream(content.replace(own, code.encode()))
        saved = io.BytesIO()
        document.save(saved)
    opened = pdfium.PdfDocument(saved.getvalue())
    try:
        return np.array(opened[blank.page - 1].render(scale=SHEET_DPI / 72, grayscale=True).to_pil().convert("L"))
    finally:
        opened.close()
