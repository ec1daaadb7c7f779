"""The draft of a fillable blank: its widgets say which fields there are, its print what stands beside them."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pikepdf

from extractors.definition import FieldKind, Option, Required
from extractors.geometry import Box
from extractors.learning.building import field_geometry
from extractors.learning.draft import DraftField, with_names
from extractors.learning.sheet import hull, overlap
from extractors.learning.wording import as_name, kind_of, slug, without_marks
from extractors.printed import PrintedPage
from extractors.widgets import Widget, WidgetKind

SAME_PLACE = 0.5  # of the smaller of two boxes, widget and print
MEANINGLESS = re.compile(
    r"^(text|check_?box|field|untitled|undefined|date|signature|button|group|n)*_?(field|box)?_?\d*$"
)


def without_widgets(fillable: Path) -> bytes:
    """The blank as it is printed: its widgets' looks drawn onto the page, and no widgets any more."""
    with pikepdf.open(fillable) as document:
        document.flatten_annotations()
        for page in document.pages:
            if "/Annots" in page:
                del page["/Annots"]
        if "/AcroForm" in document.Root:
            del document.Root.AcroForm
        made = io.BytesIO()
        document.save(made, deterministic_id=True)
    return made.getvalue()


def fields_of_widgets(
    widgets: Sequence[Widget], pages: Sequence[PrintedPage], printed: Sequence[DraftField]
) -> tuple[DraftField, ...]:
    """One field for each widget, or for those of one choice.

    Args:
        widgets: the fillable blank's.
        pages: the print of the same pages, by which the widgets' boxes are made exact.
        printed: what was learnt from the print alone: labels, sections, and which boxes are one choice.
    """
    left = list(widgets)
    fields = []
    for group in _groups(widgets, printed):
        left = [widget for widget in left if widget not in group]
        fields.append(_choice(group, pages, _beneath(hull(widget.box for widget in group), group[0].page, printed)))
    fields += [_single(widget, pages, _beneath(widget.box, widget.page, printed)) for widget in left]
    order = {id(field): number for number, field in enumerate(printed)}
    known = {field: _place_in(field, printed, order) for field in fields}
    fields.sort(key=lambda field: known[field])
    return _once_each(fields)


def _groups(widgets: Sequence[Widget], printed: Sequence[DraftField]) -> list[list[Widget]]:
    """Widgets of one choice: radio buttons of one name, and boxes on the squares of a printed choice."""
    radios: dict[str, list[Widget]] = {}
    for widget in widgets:
        if widget.group is not None:
            radios.setdefault(widget.group, []).append(widget)
    groups = [group for group in radios.values() if len(group) > 1]
    boxes = [widget for widget in widgets if widget.kind is WidgetKind.CHECKBOX and widget.group is None]
    for field in printed:
        on = [found for option in field.options if (found := _on(option.box, field.page, boxes)) is not None]
        if len(on) > 1 and len(on) == len(field.options):
            groups.append(on)
    return groups


def _on(box: Box, page: int, widgets: Sequence[Widget]) -> Widget | None:
    return next((w for w in widgets if w.page == page and overlap(w.box, box) >= SAME_PLACE), None)


def _beneath(box: Box, page: int, printed: Sequence[DraftField]) -> DraftField | None:
    """The printed field that a widget lies on."""
    best = max(
        (field for field in printed if field.page == page), key=lambda field: overlap(field.box, box), default=None
    )
    return best if best is not None and overlap(best.box, box) >= SAME_PLACE else None


