"""Every stored reading whose true value is known, beside whether it was right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from extractors.confidence import kind_read
from extractors.definition import Field, FieldKind
from extractors.reading import FormReading, Pen, Reading, ReadingState
from pipeline.calibration.known import KnownForm, same_value
from pipeline.deciding import definitions
from pipeline.store import repository
from pipeline.store.models import REARRANGED, Document, Form, Source
from validators.rulebook.load import rulebook

NOT_OF_THE_READER = ("struck", "format", "slipped", "unreadable", "revision_unsure")
"""Doubts in which the readers' belief plays no part."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One field of one form: what was said of it, and whether that was right.

    `kind`: the curve that its confidence comes from (`extractors.calibration.ReadKind`), empty where it comes from
    none. `critical`: a wrong value endangers (the rulebook's critical fields).
    """

    form: int
    field: Field
    kind: str
    pen: Pen
    belief: float
    confidence: float
    doubtful: bool
    critical: bool
    right: bool


@dataclass(frozen=True, slots=True)
class FormOutcome:
    """A stored form whose truth is known, as it was read, with the outcome of every field that has one right value."""

    form: Form
    reading: FormReading
    known: KnownForm
    outcomes: tuple[Outcome, ...]


def form_outcomes(session: Session, known: Mapping[str, Sequence[KnownForm]]) -> Iterator[FormOutcome]:
    """The stored forms that are in `known` (by file name), each beside the truth; others are left out."""
    query = (
        select(Document)
        .join(Source)
        .where(Source.file.in_(known))
        .order_by(Document.id)
        .options(selectinload(Document.sources), selectinload(Document.forms).selectinload(Form.readings))
        .options(selectinload(Document.forms).joinedload(Form.document))
        .distinct()
    )
    for document in session.scalars(query):
        truths = next(known[source.file] for source in document.sources if source.file in known)
        for form in (form for form in document.forms if form.route.route != REARRANGED):
            truth = max(truths, key=lambda other: len(other.pages & set(form.pages)), default=None)
            if truth is not None and truth.pages & set(form.pages) and truth.form_id == form.form_id:
                yield beside_truth(form, repository.load_form(form), truth)


def beside_truth(form: Form, reading: FormReading, truth: KnownForm) -> FormOutcome:
    """The form as it was read, beside what it truly says."""
    return FormOutcome(form, reading, truth, tuple(_outcomes(form, reading, truth)))


def _outcomes(form: Form, form_reading: FormReading, truth: KnownForm) -> Iterator[Outcome]:
    definition = definitions()[form.form_id]
    critical = rulebook().doubts.critical
    for name, reading in form_reading.readings.items():
        if name in truth.struck:
            continue
        field = definition.field(name)
        yield Outcome(
            form=form.id,
            field=field,
            kind=_kind(field, reading),
            pen=reading.pen,
            belief=reading.belief,
            confidence=reading.confidence,
            doubtful=reading.doubtful,
            critical=name in critical,
            right=same_value(field.kind, truth.values.get(name), reading.value),
        )


def _kind(field: Field, reading: Reading) -> str:
    written = field.kind in (FieldKind.TEXT, FieldKind.FREE_TEXT, FieldKind.DIGITS, FieldKind.DATE)
    if not written or reading.state is not ReadingState.READ or reading.pen is Pen.DIGITAL:
        return ""
    return "" if reading.why in NOT_OF_THE_READER else kind_read(field, reading.why)
