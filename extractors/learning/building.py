"""Blank -> geometry: measure a form revision from its flat blank and its fillable twin.

The twin's widgets give names, labels, lengths and rough places; the flat page's squares, uprights, frames and lines
give the exact ones. Where the two disagree by more than a point, a warning says so, and the print wins: it is what a
fax shows.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from extractors.definition import FieldKind
from extractors.definition_files import (
    BLANK,
    GEOMETRY,
    MEANING,
    Edges,
    FieldGeometry,
    FieldMeaning,
    Geometry,
    Meaning,
    OptionGeometry,
    PageGeometry,
    load_meaning,
    save_geometry,
)
from extractors.errors import DefinitionError
from extractors.geometry import Box
from extractors.learning.sheet import hull
from extractors.printed import PrintedPage, read_print
from extractors.widgets import Widget, WidgetKind, read_widgets

AGREEMENT = 1.0  # points that a widget and the print may lie apart
LINE_REACH = 4.0  # points below a widget within which its line is looked for
LABEL_REACH = 10.0  # points right of a square within which its label begins

WIDGET_KINDS = {
    FieldKind.TEXT: {WidgetKind.TEXT, WidgetKind.COMB},
    FieldKind.DIGITS: {WidgetKind.TEXT, WidgetKind.COMB},
    FieldKind.DATE: {WidgetKind.TEXT, WidgetKind.COMB},
    FieldKind.FREE_TEXT: {WidgetKind.MULTILINE},
    FieldKind.CHECKBOX: {WidgetKind.CHECKBOX},
    FieldKind.CHOICE: {WidgetKind.CHECKBOX},
    FieldKind.SIGNATURE: {WidgetKind.SIGNATURE, WidgetKind.TEXT},  # many forms have a plain text field to sign in
}


def build_definition(flat: Path, fillable: Path, meaning: Path, out: Path) -> list[str]:
    """Measure a blank and write the definition's folder `out`: geometry, a copy of the meaning, a copy of the blank.

    Returns:
        Warnings in words: where the widgets and the print disagree, and what was done.

    Raises:
        DefinitionError: the meaning is wrong, or it and the widgets do not name the same fields.
    """
    meant = load_meaning(meaning)
    geometry, warnings = measure(read_print(flat), read_widgets(fillable), meant)
    out.mkdir(parents=True, exist_ok=True)
    save_geometry(out / GEOMETRY, geometry, _header(flat, fillable))
    for source, target in ((meaning, out / MEANING), (flat, out / BLANK)):
        if source.resolve() != target.resolve():
            shutil.copyfile(source, target)
    return warnings


def measure(pages: Sequence[PrintedPage], widgets: Sequence[Widget], meaning: Meaning) -> tuple[Geometry, list[str]]:
    """Put every field of `meaning` on its place.

    Returns:
        The geometry and the warnings.

    Raises:
        DefinitionError: a field has no widget, a widget no field, or the blanks differ in their pages.
    """
    if any(widget.page > len(pages) for widget in widgets):
        raise DefinitionError(f"{meaning.form_id}/{BLANK}", "", "has fewer pages than the fillable blank")
    unused = {widget.name: widget for widget in widgets}
    warnings: list[str] = []
    fields: dict[str, FieldGeometry] = {}
    for name, meant in meaning.fields.items():
        own = _take(unused, name, meant, meaning.form_id)
        page = pages[own[0].page - 1]
        if any(widget.kind not in WIDGET_KINDS[meant.kind] for widget in own):
            warnings.append(f"{name}: is meant to be {meant.kind}, the widget is {own[0].kind}")
        fields[name] = field_geometry(page, own, meant.options, warnings)
    for name in unused:
        raise DefinitionError(f"{meaning.form_id}/{MEANING}", f"fields.{name}", "is missing, the fillable blank has it")
    layout = tuple(PageGeometry(number=page.number, width=page.width, height=page.height) for page in pages)
    return Geometry(pages=layout, fields=fields), warnings


def _header(flat: Path, fillable: Path) -> str:
    return (
        f"Measured by `faxforms forms build` from {flat.name}\nand {fillable.name}; not to be edited by hand.\n"
        "Points (1/72 inch) from the page's top-left corner: left, top, right, bottom."
    )


def _take(unused: dict[str, Widget], name: str, meant: FieldMeaning, form_id: str) -> list[Widget]:
    """Take a field's widgets out of `unused`: one, or one an option, named `<field>_<option>`."""
    names = [f"{name}_{option}" for option in meant.options] or [name]
    for wanted in names:
        if wanted not in unused:
            raise DefinitionError(f"{form_id}/{MEANING}", f"fields.{name}", f"the fillable blank has no {wanted!r}")
    return [unused.pop(wanted) for wanted in names]


