"""Double keying: two people key a field, neither seeing the other's value; where they differ, a third decides.

What stands follows from the entries alone, so nothing but entries is stored. A blind check is the same thing with the
program, or whoever decided the form, as the first to key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.orm import Session

from extractors.definition import FieldKind
from extractors.reading import Value
from pipeline.calibration.known import same_value
from pipeline.deciding import definitions
from pipeline.errors import CheckRefused
from pipeline.quality.snapshot import as_value
from pipeline.settings import Settings
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form
from pipeline.store.quality_models import KeyedEntry


class Purpose(StrEnum):
    """Why something is keyed without a look at what stands there."""

    CHECK = "check"
    DOUBLE = "double"


class Awaited(StrEnum):
    """Who is to key a field next."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"
    SUPERVISOR = "supervisor"  # three people, three values
    NOBODY = "nobody"  # two said the same


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person keyed, or that nobody could read it."""

    who: str
    value: Value
    illegible: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is awaited, and the entry that two people share as soon as there is one."""

    awaited: Awaited
    agreed: Entry | None = None


def standing(kind: FieldKind, entries: Sequence[Entry]) -> Standing:
    """What follows from the entries of one field, in the order in which they were made."""
    for one, other in combinations(entries, 2):
        if same_entry(kind, one, other):
            return Standing(Awaited.NOBODY, other)
    turns = (Awaited.FIRST, Awaited.SECOND, Awaited.THIRD, Awaited.SUPERVISOR)
    return Standing(turns[min(len(entries), 3)])


def same_entry(kind: FieldKind, one: Entry, other: Entry) -> bool:
    """Whether two people say the same; that both could not read it is the same too."""
    if one.illegible or other.illegible:
        return one.illegible and other.illegible
    return same_value(kind, one.value, other.value)


def may_key(entries: Iterable[Entry], who: str) -> bool:
    """Whether a person may key the field next: nobody is their own second."""
    return all(entry.who != who for entry in entries)


def shown(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """What the next person may see: nothing, but a third one both, sorted so that they do not tell who keyed which."""
    if len(entries) < 2:
        return ()
    nameless = (Entry("", one.value, one.illegible) for one in entries)
    return tuple(sorted(nameless, key=lambda one: (one.illegible, str(one.value))))


def double_keyed(settings: Settings, form: Form) -> frozenset[str]:
    """The fields of the form that two people must key, by the setting."""
    return frozenset(settings.double_keyed) & {reading.field for reading in form.readings}


def awaiting(session: Session, settings: Settings, form: Form) -> dict[str, Standing]:
    """The double-keyed fields of a form that somebody began to key and on which no two agree yet."""
    keyed = stored_entries(session, form, Purpose.DOUBLE)
    kinds = {field.name: field.kind for field in definitions()[form.form_id].fields}
    found = {name: standing(kinds[name], keyed[name]) for name in sorted(double_keyed(settings, form) & keyed.keys())}
    return {name: one for name, one in found.items() if one.awaited is not Awaited.NOBODY}


def key(session: Session, form: Form, field: str, entry: Entry) -> Standing:
    """Add a person's entry to a double-keyed field; what stands now.

    The entry of a supervisor after three that differ settles nothing here: they decide the form by a correction.

    Raises:
        CheckRefused: that person keyed the field before, nobody is awaited, or there is no such field.
    """
    take_write_turn(session.connection())
    before = stored_entries(session, form, Purpose.DOUBLE).get(field, [])
    kind = next((one.kind for one in definitions()[form.form_id].fields if one.name == field), None)
    if kind is None:
        raise CheckRefused(f"form {form.id} has no field {field}")
    if standing(kind, before).awaited in (Awaited.NOBODY, Awaited.SUPERVISOR):
        raise CheckRefused(f"form {form.id}, {field}: nobody is awaited to key it")
    if not may_key(before, entry.who):
        raise CheckRefused(f"form {form.id}, {field}: the same person keyed it before")
    store_entries(session, form, Purpose.DOUBLE, len(before) + 1, {field: entry})
    after = {"form": form.id, "field": field, "turn": len(before) + 1}
    audit.write_line(session, "keyed blindly", who=entry.who, document_id=form.document_id, after=after)
    return standing(kind, [*before, entry])


def stored_entries(session: Session, form: Form, purpose: Purpose) -> dict[str, list[Entry]]:
    """By field what was keyed, in order."""
    rows = session.scalars(select(KeyedEntry).filter_by(form_pk=form.id, purpose=purpose).order_by(KeyedEntry.turn))
    entries: dict[str, list[Entry]] = {}
    for row in rows:
        entries.setdefault(row.field, []).append(Entry(row.who, as_value(row.value), row.illegible))
    return entries


def store_entries(session: Session, form: Form, purpose: Purpose, turn: int, entries: Mapping[str, Entry]) -> None:
    """Keep what a person keyed; a turn that is taken is an IntegrityError."""
    now = dt.datetime.now(dt.UTC)
    for field, entry in entries.items():
        value = list(entry.value) if isinstance(entry.value, tuple) else entry.value
        session.add(
            KeyedEntry(
                form_pk=form.id,
                field=field,
                purpose=purpose,
                turn=turn,
                who=entry.who,
                value=value,
                illegible=entry.illegible,
                at=now,
            )
        )
    session.flush()
