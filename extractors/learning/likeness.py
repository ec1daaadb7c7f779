"""A draft named after a known form: each field that both have gets the known name, and with it what is known of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
from scipy.optimize import linear_sum_assignment

from extractors.definition import Condition, Field, FieldKind, FormDefinition, Option
from extractors.learning.draft import DraftField
from extractors.learning.wording import without_marks

WEIGHTS = {"label": 0.45, "name": 0.2, "section": 0.15, "kind": 0.1, "order": 0.1}
ENOUGH = 0.55  # of all that, from which two fields are taken to be the same
SURE = 0.72  # below, the match is told as a doubt
LABEL_ENOUGH = 0.4  # labels less alike than this are not one field's, whatever else agrees
OPTION_ENOUGH = 0.5
TICKED = (FieldKind.CHECKBOX, FieldKind.CHOICE)


def named_like(fields: Sequence[DraftField], known: FormDefinition) -> tuple[DraftField, ...]:
    """The fields with the names of those of a known form that they are most like, each name once.

    What is known of a field comes with its name: the names of its options, its signer, whether and when it is required.
    A field that the known form has not keeps its name and says so.
    """
    alike = _alikeness(fields, known)
    rows, columns = linear_sum_assignment(-alike)
    found = {
        int(row): (known.fields[column], float(alike[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if alike[row, column] >= ENOUGH
    }
    found = _in_order(found, fields, known)
    taken = {field.name for field, _ in found.values()}
    named = [
        _like(field, *found[number]) if number in found else _new(field, known, taken)
        for number, field in enumerate(fields)
    ]
    names = {field.name for field in named}
    values = {field.name: {option.name for option in field.options} for field in named}
    return tuple(replace(field, required_when=_that_hold(field.required_when, names, values)) for field in named)


def _in_order(
    found: dict[int, tuple[Field, float]], fields: Sequence[DraftField], known: FormDefinition
) -> dict[int, tuple[Field, float]]:
    """Fields of one column have the same words: they are the known ones from the first row to the last."""
    columns: dict[tuple[str, str], list[int]] = {}
    for number in sorted(found):
        if fields[number].column:
            columns.setdefault((fields[number].section, fields[number].column), []).append(number)
    ordered = dict(found)
    for numbers in columns.values():
        downwards = sorted((found[number] for number in numbers), key=lambda pair: known.fields.index(pair[0]))
        ordered.update(zip(numbers, downwards, strict=True))
    return ordered


def _alikeness(fields: Sequence[DraftField], known: FormDefinition) -> np.ndarray:
    """How like each field is each known one, N x M, 0 to 1; 0 where they cannot be the same."""
    alike = np.zeros((len(fields), len(known.fields)))
    for row, field in enumerate(fields):
        for column, other in enumerate(known.fields):
            order = 1 - abs(row / max(1, len(fields) - 1) - column / max(1, len(known.fields) - 1))
            alike[row, column] = _alike(field, other, order)
    return alike


def _alike(field: DraftField, other: Field, order: float) -> float:
    if (field.kind in TICKED) != (other.kind in TICKED):
        return 0.0
    if (field.kind is FieldKind.SIGNATURE) != (other.kind is FieldKind.SIGNATURE):
        return 0.0
    label = max(_texts_alike(_plain(label), _plain(other.label)) for label in (field.label, field.column))
    if field.kind is other.kind is FieldKind.CHOICE:
        label = (label + _options_alike(field.options, other.options)) / 2
    if label < LABEL_ENOUGH:
        return 0.0
    parts = {
        "label": label,
        "name": _texts_alike(_spoken(field.name), _spoken(other.name)),
        "section": _texts_alike(_plain(field.section), _plain(other.section)),
        "kind": float(field.kind is other.kind),
        "order": order,
    }
    return sum(WEIGHTS[part] * value for part, value in parts.items())


def _options_alike(options: Sequence[Option], others: Sequence[Option]) -> float:
    best = [max(_texts_alike(_plain(one.label), _plain(other.label)) for other in others) for one in options]
    return sum(best) / max(len(options), len(others))


def _plain(label: str) -> str:
    """A label in small letters, without marks, brackets, and which of several results it is."""
    plain = re.sub(r"\([^)]*\)|, result \d+$", " ", without_marks(label).lower())
    return re.sub(r"\s+", " ", re.sub(r"[^a-z0-9 ]", " ", plain)).strip()


def _spoken(name: str) -> str:
    """A name's words, without the number of a repeated one."""
    return " ".join(part for part in name.split("_") if not part.isdigit())


def _texts_alike(one: str, other: str) -> float:
    """0 to 1: by their letters in order, or by their words in any order, whichever is more."""
    if not one or not other:
        return 0.0
    letters = SequenceMatcher(None, one, other, autojunk=False).ratio()
    words, others = set(one.split()), set(other.split())
    return max(letters, len(words & others) / len(words | others))


def _like(field: DraftField, known: Field, alike: float) -> DraftField:
    doubts = field.doubts
    if alike < SURE:
        doubts = (*doubts, f"whether it is {known.name} of the known form")
    if field.kind is not known.kind and not (field.kind in TICKED or known.kind in TICKED):
        doubts = (*doubts, f"it looks like {field.kind}; the known form says {known.kind}")
    kind = known.kind if field.kind not in TICKED and _can_be(known.kind, field) else field.kind
    options = _options_like(field.options, known.options)
    required = known.required
    return replace(
        field,
        name=known.name,
        kind=kind,
        options=options,
        required=required,
        required_when=known.required_when,
        signer=known.signer,
        critical=known.critical,
        max_length=len(field.cell_edges) - 1 if field.cell_edges else known.max_length,
        like=known.name,
        doubts=doubts,
    )


def _can_be(kind: FieldKind, field: DraftField) -> bool:
    """Whether the print allows a kind: a comb of ten with slashes is a date, and nothing else."""
    return not field.cell_edges or FieldKind.DATE not in (kind, field.kind)


def _options_like(options: Sequence[Option], known: Sequence[Option]) -> tuple[Option, ...]:
    if not options or not known:
        return tuple(options)
    alike = np.array([[_texts_alike(_plain(o.label), _plain(k.label)) for k in known] for o in options])
    rows, columns = linear_sum_assignment(-alike)
    names = {int(r): known[c].name for r, c in zip(rows, columns, strict=True) if alike[r, c] >= OPTION_ENOUGH}
    taken = set(names.values())
    return tuple(
        replace(option, name=names[n] if n in names else _other_name(option.name, taken))
        for n, option in enumerate(options)
    )


def _new(field: DraftField, known: FormDefinition, taken: set[str]) -> DraftField:
    name = _other_name(field.name, taken | {other.name for other in known.fields})
    return replace(field, name=name, doubts=(*field.doubts, f"{known.form_id} has no such field"))


def _other_name(name: str, taken: set[str]) -> str:
    free = next(n for n in (name, *(f"{name}_{number}" for number in range(2, 100))) if n not in taken)
    taken.add(free)
    return free


def _that_hold(conditions: Sequence[Condition], names: set[str], values: dict[str, set[str]]) -> tuple[Condition, ...]:
    """The conditions that speak of fields, and of options, that the draft has."""
    return tuple(
        condition
        for condition in conditions
        if condition.field in names
        and (not values[condition.field] or set(map(str, condition.values)) <= values[condition.field])
    )
