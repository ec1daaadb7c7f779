"""Which fields the rules look at on a form, and what a revision lacks of those that its other revisions have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from extractors.definition import Field, FieldKind, FormDefinition, Programme
from validators.content import Content, Empty, FieldContent, Known, family
from validators.judge import judge
from validators.registry import RegistrySnapshot

GENERAL = 0.5
"""Share of a form's fields that a rule looks at when it is about completeness, not about single fields."""

_NOBODY = RegistrySnapshot.from_json({})


def fields_lacking(definition: FormDefinition, known: Sequence[FormDefinition]) -> Mapping[str, tuple[str, ...]]:
    """The fields that a programme's rules look at on other revisions of the form and that this one has not, and those.

    Empty for a form of which no other revision is known, and for one of no programme: what holds for any form asks of
    the fields that it has.
    """
    if definition.programme is Programme.NONE:
        return {}
    others = [one for one in known if one.form_id != definition.form_id and _related(one, definition)]
    own = {field.name for field in definition.fields}
    lacking: dict[str, set[str]] = {}
    for other in others:
        for name, rules in rules_by_field(other).items():
            if name not in own:
                lacking.setdefault(name, set()).update(rules)
    return {name: tuple(sorted(rules, key=_number)) for name, rules in lacking.items()}


def rules_by_field(definition: FormDefinition) -> Mapping[str, set[str]]:
    """The rules that look at each field of a form, found by judging it empty and filled in, option by option."""
    looked_at: dict[str, set[str]] = {}
    for content in _contents(definition):
        for evaluation in judge(content, definition.in_use_from + dt.timedelta(days=31), _NOBODY).evaluated:
            looked_at.setdefault(evaluation.rule, set()).update(evaluation.looked_at)
    found: dict[str, set[str]] = {}
    for rule, names in looked_at.items():
        if len(names) > GENERAL * len(definition.fields):
            continue  # it asks for whatever the form has
        for name in names:
            found.setdefault(name, set()).add(rule)
    return found


def _related(one: FormDefinition, other: FormDefinition) -> bool:
    return family(one.form_id) == family(other.form_id)


def _number(rule: str) -> tuple[str, int]:
    return rule.rstrip("0123456789"), int(rule.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or 0)


def _contents(definition: FormDefinition) -> Iterator[Content]:
    yield Content(definition, {field.name: Empty() for field in definition.fields}, ())
    most = max((len(field.options) for field in definition.fields), default=0)
    for turn in range(max(1, most)):
        yield Content(definition, {field.name: _filled(field, turn) for field in definition.fields}, ())


def _filled(field: Field, turn: int) -> FieldContent:
    match field.kind:
        case FieldKind.CHOICE:
            return Known(field.options[turn % len(field.options)].name)
        case FieldKind.CHECKBOX | FieldKind.SIGNATURE:
            return Known(True) if turn % 2 == 0 else Empty()
        case FieldKind.DATE:
            return Known(dt.date(2000, 1, 1) + dt.timedelta(days=turn))
        case FieldKind.DIGITS:
            return Known(800 if field.name.startswith("anc_value") else "1234567893")
    return Known("Text")
