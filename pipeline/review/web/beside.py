"""The form that contradicts the one in hand, laid beside it: where they differ, and its pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from pipeline.deciding import definitions
from pipeline.review.writing import as_written
from pipeline.store.models import Form


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of which two forms say different things."""

    field: str
    section: str
    label: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Beside:
    """The other form: whether it counts, and in what it differs."""

    form: int
    document: int
    received: dt.date
    route: str
    pages: Sequence[int]
    differences: Sequence[Difference]


def beside(session: Session, form: Form) -> Beside | None:
    """The form that contradicts this one; None where none does."""
    other = session.get(Form, form.route.contradicts) if form.route.contradicts is not None else None
    if other is None:
        return None
    return Beside(
        form=other.id,
        document=other.document_id,
        received=other.document.received,
        route=other.route.route,
        pages=list(other.pages),
        differences=_differences(form, other),
    )


def _differences(form: Form, other: Form) -> list[Difference]:
    there = {reading.field: as_written(reading.value) for reading in other.readings}
    here = {reading.field: as_written(reading.value) for reading in form.readings}
    return [
        Difference(
            field.name, field.section, field.label or field.name.replace("_", " "), here[field.name], there[field.name]
        )
        for field in definitions()[form.form_id].fields
        if field.name in here and field.name in there and here[field.name].split() != there[field.name].split()
    ]
