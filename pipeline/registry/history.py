"""The rows of the registry, by programme, with the history of every value.

A row holds what is known now. Every change is kept with the day from which it counts (`effective_on`: the day on which
the form that said so was received), because faxes are not always judged in the order of their dates: a form of March
that is migrated in June is judged by the registry of March. For the same reason what a form says is kept also when it
changes nothing: a form of May that is read later must not undo it. A change that a correction took back counts no more.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Date, RowMapping, and_, or_, select, true, tuple_, update
from sqlalchemy.orm import Session

from pipeline.store import audit
from pipeline.store.registry_models import (
    ENTITIES,
    AncResult,
    Designee,
    FormOnRecord,
    Patient,
    Pharmacy,
    Prescriber,
    RegistryChange,
)

Entity = Prescriber | Designee | Patient | Pharmacy

OF_THE_ROW = frozenset({"id", "known_from", "withdrawn_at", "first_key", "last_key"})
"""Columns that say how the row is kept, and nothing about the person."""

ROWS_AT_A_TIME = 500
"""Rows whose history is fetched by one query: databases limit the number of values in one."""

History = Mapping[tuple[int, str], Sequence[RegistryChange]]
"""Row and field to the changes, in the order from which they count."""


def entries(session: Session, table: str, as_of: dt.date | None = None) -> list[dict[str, Any]]:
    """The rows of a table as they are now or stood at the end of a day, in the order in which they came to be known."""
    return list(entries_where(session, table, true(), as_of))


def entries_where(
    session: Session, table: str, where: ColumnElement[bool], as_of: dt.date | None = None
) -> Iterator[dict[str, Any]]:
    """Likewise, only the rows that now fulfil a condition. Dates are ISO text; a patient has a `key`, the row's id."""
    rows_of_table = ENTITIES[table].__table__
    columns = rows_of_table.columns
    known = [columns.withdrawn_at.is_(None), where]
    if as_of is not None:
        known.append(or_(columns.known_from.is_(None), columns.known_from <= as_of))
    rows = session.execute(select(rows_of_table).where(*known).order_by(columns.id)).mappings()
    for some in rows.partitions(ROWS_AT_A_TIME):
        changed = {} if as_of is None else changed_later(session, table, as_of, ids=[row["id"] for row in some])
        for row in some:
            yield _entry(table, row, changed, as_of)


def add(session: Session, row: Entity, *, effective_on: dt.date, form_pk: int | None, who: str = audit.PROGRAM) -> None:
    """A person or pharmacy that nobody knew before that day."""
    row.known_from = effective_on
    session.add(row)
    session.flush()
    values = {field: plain(getattr(row, field)) for field in fields_of(row.__tablename__)}
    place = {"entity": row.__tablename__, "entity_id": row.id}
    if form_pk is not None:
        told = {"effective_on": effective_on, "recorded_at": dt.datetime.now(dt.UTC), "form_pk": form_pk, "who": who}
        said = {field: value for field, value in values.items() if value not in (None, False)}
        session.add_all(RegistryChange(**place, field=f, before=v, after=v, **told) for f, v in said.items())
    audit.write_line(session, "registry added", who=who, after=place | {"form": form_pk} | values)


def change(
    session: Session,
    row: Entity,
    values: Mapping[str, Any],
    *,
    effective_on: dt.date,
    form_pk: int | None = None,
    who: str = audit.PROGRAM,
) -> bool:
    """Set values that count from a day on; whether anything changed.

    Where a later day's value is known already, that one stays what is known now, and this one is history.
    """
    place = {"entity": row.__tablename__, "entity_id": row.id}
    told = {"effective_on": effective_on, "recorded_at": dt.datetime.now(dt.UTC), "form_pk": form_pk, "who": who}
    before: dict[str, Any] = {}
    for field, after in values.items():
        history = _history(session, row, field)
        then = value_on(history, effective_on, plain(getattr(row, field)))
        if then == plain(after) and form_pk is None:
            continue
        if then != plain(after):
            before[field] = then
        session.add(RegistryChange(**place, field=field, before=then, after=plain(after), **told))
        if not any(line.effective_on > effective_on for line in history if line.withdrawn_at is None):
            setattr(row, field, after)
    if before:
        row.known_from = row.known_from and min(row.known_from, effective_on)
        after_all = {field: plain(values[field]) for field in before}
        audit.write_line(
            session, "registry changed", who=who, before=place | before, after=place | after_all | {"form": form_pk}
        )
    return bool(before)


def bring_back(
    session: Session, row: Entity, values: Mapping[str, Any], *, effective_on: dt.date, form_pk: int | None, who: str
) -> None:
    """A row that had been taken back with its form, brought by it again: it says these values and no others."""
    row.withdrawn_at = None
    row.known_from = effective_on
    empty = {field: False if isinstance(getattr(row, field), bool) else None for field in optional_fields(row)}
    change(session, row, empty | dict(values), effective_on=effective_on, form_pk=form_pk, who=who)


