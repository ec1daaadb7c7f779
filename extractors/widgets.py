"""The widgets of a fillable form: what a PDF itself says about its fields (ISO 32000-1, 12.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pikepdf

from extractors.geometry import Box

REQUIRED = 1 << 1  # ISO 32000-1, table 221: bit 2
DEEPEST = 16  # fields above a widget: more is a circle
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
    """One widget: its name, the words a screen reader says for it, its rectangle in points on page `page` (1-based).

    Of radio buttons `group` is the name of them all, and `name` that with the button's value behind it.
    """

    name: str
    label: str
    kind: WidgetKind
    page: int
    box: Box
    max_length: int | None
    group: str | None = None
    required: bool = False


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
        name, group = _names(annotation)
        if annotation.get("/Subtype") != "/Widget" or not name:
            continue
        x0, y0, x1, y1 = (float(edge) for edge in annotation.Rect)
        length = _inherited(annotation, "/MaxLen")
        yield Widget(
            name=name,
            label=str(_inherited(annotation, "/TU") or ""),
            kind=_kind(annotation),
            page=number,
            box=Box(min(x0, x1) - left, top - max(y0, y1), max(x0, x1) - left, top - min(y0, y1)),
            max_length=None if length is None else int(length),
            group=group,
            required=bool(int(_inherited(annotation, "/Ff") or 0) & REQUIRED),
        )


def _names(annotation: Any) -> tuple[str, str | None]:  # pikepdf objects are typed at run time only
    """A widget's own name; a button without one is a value of its parent, whose name is that of the group."""
    if "/T" in annotation:
        return str(annotation.T), None
    parent = annotation.get("/Parent")
    if parent is None or "/T" not in parent:
        return "", None
    states = annotation.get("/AP", {}).get("/N", {})
    value = next((str(state).lstrip("/") for state in states if str(state) != "/Off"), "")
    return (f"{parent.T}_{value}", str(parent.T)) if value else (str(parent.T), None)


def _inherited(annotation: Any, key: str) -> Any:
    """An entry of a widget, else of the field that it belongs to (ISO 32000-1, 12.7.3.1)."""
    node, depth = annotation, 0
    while node is not None and depth < DEEPEST:
        if key in node:
            return node[key]
        node, depth = node.get("/Parent"), depth + 1
    return None


def _kind(annotation: Any) -> WidgetKind:
    kind, flags = _inherited(annotation, "/FT"), int(_inherited(annotation, "/Ff") or 0)
    if kind == "/Btn":
        return WidgetKind.CHECKBOX
    if kind == "/Sig":
        return WidgetKind.SIGNATURE
    if flags & COMB:
        return WidgetKind.COMB
    return WidgetKind.MULTILINE if flags & MULTILINE else WidgetKind.TEXT
