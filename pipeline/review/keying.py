"""Fields that two people key (`Settings.double_keyed`), on forms that wait: who keys what next, and what comes of it.

    next_task -> key      two agree: it is the form's reading; they differ: a third; three differ: a supervisor

Nobody sees what one other has keyed, nor what the program read. `pipeline.quality.double_keying` keeps the entries and
says what follows from them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, select
from sqlalchemy.orm import Session

from extractors.definition import Field
from pipeline.deciding import definitions
from pipeline.errors import CheckRefused, DecisionRefused
from pipeline.quality import double_keying
from pipeline.quality.double_keying import Awaited, Entry, Purpose, Standing
from pipeline.quality.snapshot import as_value
from pipeline.review import claiming
from pipeline.review.again import decide_again
from pipeline.review.roles import Somebody
from pipeline.review.writing import ILLEGIBLE, parsed, write
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import FieldReading, Form, ReviewItem

LOOKED_THROUGH = 200
"""Waiting forms with such a field that are looked through for one that the person may key."""

ONE_PERSON = "keyed_by_one"
"""Why a reading is in doubt that one person has written and a second one has yet to key."""


@dataclass(frozen=True, slots=True)
class Task:
    """A field to be keyed; `shown` is what two others keyed, for a third person, without their names."""

    form: Form
    item: ReviewItem
    field: Field
    awaited: Awaited
    shown: tuple[Entry, ...]


def next_task(session: Session, settings: Settings, somebody: Somebody) -> Task | None:
    """The field that this person is to key next, of the most urgent form; what waits for a third person comes first."""
    tasks = list(tasks_of(session, settings, somebody))
    return min(tasks, key=lambda task: task.awaited is not Awaited.THIRD, default=None)


def tasks_of(
    session: Session, settings: Settings, somebody: Somebody, form_pk: int | None = None
) -> Iterator[Task]:  # fmt: skip
    """The fields that this person may key, of the most urgent forms first; of one form alone, where it is named."""
    if not settings.double_keyed:
        return
    forms = (
        select(Form, ReviewItem)
        .join(ReviewItem, ReviewItem.form_pk == Form.id)
        .where(
            claiming.is_free(dt.datetime.now(dt.UTC), somebody), claiming.may_decide(somebody), awaits_keying(settings)
        )
        .order_by(ReviewItem.priority, ReviewItem.created_at, ReviewItem.id)
        .limit(LOOKED_THROUGH)
    )
    if form_pk is not None:
        forms = forms.where(Form.id == form_pk)
    for form, item in session.execute(forms):
        for field, standing in _open_fields(session, settings, form).items():
            task = _task(session, form, item, field, standing, somebody)
            if task is not None:
                yield task


def task(session: Session, settings: Settings, somebody: Somebody, form_pk: int, name: str) -> Task | None:
    """That field, if this person may key it now."""
    tasks = tasks_of(session, settings, somebody, form_pk)
    return next((one for one in tasks if one.field.name == name), None)


def comes_before(session: Session, task: Task, items: Sequence[int]) -> bool:
    """Whether a field is to be keyed before the first of these items is decided: whichever is more urgent, or older."""
    if not items:
        return True
    first = session.get_one(ReviewItem, items[0])
    return (task.item.priority, task.item.created_at) < (first.priority, first.created_at)


def awaits_keying(settings: Settings) -> ColumnElement[bool]:
    """Whether a review item's form has a double-keyed field in doubt, and no supervisor was asked for it yet."""
    doubts = exists().where(
        FieldReading.form_pk == ReviewItem.form_pk,
        FieldReading.doubtful,
        FieldReading.field.in_(settings.double_keyed),
    )
    return and_(ReviewItem.escalated.is_(None), doubts) if settings.double_keyed else false()


def key(
    session: Session, settings: Settings, somebody: Somebody, form_pk: int, name: str, text: str, *, illegible: bool
) -> Standing:
    """Take what a person keyed; where two agree, or three do not, the form goes on at once.

    Raises:
        CheckRefused: it is not theirs to key, or not any more.
        CorrectionRefused: the field cannot say that.
    """
    take_write_turn(session.connection())
    asked = task(session, settings, somebody, form_pk, name)
    if asked is None:
        raise CheckRefused(f"form {form_pk}, {name}: somebody else has keyed it, or it is decided")
    value = None if illegible else as_value(parsed(asked.form, name, text))
    standing = double_keying.key(session, asked.form, name, Entry(somebody.name, value, illegible))
    follow(session, settings, asked.form, {name: standing}, somebody.name)
    return standing


