"""The scenarios against the judge: read without a fault, each form goes where its scenario says, for its reasons.

The generator's table and the rule book state the rules independently: where they differ, one of them is wrong.
"""

from __future__ import annotations

import pytest
from numpy.random import default_rng

from extractors.definition_files import load_definitions
from extractors.reading import FormReading
from samples.generator.changes import Scripted
from samples.generator.people import draw_programme
from samples.generator.scenarios import scenarios, script
from samples.judge_readings import faultless_form
from validators.content import from_readings
from validators.judge import judge
from validators.registry import RegistrySnapshot
from validators.routing import route

DEFINITIONS = {definition.form_id: definition for definition in load_definitions()}
PROGRAMME = draw_programme(default_rng(5), 90)
REGISTRY = RegistrySnapshot.from_json(PROGRAMME.registry())


def perfect_reading(made: Scripted) -> FormReading:
    pages = {page.number: page.number for page in DEFINITIONS[made.form_id].pages if page.number != made.missing_page}
    return faultless_form(made.form_id, made.values, pages, made.struck)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: f"{one.form_id}-{one.name}")
def test_the_judge_agrees_with_the_scenario(scenario):
    made = script(scenario, PROGRAMME, list(PROGRAMME.patients), default_rng(11))
    content = from_readings(perfect_reading(made), DEFINITIONS[made.form_id])
    found = route(judge(content, made.received, REGISTRY).findings)
    assert found.route == made.route
    for reason in made.reasons:  # `a|b`: either name is right
        assert set(reason.split("|")) & set(found.reasons), reason