def take_back(session: Session, form_pk: int, who: str) -> None:
    """Undo all that a form brought: its changes, the rows that it made known, its results. The lines stay, marked."""
    now = dt.datetime.now(dt.UTC)
    standing = {"form_pk": form_pk, "withdrawn_at": None}
    changes = session.scalars(select(RegistryChange).filter_by(**standing)).all()
    made = session.scalars(select(FormOnRecord).filter_by(**standing, added_row=True)).all()
    for row in [row_of(session, line.entity, line.entity_id) for line in made]:
        row.withdrawn_at = now
    for model in (RegistryChange, FormOnRecord, AncResult):
        session.execute(update(model).filter_by(**standing).values(withdrawn_at=now))
    before = {}
    for line in changes:
        row = row_of(session, line.entity, line.entity_id)
        value = value_on(_history(session, row, line.field), dt.date.max, None)
        before[f"{line.entity} {line.entity_id} {line.field}"] = line.after
        setattr(row, line.field, _typed(line.entity, line.field, value))
    session.flush()
    audit.write_line(session, "registry taken back", who=who, before=before, after={"form": form_pk})


def row_of(session: Session, table: str, row_id: int) -> Entity:
    """The row, locked until the transaction ends."""
    found = session.get_one(ENTITIES[table], row_id, with_for_update=True)
    return cast("Entity", found)


def find(session: Session, table: str, identity: Mapping[str, Any]) -> Entity | None:
    """The row with exactly these values, taken back or not, locked until the transaction ends; None without one."""
    model = ENTITIES[table]
    found = session.scalars(select(model).filter_by(**identity).order_by(model.id).limit(1).with_for_update()).first()
    return cast("Entity | None", found)


def fields_of(table: str) -> tuple[str, ...]:
    """The columns that say something about the person or pharmacy."""
    return tuple(column.name for column in ENTITIES[table].__table__.columns if column.name not in OF_THE_ROW)


def optional_fields(row: Entity) -> tuple[str, ...]:
    """Those of them that may be empty, or not ticked."""
    columns = row.__table__.columns
    return tuple(
        name for name in fields_of(row.__tablename__) if columns[name].nullable or isinstance(getattr(row, name), bool)
    )


def plain(value: Any) -> Any:
    """As JSON has it: dates as ISO text."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _entry(table: str, row: RowMapping, changed: History, as_of: dt.date | None) -> dict[str, Any]:
    entry = {
        field: value_on(changed.get((row["id"], field), ()), as_of or dt.date.max, plain(row[field]))
        for field in fields_of(table)
    }
    return entry | {"key": str(row["id"])} if table == "patients" else entry


def changed_later(
    session: Session, table: str, day: dt.date, *, ids: Collection[int] | None = None, fields: Collection[str] = ()
) -> History:
    """The whole history of each value that changed after that day, of these rows (None: all) and fields (none: all)."""
    of_these = [RegistryChange.entity == table]
    of_these += [] if ids is None else [RegistryChange.entity_id.in_(ids)]
    of_these += [RegistryChange.field.in_(fields)] if fields else []
    later = and_(RegistryChange.effective_on > day, RegistryChange.withdrawn_at.is_(None))
    places = session.execute(select(RegistryChange.entity_id, RegistryChange.field).where(*of_these, later)).all()
    if not places:
        return {}
    place = tuple_(RegistryChange.entity_id, RegistryChange.field)
    history: defaultdict[tuple[int, str], list[RegistryChange]] = defaultdict(list)
    for line in session.scalars(_in_order().where(*of_these, place.in_([tuple(found) for found in set(places)]))):
        history[line.entity_id, line.field].append(line)
    return history


def _history(session: Session, row: Entity, field: str) -> Sequence[RegistryChange]:
    return cast(
        "Sequence[RegistryChange]",
        session.scalars(_in_order().filter_by(entity=row.__tablename__, entity_id=row.id, field=field)).all(),
    )


def _in_order() -> Any:
    return select(RegistryChange).order_by(RegistryChange.effective_on, RegistryChange.id)


def value_on(history: Sequence[RegistryChange], day: dt.date, now: Any) -> Any:
    """What the last change up to a day said, else what stood before the first change, else what stands now."""
    until = [line for line in history if line.effective_on <= day and line.withdrawn_at is None]
    if until:
        return until[-1].after
    return history[0].before if history else now


def _typed(table: str, field: str, value: Any) -> Any:
    """As the column has it, from JSON."""
    column = ENTITIES[table].__table__.columns[field]
    return dt.date.fromisoformat(value) if value and isinstance(column.type, Date) else value
