"""The scenarios against the judge: read without a fault, each form goes where its scenario says, for its reasons.

The generator's table and the rule book state the rules independently: where they differ, one of them is wrong.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import pytest
from numpy.random import default_rng

from extractors.definition import Field, FieldKind
from extractors.definition_files import load_definitions
from extractors.geometry import Box
from extractors.reading import FormReading, Reading, ReadingState, Value
from samples.generator.changes import Scripted
from samples.generator.people import draw_programme
from samples.generator.scenarios import scenarios, script
from validators.content import from_readings
from validators.judge import judge
from validators.registry import RegistrySnapshot
from validators.routing import route

DEFINITIONS = {definition.form_id: definition for definition in load_definitions()}
PROGRAMME = draw_programme(default_rng(5), 90)
REGISTRY = RegistrySnapshot.from_json(PROGRAMME.registry())


def export_value(field: Field, made: Scripted) -> Value:
    """The value of the truth as a faultless reader hands it up."""
    value = made.values.get(field.name)
    if field.kind is FieldKind.SIGNATURE or (field.kind is FieldKind.CHECKBOX and value is None):
        return value is not None
    if field.kind is FieldKind.DATE and isinstance(value, str):
        with suppress(ValueError):  # a date that does not exist stays as written
            return dt.datetime.strptime(value, "%m/%d/%Y").replace(tzinfo=dt.UTC).date().isoformat()
    return value if value is None or isinstance(value, str | bool) else tuple(value)


def perfect_reading(made: Scripted) -> FormReading:
    definition = DEFINITIONS[made.form_id]
    readings = {}
    for field in definition.fields:
        value, struck = export_value(field, made), field.name in made.struck
        state = ReadingState.READ if value else ReadingState.EMPTY
        readings[field.name] = Reading(
            field=field.name, value=value, raw=str(value), confidence=1.0, doubtful=struck,
            state=ReadingState.STRUCK if struck else state, page=field.page, box=Box(0, 0, 1, 1), engine="truth",
        )  # fmt: skip
    missing = () if made.missing_page is None else (made.missing_page,)
    pages = tuple(page.number for page in definition.pages if page.number not in missing)
    return FormReading(made.form_id, pages, missing, readings)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: f"{one.form_id}-{one.name}")
def test_the_judge_agrees_with_the_scenario(scenario):
    made = script(scenario, PROGRAMME, list(PROGRAMME.patients), default_rng(11))
    content = from_readings(perfect_reading(made), DEFINITIONS[made.form_id])
    found = route(judge(content, made.received, REGISTRY).findings)
    assert found.route == made.route
    for reason in made.reasons:  # `a|b`: either name is right
        assert set(reason.split("|")) & set(found.reasons), reason
