"""A definition on its way to the definition editor and back: flat records for the browser, the two files for the disk.

The browser holds a field as one record (`FieldRecord`), where the disk has a measured half and a meant one. What comes
back is checked as any definition is when it is loaded; a fault names the file and the key.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import Field as Constrained
from pydantic import ValidationError

from extractors.definition import FieldKind, FormDefinition, Required
from extractors.definition_files import (
    GEOMETRY,
    MEANING,
    Edges,
    FieldGeometry,
    FieldMeaning,
    Geometry,
    Meaning,
    OptionGeometry,
    PageGeometry,
    load_geometry,
    load_meaning,
)
from extractors.definition_rules import ConditionMeaning, Record
from extractors.definition_saving import rules_as_text
from extractors.errors import DefinitionError

DRAFT = "draft"
"""The file that errors name where a fault lies in what the browser sent."""


class OptionRecord(Record):
    """One box of a choice, in points."""

    name: str
    label: str
    box: Edges


class FieldRecord(Record):
    """One field: both halves of it. Boxes and the uprights of a comb are in points from the page's top-left corner."""

    name: str
    label: str
    kind: FieldKind
    page: int
    box: Edges
    section: str
    required: Required = Required.NO
    required_when: tuple[ConditionMeaning, ...] = ()
    critical: bool = False
    signer: str | None = None
    source: str | None = None
    unsure: str | None = None
    max_length: int | None = None
    cell_edges: tuple[float, ...] = ()
    options: tuple[OptionRecord, ...] = ()


class Draft(Record):
    """What the editor holds. `head` are the keys of meaning.yaml but its fields and rules; `rules` is YAML."""

    head: dict[str, Any]
    pages: tuple[PageGeometry, ...]
    fields: tuple[FieldRecord, ...]
    rules: str = Constrained("", max_length=50_000)


def draft_of(definition: FormDefinition) -> Draft:
    """A definition as the editor opens it."""
    folder = definition.blank.parent
    geometry, meaning = load_geometry(folder / GEOMETRY), load_meaning(folder / MEANING)
    return Draft(
        head=meaning.model_dump(mode="json", exclude={"fields", "rules"}),
        pages=geometry.pages,
        fields=tuple(_record(name, geometry.fields[name], meant) for name, meant in meaning.fields.items()),
        rules=rules_as_text(meaning),
    )


def parsed(text: str) -> tuple[Geometry, Meaning]:
    """What the browser sent (JSON), as the two halves of a definition.

    Raises:
        DefinitionError: a key is missing or wrong, or two fields have one name.
    """
    try:
        draft = Draft.model_validate(json.loads(text))
    except ValidationError as error:
        raise _refused(error) from error
    except ValueError as error:
        raise DefinitionError(DRAFT, "", "is no JSON") from error
    names = [field.name for field in draft.fields]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise DefinitionError(MEANING, f"fields.{twice}", "two fields have this name")
    geometry = Geometry(pages=draft.pages, fields={field.name: _measured(field) for field in draft.fields})
    meant = {field.name: _meant(field) for field in draft.fields}
    try:
        meaning = Meaning.model_validate(draft.head | {"fields": meant, "rules": _rules(draft.rules)})
    except ValidationError as error:
        raise _refused(error) from error
    return geometry, meaning


def header(base: str, today: dt.date) -> str:
    """What stands at the top of the files of a revision made at the station."""
    return f"Made from {base} in the definition editor of the review station on {today}.\nThe keys: docs/rules.md"


def _refused(error: ValidationError) -> DefinitionError:
    first = error.errors()[0]
    return DefinitionError(MEANING, ".".join(str(part) for part in first["loc"]), first["msg"])


def _rules(text: str) -> Mapping[str, Any]:
    try:
        rules = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DefinitionError(MEANING, f"rules, line {mark.line + 1}" if mark else "rules", "is no YAML") from error
    if not isinstance(rules, dict):
        raise DefinitionError(MEANING, "rules", "has to be numbers with their rules, as in LAB1: {…}")
    return rules


def _record(name: str, measured: FieldGeometry, meant: FieldMeaning) -> FieldRecord:
    required = meant.required
    return FieldRecord(
        name=name,
        label=meant.label or measured.label or name,
        kind=meant.kind,
        page=measured.page,
        box=measured.box,
        section=meant.section,
        required=required if isinstance(required, Required) else Required("yes" if required else "no"),
        required_when=meant.required_when,
        critical=meant.critical,
        signer=meant.signer,
        source=meant.source,
        unsure=meant.unsure,
        max_length=measured.max_length,
        cell_edges=measured.cell_edges,
        options=tuple(OptionRecord(name=key, label=o.label, box=o.box) for key, o in measured.options.items()),
    )


def _measured(field: FieldRecord) -> FieldGeometry:
    """The measured half. A choice lies where its options lie."""
    boxes = [option.box for option in field.options]
    hull = tuple(
        find(box[edge] for box in boxes) if boxes else field.box[edge] for edge, find in enumerate((min, min, max, max))
    )
    return FieldGeometry(
        page=field.page,
        box=_rounded(hull),
        label=None if field.kind is FieldKind.CHOICE else field.label,
        max_length=field.max_length,
        cell_edges=_rounded(field.cell_edges),
        options={o.name: OptionGeometry(label=o.label, box=_rounded(o.box)) for o in field.options},
    )


def _meant(field: FieldRecord) -> FieldMeaning:
    return FieldMeaning(
        kind=field.kind,
        section=field.section,
        label=field.label if field.kind is FieldKind.CHOICE else None,
        required={Required.YES: True, Required.NO: False}.get(field.required, field.required),
        required_when=field.required_when,
        critical=field.critical,
        signer=field.signer or None,
        options=tuple(option.name for option in field.options),
        source=field.source or None,
        unsure=field.unsure or None,
    )


def _rounded(edges: Iterator[float] | tuple[float, ...]) -> Any:
    """To a hundredth of a point, as measured geometry is."""
    return tuple(round(float(edge), 2) for edge in edges)
