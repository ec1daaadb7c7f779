"""The main path: a blank in, the draft of its definition out, with a picture and what is unsure.

open     a fillable PDF, a flat one, or a scan, told by what it holds
look     places, words, choices: `draft`; of a fillable one its widgets: `widget_fields`
name     by the labels, and like a known form: `likeness`
put down geometry, meaning and blank, as `definition_saving` writes them
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from extractors.definition import FieldKind, FormDefinition, Programme, Required
from extractors.definition_files import (
    Edges,
    FieldGeometry,
    FieldMeaning,
    Geometry,
    Meaning,
    OptionGeometry,
    PageGeometry,
)
from extractors.definition_rules import ConditionMeaning
from extractors.errors import DefinitionError
from extractors.geometry import Box
from extractors.learning.draft import DraftField, draft_fields
from extractors.learning.drawn import drawn_sheets
from extractors.learning.head import Head, head_of
from extractors.learning.likeness import named_like
from extractors.learning.scanned import ScannedPage, blank_of, scanned_page
from extractors.learning.sheet import Sheet
from extractors.learning.widget_fields import fields_of_widgets, without_widgets
from extractors.limits import Limits
from extractors.opening.document import open_pages
from extractors.printed import read_print
from extractors.widgets import read_widgets


class Kind(StrEnum):
    """What a blank is, and so how it is learnt."""

    FILLABLE = "fillable"
    FLAT = "flat"
    SCANNED = "scanned"


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it was learnt: its fields in reading order, its head, its pages, and the blank to keep (a flat PDF)."""

    kind: Kind
    head: Head
    fields: tuple[DraftField, ...]
    sheets: tuple[Sheet, ...]
    blank: bytes = field(repr=False)
    like: FormDefinition | None = None
    scans: tuple[ScannedPage, ...] = ()

    @property
    def unsure(self) -> tuple[DraftField, ...]:
        """The fields that a person should look at."""
        return tuple(field for field in self.fields if field.doubts)


def learn(
    blank: bytes, form_id: str | None = None, like: FormDefinition | None = None, today: dt.date | None = None
) -> Draft:
    """Learn a form from its blank.

    Args:
        blank: a fillable PDF, a flat one, or a scan of any kind that can be opened.
        form_id: of the new definition; made of the form's title where none is given.
        like: a known form, whose names are given to the fields that both have.
        today: when the form is taken to come in use, where its code does not say.

    Raises:
        DocumentError: the blank cannot be opened.
        DefinitionError: nothing to write on was found.
        EngineError: a scan's words cannot be read, since PP-OCR is not installed.
    """
    kind, sheets, fields, flat, scans = _looked_at(blank)
    if not fields:
        raise DefinitionError("blank", "", "no place to write on was found")
    head = head_of(sheets, today or dt.datetime.now(dt.UTC).date(), form_id)
    if like is not None:
        fields = named_like(fields, like)
    return Draft(kind, head, tuple(fields), tuple(sheets), flat, like, tuple(scans))


def _looked_at(
    blank: bytes,
) -> tuple[Kind, Sequence[Sheet], Sequence[DraftField], bytes, Sequence[ScannedPage]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blank.pdf"
        file.write_bytes(blank)
        widgets = read_widgets(file) if _is_pdf(blank) else []
        flat = without_widgets(file) if widgets else blank
        file.write_bytes(flat)
        sheets = drawn_sheets(file) if _is_pdf(blank) else []
        drawn = [sheet for sheet in sheets if sheet is not None]
        if drawn and len(drawn) == len(sheets):
            fields = draft_fields(drawn)
            if widgets:
                return Kind.FILLABLE, drawn, fields_of_widgets(widgets, read_print(file), fields), flat, ()
            return Kind.FLAT, drawn, fields, flat, ()
    scans = []
    for page in open_pages(blank, Limits()):
        if page.grey is None:
            raise DefinitionError("blank", f"page {page.number}", page.error or "cannot be opened")
        scans.append(scanned_page(page.number, page.grey))
    seen = [scan.sheet for scan in scans]
    return Kind.SCANNED, seen, draft_fields(seen), blank_of(scans), scans


def _is_pdf(blank: bytes) -> bool:
    return b"%PDF-" in blank[:1024]


# Put down


def put_down(draft: Draft) -> tuple[Geometry, Meaning]:
    """The draft as the two halves of a definition."""
    geometry = Geometry(
        pages=tuple(PageGeometry(number=s.number, width=s.width, height=s.height) for s in draft.sheets),
        fields={field.name: _measured(field, draft.sheets[field.page - 1]) for field in draft.fields},
    )
    head, like = draft.head, draft.like
    meaning = Meaning.model_validate(
        {
            "form_id": head.form_id,
            "title": head.title,
            "code": head.code,
            "revision": head.revision,
            "in_use_from": head.in_use_from,
            "in_use_to": None,
            "fax_number": head.fax_number,
            "source": f"Learnt from a {draft.kind} blank" + (f", like {like.form_id}" if like else ""),
            "programme": like.programme if like else Programme.NONE,
            "fields": {field.name: _meant(field) for field in draft.fields},
            "rules": _rules_that_hold(draft),
        }
    )
    return geometry, meaning


def header(draft: Draft) -> str:
    """What stands at the top of a learnt definition's files: how it came about, and what a person should look at."""
    lines = [f"Learnt by `faxforms forms learn` from a {draft.kind} blank."]
    lines += [f"unsure: {key}" for key in draft.head.unsure]
    lines += [f"unsure: {field.name}: {doubt}" for field in draft.fields for doubt in field.doubts]
    return "\n".join(lines)


def _rules_that_hold(draft: Draft) -> dict[str, object]:
    """The rules of its own that the known form brings along, where the draft has all fields that they speak of."""
    if draft.like is None:
        return {}
    names = {field.name for field in draft.fields}
    own = {field.name for field in draft.like.fields}
    return {
        number: rule
        for number, rule in draft.like.rules.items()
        if all(name in names for name in own if f"'{name}'" in repr(rule.model_dump(mode="python")))
    }


def _measured(field: DraftField, sheet: Sheet) -> FieldGeometry:
    return FieldGeometry(
        page=field.page,
        box=_edges(field.box, sheet),
        label=None if field.options else field.label or None,
        max_length=field.max_length,
        cell_edges=tuple(round(edge, 2) for edge in field.cell_edges),
        options={o.name: OptionGeometry(label=o.label, box=_edges(o.box, sheet)) for o in field.options},
    )


def _edges(box: Box, sheet: Sheet) -> Edges:
    """To a hundredth of a point, and not over the page's edge."""
    wide, high = sheet.width, sheet.height
    x0, x1 = (round(min(max(0.0, x), wide), 2) for x in (box.x0, box.x1))
    y0, y1 = (round(min(max(0.0, y), high), 2) for y in (box.y0, box.y1))
    return x0, y0, x1, y1


def _meant(field: DraftField) -> FieldMeaning:
    required: bool | Required = {Required.YES: True, Required.NO: False}.get(field.required, field.required)
    return FieldMeaning(
        kind=field.kind,
        section=field.section,
        label=field.label if field.kind is FieldKind.CHOICE else None,
        required=required,
        required_when=tuple(
            ConditionMeaning.model_validate({"field": c.field, "in": c.values} if c.values else {"field": c.field})
            for c in field.required_when
        ),
        critical=field.critical,
        signer=field.signer,
        options=tuple(option.name for option in field.options),
        unsure="; ".join(field.doubts) or None,
    )