def field_geometry(
    page: PrintedPage, widgets: Sequence[Widget], options: Sequence[str], warnings: list[str]
) -> FieldGeometry:
    """Where a field is by its widgets (one for each option, where it has any) and the print of its page.

    What the two disagree about is added to `warnings`.
    """
    first = widgets[0]
    if options:
        boxes = [_square(page, widget, warnings) for widget in widgets]
        return FieldGeometry(
            page=first.page,
            box=_edges(hull(boxes)),
            options={
                option: OptionGeometry(label=widget.label, box=_edges(box))
                for option, widget, box in zip(options, widgets, boxes, strict=True)
            },
        )
    if first.kind is WidgetKind.CHECKBOX:
        return FieldGeometry(page=first.page, label=first.label, box=_edges(_square(page, first, warnings)))
    if first.kind is WidgetKind.COMB and first.max_length:
        uprights = _comb(page, first, first.max_length, warnings)
        box = Box(uprights[0], first.box.y0, uprights[-1], first.box.y1)
    else:
        uprights, box = [], _writing_space(page, first, warnings)
    return FieldGeometry(
        page=first.page,
        label=first.label,
        box=_edges(box),
        max_length=first.max_length,
        cell_edges=tuple(round(edge, 2) for edge in uprights),
    )


def _square(page: PrintedPage, widget: Widget, warnings: list[str]) -> Box:
    """The printed square of a check box (else the widget), its label checked against the words beside it."""
    square = page.square_at(widget.box)
    if square is None:
        warnings.append(f"{widget.name}: no printed square; the widget's box is taken")
        return widget.box
    if _apart(square, widget.box) > AGREEMENT:
        warnings.append(f"{widget.name}: widget and printed square lie {_apart(square, widget.box):.1f} points apart")
    word = page.word_right_of(square, LABEL_REACH)
    if word is None or not widget.label.startswith(word.rstrip(":*")):
        warnings.append(f"{widget.name}: the label is {widget.label!r}, the word beside the square {word!r}")
    return square


def _comb(page: PrintedPage, widget: Widget, cells: int, warnings: list[str]) -> list[float]:
    """The uprights of a comb: the widget divided evenly, each upright moved onto the printed one near it.

    A date comb's slash has no printed cell; its uprights are those of its neighbours.
    """
    even = [widget.box.x0 + index * widget.box.width / cells for index in range(cells + 1)]
    printed = page.uprights_in(widget.box)
    if not printed:
        warnings.append(f"{widget.name}: no printed cells; the widget is divided evenly")
        return even
    reach = widget.box.width / cells / 2
    uprights = []
    for upright in even:
        nearest = min(printed, key=lambda edge: abs(edge - upright))
        if abs(nearest - upright) > AGREEMENT:
            warnings.append(
                f"{widget.name}: an upright is printed {abs(nearest - upright):.1f} points beside its place"
            )
        uprights.append(nearest if abs(nearest - upright) < reach else upright)
    if len(printed) != cells + 1:
        warnings.append(f"{widget.name}: {len(printed)} uprights are printed, the widget has {cells} cells")
    return uprights


def _writing_space(page: PrintedPage, widget: Widget, warnings: list[str]) -> Box:
    """Where a person writes: the widget, cut to its printed frame or by the line it stands on."""
    line = page.line_under(widget.box, LINE_REACH)
    frame = page.frame_around(widget.box)
    if line is not None:
        limit = Box(line.x0, 0.0, line.x1, line.y0)
    elif frame is not None:
        limit = frame
    else:
        warnings.append(f"{widget.name}: neither a printed frame nor a line; the widget's box is taken")
        return widget.box
    box = Box(
        max(widget.box.x0, limit.x0),
        max(widget.box.y0, limit.y0),
        min(widget.box.x1, limit.x1),
        min(widget.box.y1, limit.y1),
    )
    if _apart(box, widget.box) > AGREEMENT:
        warnings.append(
            f"{widget.name}: the widget stands {_apart(box, widget.box):.1f} points out of its frame or line"
        )
    return box


def _apart(one: Box, other: Box) -> float:
    """The largest distance between two boxes' like edges."""
    return max(abs(a - b) for a, b in zip(one.as_list(), other.as_list(), strict=True))


def _edges(box: Box) -> Edges:
    """A box as the file has it, to a hundredth of a point."""
    return round(box.x0, 2), round(box.y0, 2), round(box.x1, 2), round(box.y1, 2)
