"""Forms filled in order, a small registry, and ways to change one thing about them. Every person is invented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest
import yaml

from extractors.definition import Field, FieldKind, FormDefinition
from extractors.definition_files import load_definitions
from extractors.geometry import Box
from extractors.reading import FormReading, Reading, ReadingState, Value
from validators.content import Content, from_readings
from validators.judge import Judgement, judge
from validators.registry import RegistrySnapshot

HERE = Path(__file__).parent
SOMEWHERE = Box(0.0, 0.0, 10.0, 10.0)
MARKED = {FieldKind.CHECKBOX, FieldKind.SIGNATURE}


@pytest.fixture(scope="session")
def definitions() -> Mapping[str, FormDefinition]:
    """The form definitions that are shipped."""
    return {definition.form_id: definition for definition in load_definitions()}


@pytest.fixture(scope="session")
def in_order() -> Mapping[str, Mapping[str, Value]]:
    """For every form the values of one in order, received on the day under `received` (forms_in_order.yaml)."""
    forms: Mapping[str, Mapping[str, Value]] = yaml.safe_load((HERE / "forms_in_order.yaml").read_text())
    return forms


@pytest.fixture(scope="session")
def registry() -> RegistrySnapshot:
    """The registry that knows the people on those forms, and some more (registry.yaml)."""
    return RegistrySnapshot.from_json(yaml.safe_load((HERE / "registry.yaml").read_text()))


@pytest.fixture(scope="session")
def read(
    definitions: Mapping[str, FormDefinition], in_order: Mapping[str, Mapping[str, Value]]
) -> Callable[..., FormReading]:
    """Makes the readings of a form in order with some values changed (None: empty), doubtful or struck out."""

    def readings(
        form_id: str,
        *,
        doubtful: Collection[str] = (),
        struck: Collection[str] = (),
        missing_pages: tuple[int, ...] = (),
        **changes: Value,
    ) -> FormReading:
        definition = definitions[form_id]
        values = {**in_order[form_id], **changes}
        return FormReading(
            form_id=form_id,
            pages=tuple(range(1, len(definition.pages) + 1 - len(missing_pages))),
            missing_pages=missing_pages,
            readings={
                field.name: _reading(field, values.get(field.name), field.name in doubtful, field.name in struck)
                for field in definition.fields
                if field.page not in missing_pages
            },
        )

    return readings


@pytest.fixture(scope="session")
def fill(definitions: Mapping[str, FormDefinition], read: Callable[..., FormReading]) -> Callable[..., Content]:
    """Like `read`, typed."""

    def content(form_id: str, **changes: object) -> Content:
        return from_readings(read(form_id, **changes), definitions[form_id])

    return content


@pytest.fixture(scope="session")
def judged(
    in_order: Mapping[str, Mapping[str, Value]], registry: RegistrySnapshot, fill: Callable[..., Content]
) -> Callable[..., Judgement]:
    """Like `fill`, judged; `received` moves the day of receipt."""

    def judgement(form_id: str, *, received: str = "", **changes: object) -> Judgement:
        day = dt.date.fromisoformat(received or str(in_order[form_id]["received"]))
        return judge(fill(form_id, **changes), day, registry)

    return judgement


@pytest.fixture(scope="session")
def says(judged: Callable[..., Judgement]) -> Callable[..., str]:
    """What one rule says about a form in order with changes: its reasons, "not known: ..." or nothing."""

    def words(rule: str, form_id: str, **changes: object) -> str:
        evaluated = judged(form_id, **changes).evaluated
        return next(evaluation.why for evaluation in evaluated if evaluation.rule == rule)

    return words


def _reading(field: Field, value: Value, doubtful: bool, struck: bool) -> Reading:
    if value is None and field.kind in MARKED:
        value = False
    state = ReadingState.EMPTY if value in (None, False) else ReadingState.READ
    return Reading(
        field=field.name,
        value=tuple(value) if isinstance(value, list) else value,
        raw="",
        confidence=0.5 if doubtful or struck else 1.0,
        doubtful=doubtful or struck,
        state=ReadingState.STRUCK if struck else state,
        page=field.page,
        box=SOMEWHERE,
        engine="test",
        why="low_confidence" if doubtful else "",
    )
