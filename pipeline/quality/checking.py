"""A blind check: somebody takes it in hand, keys the form without seeing what stands there, and is compared.

    claim -> asked -> record     right, or disputed: then a third person keys the disputed fields, and two decide

A check changes nothing on the form. What it finds wrong waits in `uncorrected` until a person corrects it
(pipeline/review/correcting.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session

from extractors.definition import Field, FieldKind
from extractors.geometry import Box
from extractors.reading import Value
from pipeline.calibration.known import same_value
from pipeline.deciding import definitions
from pipeline.errors import CheckRefused, ClaimLost
from pipeline.quality import double_keying, snapshot
from pipeline.quality.double_keying import Awaited, Entry, Purpose
from pipeline.quality.sampling import CheckKind
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import Form, ReviewState
from pipeline.store.quality_models import CheckOutcome, KeyedEntry, QualityCheck


@dataclass(frozen=True, slots=True)
class AskedField:
    """A field to be keyed: its place (document's page, box in points on the blank's page), and no value.

    `shown` is empty for a blind check; a third person sees what two others said, not who said it.
    """

    field: Field
    page: int
    box: Box
    shown: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a checker gets to see of a check."""

    check: int
    kind: CheckKind
    document_id: int
    form_id: str
    pages: tuple[int, ...]
    fields: tuple[AskedField, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A value that a check found wrong on an accepted form, and that stands there still."""

    document_id: int
    form: int
    form_id: str
    field: str
    value: Value  # the true one; where three people differ, what the last said who could read it
    since: dt.datetime


def waiting(session: Session, who: str | None = None) -> Sequence[QualityCheck]:
    """The checks that wait, third persons' first; of a person named, only those that they may do."""
    checks = session.scalars(
        select(QualityCheck)
        .where(QualityCheck.state != ReviewState.DONE)
        .order_by(QualityCheck.kind.desc(), QualityCheck.id)
    ).all()
    return checks if who is None else [check for check in checks if may_check(session, check, who)]


def may_check(session: Session, check: QualityCheck, who: str) -> bool:
    """Whether the person has neither let the form pass nor keyed it before."""
    keyed = select(KeyedEntry.id).filter_by(form_pk=check.form_pk, purpose=Purpose.CHECK, who=who).limit(1)
    return check.decided_by != who and session.scalar(keyed) is None


def claim(session: Session, check_id: int, who: str, lease: dt.timedelta) -> int | None:
    """Take a check in hand, or keep it there; its new version, None when somebody else has it or it is done.

    Raises:
        CheckRefused: the person let the form pass, or keyed it before: nobody checks themselves.
    """
    take_write_turn(session.connection())
    if not may_check(session, session.get_one(QualityCheck, check_id), who):
        raise CheckRefused(f"check {check_id}: nobody checks what they decided or keyed themselves")
    now = dt.datetime.now(dt.UTC)
    lapsed_or_ours = or_(QualityCheck.lease_until < now, QualityCheck.claimed_by == who)
    free = or_(
        QualityCheck.state == ReviewState.WAITING, and_(QualityCheck.state == ReviewState.CLAIMED, lapsed_or_ours)
    )
    taken = {"state": ReviewState.CLAIMED, "claimed_by": who, "lease_until": now + lease}
    if not _change(session, and_(QualityCheck.id == check_id, free), taken):
        return None
    check = session.get_one(QualityCheck, check_id, populate_existing=True)
    _tell(session, "check claimed", who, check)
    return check.version


def claim_next(session: Session, who: str, lease: dt.timedelta) -> int | None:
    """Take the next check that the person may do, what they hold first; None when nothing is left for them."""
    checks = sorted(waiting(session), key=lambda check: check.claimed_by != who)
    return next((one.id for one in checks if may_check(session, one, who) and claim(session, one.id, who, lease)), None)


def in_hand(session: Session, check_id: int, who: str) -> QualityCheck | None:
    """The check, if that person holds it now."""
    held = select(QualityCheck).filter_by(id=check_id, claimed_by=who, state=ReviewState.CLAIMED)
    return session.scalar(held.where(QualityCheck.lease_until >= dt.datetime.now(dt.UTC)))


def keep(session: Session, check_id: int, who: str, version: int, lease: dt.timedelta) -> None:
    """The heartbeat of an open page: the lease begins anew, the version stays.

    Raises:
        ClaimLost: it is no longer in that person's hand at that version.
    """
    take_write_turn(session.connection())
    _held(session, check_id, who, version).lease_until = dt.datetime.now(dt.UTC) + lease


def note_view(session: Session, check: QualityCheck, who: str) -> None:
    """Somebody has seen a patient's data: noted like a change (45 CFR 164.312(b))."""
    _tell(session, audit.VIEWED, who, check)


def release_all(session: Session, who: str) -> None:
    """Put back every check that a person holds: they log out."""
    held = select(QualityCheck.id, QualityCheck.version).filter_by(claimed_by=who, state=ReviewState.CLAIMED)
    for check_id, version in session.execute(held).all():
        release(session, check_id, who, version)


def release(session: Session, check_id: int, who: str, version: int) -> None:
    """Put a check back.

    Raises:
        ClaimLost: it is no longer in that person's hand at that version.
    """
    take_write_turn(session.connection())
    check = _held(session, check_id, who, version)
    check.state, check.claimed_by, check.lease_until, check.version = ReviewState.WAITING, None, None, version + 1
    _tell(session, "check released", who, check)


def asked(session: Session, check: QualityCheck) -> Asked:
    """What is to be keyed, without what stands there."""
    definition = definitions()[check.form.form_id]
    readings = {reading.field: reading for reading in check.form.readings}
    shown = _shown_to_third(session, check) if check.kind == CheckKind.THIRD else {}
    fields = tuple(
        AskedField(definition.field(name), readings[name].page, Box(*readings[name].box), shown.get(name, ()))
        for name in check.fields
    )
    form = check.form
    return Asked(check.id, CheckKind(check.kind), form.document_id, form.form_id, tuple(form.pages), fields)


def record(
    session: Session, check_id: int, who: str, version: int, keyed: Mapping[str, Value], illegible: Iterable[str] = ()
) -> list[CheckOutcome]:
    """Keep what the checker keyed and compare it; what came of every field.

    A field that is neither in `keyed` nor `illegible` was not looked at and has no outcome. Dates are written
    YYYY-MM-DD. The check is done with it; where the checker differs, a third person's check of those fields begins.

    Raises:
        ClaimLost: the check is no longer in that person's hand at that version.
        CheckRefused: a field is not asked for, nothing was keyed, or a third person left out a disputed field.
    """
    take_write_turn(session.connection())
    check = _held(session, check_id, who, version)
    entries = {name: Entry(who, value) for name, value in keyed.items()}
    entries |= {name: Entry(who, None, illegible=True) for name in illegible}
    _refuse_what_does_not_fit(check, entries)
    double_keying.store_entries(session, check.form, Purpose.CHECK, 1 if check.kind == CheckKind.BLIND else 2, entries)
    outcomes = [_outcome(session, check, name, who) for name in entries]
    check.state, check.closed_at, check.version = ReviewState.DONE, dt.datetime.now(dt.UTC), version + 1
    disputed = [outcome.field for outcome in outcomes if not outcome.settled]
    if disputed:
        session.add(_third(check, disputed))
    session.flush()
    wrong = [outcome.field for outcome in outcomes if outcome.right is False]
    _tell(session, "checked blindly", who, check, fields=len(entries), disputed=disputed, wrong=wrong)
    return outcomes


def uncorrected(session: Session) -> list[Wrong]:
    """What checks found wrong on forms that still stand accepted with that value: to be corrected at once."""
    found = []
    for outcome in session.scalars(select(CheckOutcome).filter_by(right=False).order_by(CheckOutcome.id)):
        form = outcome.form
        stands = next(reading.value for reading in form.readings if reading.field == outcome.field)
        was = snapshot.value_in(_as_read(session, form), outcome.field)
        if form.route.route == "accept" and snapshot.as_value(stands) == was:
            value = snapshot.as_value(outcome.value)
            found.append(Wrong(form.document_id, form.id, form.form_id, outcome.field, value, outcome.at))
    return found


# What is decided on the way


def judged(kind: FieldKind, stood: Entry, keyed: Sequence[Entry]) -> tuple[bool, bool | None, Value]:
    """Of one field: whether it is settled, whether what stood there was right (None: nobody can tell), the true value.

    Two who say the same decide, and what stood there counts as said by its decider. Where three differ, two people did
    not read what stood there: it counts as wrong.
    """
    standing = double_keying.standing(kind, [stood, *keyed])
    if standing.awaited is Awaited.THIRD:
        return False, None, None
    if standing.agreed is None:
        return True, False, next(entry.value for entry in reversed(keyed) if not entry.illegible)
    if standing.agreed.illegible:
        return True, None, None
    return True, same_value(kind, standing.agreed.value, stood.value), standing.agreed.value


def _outcome(session: Session, check: QualityCheck, name: str, who: str) -> CheckOutcome:
    """The field's outcome by all that was keyed of it, written or brought up to date."""
    kind = definitions()[check.form.form_id].field(name).kind
    keyed = double_keying.stored_entries(session, check.form, Purpose.CHECK)[name]
    stood = Entry(check.decided_by, snapshot.value_in(check.as_read, name))
    settled, right, value = judged(kind, stood, keyed)
    outcome = session.scalar(select(CheckOutcome).filter_by(form_pk=check.form_pk, field=name))
    if outcome is None:
        outcome = CheckOutcome(form_pk=check.form_pk, form_id=check.form.form_id, field=name, checker=who)
        outcome.decided_by, outcome.source, outcome.week = check.decided_by, check.source, check.week
        session.add(outcome)
    outcome.settled, outcome.right, outcome.at = settled, right, dt.datetime.now(dt.UTC)
    outcome.value = list(value) if isinstance(value, tuple) else value
    return outcome


def _third(check: QualityCheck, disputed: Sequence[str]) -> QualityCheck:
    return QualityCheck(
        form=check.form,
        kind=CheckKind.THIRD,
        state=ReviewState.WAITING,
        decided_by=check.decided_by,
        source=check.source,
        week=check.week,
        fields=list(disputed),
        as_read=check.as_read,
        created_at=dt.datetime.now(dt.UTC),
    )


def _shown_to_third(session: Session, check: QualityCheck) -> dict[str, tuple[Entry, ...]]:
    keyed = double_keying.stored_entries(session, check.form, Purpose.CHECK)
    stood = {name: Entry(check.decided_by, snapshot.value_in(check.as_read, name)) for name in check.fields}
    return {name: double_keying.shown([stood[name], *keyed[name]]) for name in check.fields}


def _refuse_what_does_not_fit(check: QualityCheck, entries: Mapping[str, Entry]) -> None:
    if not entries:
        raise CheckRefused(f"check {check.id}: nothing was keyed")
    if unasked := entries.keys() - set(check.fields):
        raise CheckRefused(f"check {check.id}: not asked for: {', '.join(sorted(unasked))}")
    if check.kind == CheckKind.THIRD and (left_out := set(check.fields) - entries.keys()):
        raise CheckRefused(f"check {check.id}: disputed, and left out: {', '.join(sorted(left_out))}")


def _held(session: Session, check_id: int, who: str, version: int) -> QualityCheck:
    """The check, if it is in that person's hand at that version."""
    held = and_(
        QualityCheck.id == check_id,
        QualityCheck.state == ReviewState.CLAIMED,
        QualityCheck.claimed_by == who,
        QualityCheck.version == version,
    )
    check = session.scalar(select(QualityCheck).where(held).with_for_update().execution_options(populate_existing=True))
    if check is None:
        raise ClaimLost(f"check {check_id}: somebody else took it over")
    return check


def _change(session: Session, where: ColumnElement[bool], values: dict[str, Any]) -> bool:
    change = update(QualityCheck).where(where).values(version=QualityCheck.version + 1, **values)
    result = session.execute(change.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount == 1


def _as_read(session: Session, form: Form) -> Mapping[str, Any]:
    return session.scalars(select(QualityCheck).filter_by(form_pk=form.id, kind=CheckKind.BLIND)).one().as_read


def _tell(session: Session, action: str, who: str, check: QualityCheck, **more: Any) -> None:
    after = {"check": check.id, "form": check.form_pk, **more}
    audit.write_line(session, action, who=who, document_id=check.form.document_id, after=after)
