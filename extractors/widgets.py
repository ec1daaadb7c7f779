"""The widgets of a fillable form: what a PDF itself says about its fields (ISO 32000-1, 12.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pikepdf

from extractors.geometry import Box

MULTILINE = 1 << 12  # ISO 32000-1, table 228: bit 13
COMB = 1 << 24  # the same table: bit 25


class WidgetKind(StrEnum):
    """What can be told from the widget alone."""

    CHECKBOX = "checkbox"
    TEXT = "text"
    COMB = "comb"
    MULTILINE = "multiline"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget: its name, the words a screen reader says for it, its rectangle in points on page `page` (1-based)."""

    name: str
    label: str
    kind: WidgetKind
    page: int
    box: Box
    max_length: int | None


def read_widgets(fillable: Path) -> list[Widget]:
    """All named widgets of a PDF, page by page.

    Raises:
        pikepdf.PdfError: the file is no readable PDF.
    """
    with pikepdf.open(fillable) as pdf:
        return [widget for number, page in enumerate(pdf.pages, start=1) for widget in _on_page(page, number)]


def _on_page(page: pikepdf.Page, number: int) -> Iterator[Widget]:
    left, _, _, top = (float(edge) for edge in page.mediabox)
    for annotation in page.get("/Annots", []):
        if annotation.get("/Subtype") != "/Widget" or "/T" not in annotation:
            continue
        x0, y0, x1, y1 = (float(edge) for edge in annotation.Rect)
        length = annotation.get("/MaxLen")
        yield Widget(
            name=str(annotation.T),
            label=str(annotation.get("/TU", "")),
            kind=_kind(annotation),
            page=number,
            box=Box(min(x0, x1) - left, top - max(y0, y1), max(x0, x1) - left, top - min(y0, y1)),
            max_length=None if length is None else int(length),
        )


def _kind(annotation: Any) -> WidgetKind:  # pikepdf objects are typed at run time only
    kind, flags = annotation.get("/FT"), int(annotation.get("/Ff", 0))
    if kind == "/Btn":
        return WidgetKind.CHECKBOX
    if kind == "/Sig":
        return WidgetKind.SIGNATURE
    if flags & COMB:
        return WidgetKind.COMB
    return WidgetKind.MULTILINE if flags & MULTILINE else WidgetKind.TEXT
