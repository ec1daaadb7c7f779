"""The registry: people and pharmacies, by programme, with the history of every value.

A row of the registry's tables holds what is known now. Every change is kept with the day from which it counts
(`effective_on`: the day on which the form that said so was received), because faxes are not always judged in the order
of their dates: a form of March that is migrated in June is judged by the registry of March.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Date, select, tuple_
from sqlalchemy.orm import Session

from pipeline.errors import RegistryFileError
from pipeline.store import audit
from pipeline.store.registry_models import ENTITIES, Designee, Patient, Pharmacy, Prescriber, RegistryChange
from validators.registry import RegistrySnapshot

Entity = Prescriber | Designee | Patient | Pharmacy

IDENTITY: Mapping[str, tuple[str, ...]] = {
    "prescribers": ("npi",),
    "designees": ("prescriber_npi", "last_name", "first_name", "email"),
    "patients": ("last_name", "first_name", "dob", "zip"),
    "pharmacies": ("npi", "setting"),
}
"""What tells, on import, that an entry is a row that is there already."""

NOT_IN_FILES = frozenset({"id", "known_from"})

History = Mapping[tuple[str, int, str], Sequence[RegistryChange]]
"""Table, row and field to the changes, in the order from which they count."""


def snapshot(session: Session, as_of: dt.date) -> RegistrySnapshot:
    """The registry as it stood at the end of a day, without what came later. A patient's key is the row's id."""
    return RegistrySnapshot.from_json(entries(session, as_of))


def import_file(session: Session, path: Path, who: str = audit.PROGRAM) -> Counter[str]:
    """Take in a registry file (JSON); how many rows of which table were added and changed.

    New rows count as known from the beginning. A value that differs from what is known is a change that counts from
    today; an empty value in the file takes nothing away. RegistryFileError when the file cannot be used: nothing of it
    is then imported.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        parsed = {table: [_parse(table, entry) for entry in data.get(table, ())] for table in ENTITIES}
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RegistryFileError(f"registry file: cannot be read ({type(error).__name__})") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        # without the value at fault: it may be a patient's
        raise RegistryFileError(f"registry file: expected lists of entries under {', '.join(ENTITIES)}") from None
    counts: Counter[str] = Counter()
    for table, rows in parsed.items():
        for values in rows:
            counts[_import_entry(session, table, values, who)] += 1
    audit.write_line(session, "registry imported", who=who, after=dict(counts))
    return counts


def entries(session: Session, as_of: dt.date | None = None) -> dict[str, list[dict[str, Any]]]:
    """The registry in the shape of a registry file, as it is now or stood on a day; each patient with its `key`."""
    later = _history_reaching_past(session, as_of) if as_of else {}
    return {
        table: [
            _entry(table, row, later, as_of)
            for row in _rows(session, table)
            if as_of is None or row.known_from is None or row.known_from <= as_of
        ]
        for table in ENTITIES
    }


def add(session: Session, row: Entity, *, effective_on: dt.date, form_pk: int | None, who: str = audit.PROGRAM) -> None:
    """A person or pharmacy that nobody knew before that day."""
    row.known_from = effective_on
    session.add(row)
    session.flush()
    values = {field: _plain(getattr(row, field)) for field in _fields(row)}
    audit.write_line(
        session,
        "registry added",
        who=who,
        after={"entity": row.__tablename__, "entity_id": row.id, "form": form_pk, **values},
    )


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
        history = session.scalars(_in_order().filter_by(field=field, **place)).all()
        then = _value_on(history, effective_on, _plain(getattr(row, field)))
        if then == _plain(after):
            continue
        before[field] = then
        session.add(RegistryChange(**place, field=field, before=then, after=_plain(after), **told))
        if not history or history[-1].effective_on <= effective_on:
            setattr(row, field, after)
    if before:
        row.known_from = row.known_from and min(row.known_from, effective_on)
        after_all = {field: _plain(values[field]) for field in before}
        audit.write_line(
            session, "registry changed", who=who, before=place | before, after=place | after_all | {"form": form_pk}
        )
    return bool(before)


def find(session: Session, table: str, identity: Mapping[str, Any]) -> Entity | None:
    """The row with exactly these values; None when there is none."""
    return next(iter(_rows(session, table, identity)), None)


def _rows(session: Session, table: str, identity: Mapping[str, Any] | None = None) -> Sequence[Entity]:
    model = ENTITIES[table]
    rows = session.scalars(select(model).filter_by(**identity or {}).order_by(model.id)).all()
    return cast("Sequence[Entity]", rows)


def _import_entry(session: Session, table: str, values: Mapping[str, Any], who: str) -> str:
    row = find(session, table, {field: values[field] for field in IDENTITY[table]})
    if row is None:
        session.add(ENTITIES[table](**values))
        session.flush()
        return f"{table} added"
    said = {field: value for field, value in values.items() if value is not None}
    changed = change(session, row, said, effective_on=dt.datetime.now(dt.UTC).date(), who=who)
    return f"{table} changed" if changed else f"{table} unchanged"


def _parse(table: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Column to value; KeyError when what tells the row apart is missing, ValueError for a date that is none."""
    columns = ENTITIES[table].__table__.columns
    values: dict[str, Any] = {}
    for column in columns:
        if column.name in NOT_IN_FILES or (column.name not in entry and column.name not in IDENTITY[table]):
            continue
        value = entry.get(column.name) if column.nullable else entry[column.name]
        values[column.name] = dt.date.fromisoformat(value) if value and isinstance(column.type, Date) else value
    return values


def _entry(table: str, row: Entity, later: History, as_of: dt.date | None) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for field in _fields(row):
        value = _plain(getattr(row, field))
        history = later.get((table, row.id, field), ())
        entry[field] = _value_on(history, as_of, value) if as_of else value
    return entry | {"key": str(row.id)} if isinstance(row, Patient) else entry


def _history_reaching_past(session: Session, day: dt.date) -> History:
    """The whole history of each value that changed after that day."""
    place = tuple_(RegistryChange.entity, RegistryChange.entity_id, RegistryChange.field)
    changed_later = (
        select(RegistryChange.entity, RegistryChange.entity_id, RegistryChange.field)
        .where(RegistryChange.effective_on > day)
        .distinct()
    )
    history: defaultdict[tuple[str, int, str], list[RegistryChange]] = defaultdict(list)
    for line in session.scalars(_in_order().where(place.in_(changed_later))):
        history[line.entity, line.entity_id, line.field].append(line)
    return history


def _in_order() -> Any:
    return select(RegistryChange).order_by(RegistryChange.effective_on, RegistryChange.id)


def _value_on(history: Sequence[RegistryChange], day: dt.date, now: Any) -> Any:
    """What the last change up to a day said, else what stood before the first change, else what stands now."""
    until = [line for line in history if line.effective_on <= day]
    if until:
        return until[-1].after
    return history[0].before if history else now


def _fields(row: Entity) -> Iterable[str]:
    return (column.name for column in row.__table__.columns if column.name not in NOT_IN_FILES)


def _plain(value: Any) -> Any:
    """As JSON has it: dates as ISO text."""
    return value.isoformat() if isinstance(value, dt.date) else value