def follow(session: Session, settings: Settings, form: Form, standings: Mapping[str, Standing], who: str) -> None:
    """Do what follows from entries: what two agree on is the reading; where three differ a supervisor is asked."""
    agreed = {name: _value(one.agreed) for name, one in standings.items() if one.agreed is not None}
    if agreed:
        write(session, form, agreed, who, "keyed by two people")
        decide_again(session, settings, form, who)
    for name, one in standings.items():
        if one.awaited is Awaited.SUPERVISOR:
            _ask_supervisor(session, form, name, who)


def said_alone(session: Session, settings: Settings, form: Form, values: Mapping[str, Any], who: str) -> set[str]:
    """Of what one person wrote on a form's page: the double-keyed fields on which nobody has said the same yet.

    What they wrote of these is kept as their entry.

    Raises:
        DecisionRefused: they keyed the field before, or say otherwise than two others agreed.
    """
    alone = set()
    keyed = double_keying.stored_entries(session, form, Purpose.DOUBLE)
    for name in sorted(double_keying.double_keyed(settings, form) & values.keys()):
        kind, entries = definitions()[form.form_id].field(name).kind, keyed.get(name, [])
        entry = Entry(who, None, True) if values[name] is ILLEGIBLE else Entry(who, as_value(values[name]))
        standing = double_keying.standing(kind, entries)
        if standing.awaited is Awaited.SUPERVISOR:
            continue  # the item is theirs, and they decide
        if standing.agreed is not None and double_keying.same_entry(kind, standing.agreed, entry):
            continue
        if standing.agreed is not None or not double_keying.may_key(entries, who):
            raise DecisionRefused(f"{name} is keyed by two people, and it is not your turn")
        after = double_keying.key(session, form, name, entry)
        if after.agreed is None:
            alone.add(name)
        if after.awaited is Awaited.SUPERVISOR:
            _ask_supervisor(session, form, name, who)
    return alone


def put_in_doubt(form: Form, fields: Collection[str]) -> None:
    """Until a second person has keyed them, these fields are not known."""
    for reading in form.readings:
        if reading.field in fields:
            reading.doubtful, reading.why = True, ONE_PERSON


def _value(agreed: Entry) -> Any:
    if agreed.illegible:
        return ILLEGIBLE
    return list(agreed.value) if isinstance(agreed.value, tuple) else agreed.value


def _ask_supervisor(session: Session, form: Form, name: str, who: str) -> None:
    item = session.scalars(select(ReviewItem).filter_by(form_pk=form.id).order_by(ReviewItem.id.desc())).first()
    if item is not None:
        item.escalated, item.version = f"three people keyed {name} differently", item.version + 1
        after = {"item": item.id, "reason": item.escalated}
        audit.write_line(session, "review escalated", who=who, document_id=item.document_id, after=after)


def _open_fields(session: Session, settings: Settings, form: Form) -> dict[Field, Standing]:
    """The double-keyed fields of a form that are in doubt, with who is awaited."""
    keyed = double_keying.stored_entries(session, form, Purpose.DOUBLE)
    doubtful = {reading.field for reading in form.readings if reading.doubtful}
    names = sorted(double_keying.double_keyed(settings, form) & doubtful)
    fields = [definitions()[form.form_id].field(name) for name in names]
    return {field: double_keying.standing(field.kind, keyed.get(field.name, [])) for field in fields}


def _task(
    session: Session, form: Form, item: ReviewItem, field: Field, standing: Standing, somebody: Somebody
) -> Task | None:
    entries = double_keying.stored_entries(session, form, Purpose.DOUBLE).get(field.name, [])
    over = standing.awaited in (Awaited.NOBODY, Awaited.SUPERVISOR)
    if over or not double_keying.may_key(entries, somebody.name):
        return None
    return Task(form, item, field, standing.awaited, double_keying.shown(entries))
