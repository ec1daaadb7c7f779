"""What stood on a form when it was chosen for a check: a correction that comes later must not hide the error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from extractors.reading import FormReading, ReadingState, Value
from pipeline.store import repository
from pipeline.store.models import Form

KEPT = ("value", "confidence", "doubtful", "state", "why", "belief", "engine")
"""What a correction replaces (pipeline/review/correcting.py)."""


def take(form: Form) -> dict[str, dict[str, Any]]:
    """By field, as JSON, what a correction would replace."""
    return {reading.field: {name: getattr(reading, name) for name in KEPT} for reading in form.readings}


def value_in(taken: Mapping[str, Any], field: str) -> Value:
    """The value that stood in a field."""
    return as_value(taken[field]["value"])


def as_value(stored: Any) -> Value:
    """A value as readings have it; JSON knows no tuples."""
    value: Value = tuple(stored) if isinstance(stored, list) else stored
    return value


def restore(form: Form, taken: Mapping[str, Any]) -> FormReading:
    """The form as it was read, whatever was corrected since."""
    now = repository.load_form(form)
    readings = dict(now.readings)
    for field, was in taken.items():
        belief = 1.0 if was["belief"] is None else was["belief"]
        changed = {**was, "value": as_value(was["value"]), "state": ReadingState(was["state"]), "belief": belief}
        readings[field] = replace(readings[field], **changed)
    return replace(now, readings=readings)