def _choice(group: Sequence[Widget], pages: Sequence[PrintedPage], printed: DraftField | None) -> DraftField:
    names = [widget.name for widget in group]
    stem = group[0].group or _common_beginning(names)
    warnings: list[str] = []
    measured = field_geometry(pages[group[0].page - 1], group, tuple(names), warnings)
    labels = [without_marks(widget.label) or name for widget, name in zip(group, names, strict=True)]
    if printed is not None and printed.options:
        shown = {_nearest(option.box, group).name: option.label for option in printed.options}
        labels = [
            label if widget.label else shown.get(widget.name, label)
            for widget, label in zip(group, labels, strict=True)
        ]
    options = tuple(
        Option(as_name(name.removeprefix(stem).strip("_")) or slug(label), label, Box(*measured.options[name].box))
        for name, label in zip(names, labels, strict=True)
    )
    base = printed or DraftField("", stem, FieldKind.CHOICE, group[0].page, Box(*measured.box), "")
    return replace(
        base, name=as_name(stem), kind=FieldKind.CHOICE, box=Box(*measured.box), options=options,
        label=base.label or stem, cell_edges=(), doubts=(*_doubts(base), *warnings),
    )  # fmt: skip


def _common_beginning(names: Sequence[str]) -> str:
    """The words that all names begin with: `patient_gender` of `patient_gender_male`, `patient_gender_female`."""
    parts = [name.split("_") for name in names]
    same = itertools.takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    return "_".join(column[0] for column in same)


def _nearest(box: Box, group: Sequence[Widget]) -> Widget:
    return max(group, key=lambda widget: overlap(widget.box, box))


def _single(widget: Widget, pages: Sequence[PrintedPage], printed: DraftField | None) -> DraftField:
    warnings: list[str] = []
    measured = field_geometry(pages[widget.page - 1], [widget], (), warnings)
    label = without_marks(widget.label) or (printed.label if printed else "") or widget.name
    kind = _kind(widget, label, printed)
    own = as_name(widget.name)
    base = printed or DraftField("", label, kind, widget.page, widget.box, "", doubts=("nothing is printed there",))
    # a box that has to be ticked is rare, and programs that make forms set the flag on all of them
    flagged = widget.required and kind is not FieldKind.CHECKBOX
    required = Required.YES if flagged else base.required
    edges = measured.cell_edges
    doubts = _doubts(base)
    if kind is FieldKind.DATE and edges and len(edges) != 11:
        kind, doubts = FieldKind.DIGITS, (*doubts, f"a date in {len(edges) - 1} cells without slashes")
    return replace(
        base, name="" if MEANINGLESS.match(own) else own, label=label, kind=kind, box=Box(*measured.box), options=(),
        required=required, cell_edges=edges,
        max_length=widget.max_length, doubts=(*doubts, *warnings),
    )  # fmt: skip


def _doubts(base: DraftField) -> tuple[str, ...]:
    """The print's doubts without those that the widgets settle."""
    return tuple(doubt for doubt in base.doubts if not doubt.startswith(("whether", "no words", "its cells")))


def _kind(widget: Widget, label: str, printed: DraftField | None) -> FieldKind:
    if widget.kind is WidgetKind.CHECKBOX:
        return FieldKind.CHECKBOX
    if widget.kind is WidgetKind.SIGNATURE:
        return FieldKind.SIGNATURE
    if widget.kind is WidgetKind.MULTILINE:
        return FieldKind.FREE_TEXT
    if printed is not None and printed.kind not in (FieldKind.CHECKBOX, FieldKind.CHOICE, FieldKind.FREE_TEXT):
        return printed.kind
    said = kind_of(label)
    return FieldKind.TEXT if said in (None, FieldKind.FREE_TEXT) else said


def _place_in(field: DraftField, printed: Sequence[DraftField], order: dict[int, int]) -> tuple[float, ...]:
    beneath = _beneath(field.box, field.page, printed)
    return (field.page, order[id(beneath)] if beneath else len(printed), field.box.y0, field.box.x0)


def _once_each(fields: Sequence[DraftField]) -> tuple[DraftField, ...]:
    """Names as the widgets have them; made of the label where they say nothing, and none twice."""
    made = {id(field): named.name for field, named in zip(fields, with_names(fields), strict=True)}
    names: set[str] = set()
    settled = []
    for field in fields:
        wanted = field.name or made[id(field)]
        name = next(n for n in (wanted, *(f"{wanted}_{number}" for number in range(2, 999))) if n not in names)
        names.add(name)
        settled.append(replace(field, name=name))
    return tuple(settled)
