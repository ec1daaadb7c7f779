"""One item, one person: items are taken in hand, kept by the heartbeat of their page, put back and taken over.

Every change is one conditional UPDATE that raises `version`, so that of two people who ask at once one gets the item,
on SQLite and on PostgreSQL alike. A lease that ran out is no claim any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, false, or_, select, true, update
from sqlalchemy.orm import Session

from pipeline.errors import ClaimLost
from pipeline.review.roles import Somebody
from pipeline.store import audit
from pipeline.store.engine import take_write_turn
from pipeline.store.models import ReviewItem, ReviewState

TRIES = 20
"""Items that are tried one after the other when others take them at the same moment."""


def claim(session: Session, item_id: int, somebody: Somebody, lease: dt.timedelta) -> int | None:
    """Take an item in hand; its new version, or None when it is not theirs to take.

    Not theirs: somebody else has it, it is done, or it wants somebody who may decide it (`may_decide`).
    """
    now = dt.datetime.now(dt.UTC)
    where = and_(ReviewItem.id == item_id, is_free(now, somebody), may_decide(somebody))
    values = {"state": ReviewState.CLAIMED, "claimed_by": somebody.name, "lease_until": now + lease}
    if not _change(session, where, values):
        return None
    return _noted(session, item_id, "review claimed", somebody.name).version


def claim_next(
    session: Session, somebody: Somebody, lease: dt.timedelta, *, but: ColumnElement[bool] | None = None
) -> int | None:
    """Take the most urgent item that is theirs to take, the oldest first; its id, or None when nothing is left.

    What they hold already comes before all others: nobody collects items. Items of which `but` holds are left out.
    """
    held = in_hand(session, somebody)
    if held is not None:
        return held
    for item_id in upcoming(session, somebody, TRIES, but=but):
        if claim(session, item_id, somebody, lease) is not None:
            return item_id
    return None


def in_hand(session: Session, somebody: Somebody) -> int | None:
    """The first of the items that a person holds now."""
    take_write_turn(session.connection())  # so that what comes next is still free when it is claimed
    now = dt.datetime.now(dt.UTC)
    mine = select(ReviewItem.id).where(_is_held_by(somebody.name), ReviewItem.lease_until >= now)
    return session.scalars(mine.order_by(ReviewItem.id).limit(1)).first()


def upcoming(
    session: Session, somebody: Somebody, count: int, *, but: ColumnElement[bool] | None = None
) -> Sequence[int]:
    """The items that a person would get next, as far as nobody else takes them; without those in their own hand."""
    now = dt.datetime.now(dt.UTC)
    due = or_(ReviewItem.postponed_until.is_(None), ReviewItem.postponed_until <= now)
    order = (ReviewItem.priority, ReviewItem.created_at, ReviewItem.id)
    wanted = select(*order).where(may_decide(somebody), due).order_by(*order).limit(count)
    wanted = wanted if but is None else wanted.where(~but)
    # two queries, since an OR over both would leave the index on waiting items unused
    waiting = session.execute(wanted.where(ReviewItem.state == ReviewState.WAITING)).all()
    lapsed = session.execute(wanted.where(ReviewItem.state == ReviewState.CLAIMED, ReviewItem.lease_until < now)).all()
    found = sorted((priority, since, item_id) for priority, since, item_id in (*waiting, *lapsed))
    return [item_id for _, _, item_id in found[:count]]


def keep(session: Session, item_id: int, who: str, version: int, lease: dt.timedelta) -> None:
    """The heartbeat of an open page: the lease begins anew, the version stays.

    Raises:
        ClaimLost: it is no longer in that person's hand at that version.
    """
    until = dt.datetime.now(dt.UTC) + lease
    if not _change(session, _held(item_id, who, version), {"lease_until": until, "version": version}):
        raise ClaimLost(f"review item {item_id}: somebody else took it over, or it was decided")


def release(session: Session, item_id: int, who: str, version: int, **changed: Any) -> None:
    """Put an item back; `changed` are columns to set with it.

    Raises:
        ClaimLost: it is no longer in that person's hand at that version.
    """
    free = {"state": ReviewState.WAITING, "claimed_by": None, "lease_until": None}
    if not _change(session, _held(item_id, who, version), free | changed):
        raise ClaimLost(f"review item {item_id}: somebody else took it over, or it was decided")
    _noted(session, item_id, "review released", who)


def release_all(session: Session, who: str) -> None:
    """Put back everything that a person holds: they log out."""
    held = session.execute(select(ReviewItem.id, ReviewItem.version).where(_is_held_by(who)))
    for item_id, version in held.all():
        release(session, item_id, who, version)


def take_over(session: Session, item_id: int, supervisor: Somebody, lease: dt.timedelta) -> int | None:
    """Take an item out of whoever's hand; its new version, or None when it is done or not theirs to decide."""
    if not supervisor.supervises:
        return None
    where = and_(ReviewItem.id == item_id, ReviewItem.state != ReviewState.DONE, may_decide(supervisor))
    until = dt.datetime.now(dt.UTC) + lease
    values = {"state": ReviewState.CLAIMED, "claimed_by": supervisor.name, "lease_until": until}
    if not _change(session, where, values):
        return None
    return _noted(session, item_id, "review taken over", supervisor.name).version


def holds(session: Session, item_id: int, who: str, version: int) -> ReviewItem:
    """The item, locked for this transaction, in the hand of the one who is about to decide it.

    Raises:
        ClaimLost: it is no longer in that person's hand at that version.
    """
    if not _change(session, _held(item_id, who, version), {}):
        raise ClaimLost(f"review item {item_id}: somebody else took it over, or it was decided")
    return session.get_one(ReviewItem, item_id, populate_existing=True)


def is_free(now: dt.datetime, somebody: Somebody) -> ColumnElement[bool]:
    """Waits, or is held with a lease that ran out, or by that very person."""
    lapsed = or_(ReviewItem.lease_until < now, ReviewItem.claimed_by == somebody.name)
    return or_(ReviewItem.state == ReviewState.WAITING, and_(ReviewItem.state == ReviewState.CLAIMED, lapsed))


def may_decide(somebody: Somebody) -> ColumnElement[bool]:
    """Prescriber-only items are for those who may decide them, escalated ones for supervisors."""
    if not somebody.decides:
        return false()
    allowed = true() if somebody.decides_prescriber_only else ReviewItem.prescriber_only.is_(False)
    return allowed if somebody.supervises else and_(allowed, ReviewItem.escalated.is_(None))


def _held(item_id: int, who: str, version: int) -> ColumnElement[bool]:
    return and_(ReviewItem.id == item_id, _is_held_by(who), ReviewItem.version == version)


def _is_held_by(who: str) -> ColumnElement[bool]:
    return and_(ReviewItem.state == ReviewState.CLAIMED, ReviewItem.claimed_by == who)


def _change(session: Session, where: ColumnElement[bool], values: dict[str, Any]) -> bool:
    # PostgreSQL locks the row for whoever came too late for it as well: the turn comes before any row, or two of them
    # wait for each other
    take_write_turn(session.connection())
    changed = update(ReviewItem).where(where).values({"version": ReviewItem.version + 1} | values)
    result = session.execute(changed.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount == 1


def _noted(session: Session, item_id: int, action: str, who: str) -> ReviewItem:
    item = session.get_one(ReviewItem, item_id, populate_existing=True)
    audit.write_line(session, action, who=who, document_id=item.document_id, after={"item": item_id})
    return item
